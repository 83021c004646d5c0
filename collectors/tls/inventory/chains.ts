import type { Evidence } from '../evidence.ts'
import { flightOf } from '../handshake/current-client.ts'
import { handshakeTypes, readCertificates, readTls13Certificates } from '../wire/reply.ts'

/** Every chain that the server sent, each once, in the order of first sight; leaf first, DER, as sent. */
export function chainsOf(evidence: readonly Evidence[]): Uint8Array[][] {
  const chains = evidence.flatMap((each) => {
    const chain = chainOf(each)
    return chain && chain.length > 0 ? [chain] : []
  })
  return [...new Map(chains.toReversed().map((chain) => [keyOf(chain), chain])).values()].toReversed()
}

/** The chain that one exchange brought; null where it brought none. */
export function chainOf({ exchange, reply }: Evidence): Uint8Array[] | null {
  if (reply.sslv2Certificate) return [reply.sslv2Certificate]
  const message = flightOf(reply, exchange.serverTraffic).find(({ type }) => type === handshakeTypes.certificate)
  if (!message) return null
  return exchange.serverTraffic ? readTls13Certificates(message.body) : readCertificates(message.body)
}

function keyOf(chain: readonly Uint8Array[]): string {
  return chain.map((certificate) => Buffer.from(certificate).toString('latin1')).join('|')
}
