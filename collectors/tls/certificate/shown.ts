import type { Evidence } from '../evidence.ts'
import { flightOf } from '../handshake/current-client.ts'
import { chainOf } from '../inventory/chains.ts'
import { readBytes } from '../wire/bytes.ts'
import { type Extension, extensionTypes, readExtensions } from '../wire/client-hello.ts'
import { guarded, type HandshakeMessage, handshakeTypes } from '../wire/reply.ts'

/** A chain of the server, and how it came to be shown. */
export type ShownChain = {
  /** Leaf first, DER, as sent. */
  readonly chain: readonly Uint8Array[]
  /** Whether a client that names the host gets it, or one that names none, or both (`with`). */
  readonly sni: 'with' | 'without'
  /** `default`: it is shown only to clients that name no host, while those that do get another one. */
  readonly role: 'served' | 'default'
  /** OCSP responses that came with it; null where none was asked for, or where the answer was cut. */
  readonly staples: readonly Uint8Array[] | null
  /** Timestamp lists that came with it in the TLS extension. */
  readonly timestamps: readonly Uint8Array[]
}

/** Every chain that the server showed, each once, in the order of first sight. */
export function shownChains(evidence: readonly Evidence[]): ShownChain[] {
  const shown = evidence.flatMap((each) => {
    const chain = chainOf(each)
    return chain && chain.length > 0 ? [{ chain, evidence: each, key: keyOf(chain) }] : []
  })
  const named = shown.filter(({ evidence: { offered } }) => offered?.serverName != null).map(({ key }) => key)
  return [...Map.groupBy(shown, ({ key }) => key).entries()].flatMap(([key, all]) => {
    const [first] = all
    if (!first) return []
    const asked = all.filter((each) => asksForStatus(each.evidence))
    const staples = asked.map((each) => statusOf(each.evidence))
    const whole = staples.filter((each) => each !== undefined)
    return [
      {
        chain: first.chain,
        sni: named.includes(key) ? 'with' : 'without',
        role: named.length > 0 && !named.includes(key) ? 'default' : 'served',
        staples: whole.length > 0 ? unique(whole.flatMap((each) => each ?? [])) : null,
        timestamps: unique(all.flatMap((each) => timestampsOf(each.evidence))),
      } as const,
    ]
  })
}

function asksForStatus({ offered }: Evidence): boolean {
  return offered?.extensions.includes(extensionTypes.statusRequest) ?? false
}

/** The OCSP response of one exchange; null where none came, undefined where it may have been cut off. */
function statusOf({ exchange, reply }: Evidence): Uint8Array | null | undefined {
  const messages = flightOf(reply, exchange.serverTraffic)
  if (exchange.serverTraffic) {
    const status = leafExtensions(messages)?.find(({ type }) => type === extensionTypes.statusRequest)
    return status ? readStatus(status.data) : null
  }
  const status = messages.find(({ type }) => type === certificateStatus)
  if (status) return readStatus(status.body)
  const after: readonly number[] = [handshakeTypes.serverKeyExchange, handshakeTypes.serverHelloDone]
  return messages.some(({ type }) => after.includes(type)) ? null : undefined
}

/** CertificateStatus, RFC 6066 section 8. */
const certificateStatus = 22
const ocspStatus = 1

function readStatus(bytes: Uint8Array): Uint8Array | null {
  return guarded(() => {
    const reader = readBytes(bytes)
    return reader.u8() === ocspStatus ? reader.vector(3) : null
  })
}

function timestampsOf({ exchange, reply }: Evidence): Uint8Array[] {
  const extensions = exchange.serverTraffic
    ? leafExtensions(flightOf(reply, exchange.serverTraffic))
    : reply.serverHello?.extensions
  const list = extensions?.find(({ type }) => type === extensionTypes.signedCertificateTimestamps)
  return list ? [list.data] : []
}

/** The extensions that stand beside the leaf in a TLS 1.3 Certificate message. */
function leafExtensions(messages: readonly HandshakeMessage[]): readonly Extension[] | null {
  const message = messages.find(({ type }) => type === handshakeTypes.certificate)
  if (!message) return null
  return guarded(() => {
    const reader = readBytes(message.body)
    reader.vector(1)
    const list = readBytes(reader.vector(3))
    list.vector(3)
    return readExtensions(list.vector(2))
  })
}

function unique(list: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(list.map((bytes) => [Buffer.from(bytes).toString('latin1'), bytes])).values()]
}

function keyOf(chain: readonly Uint8Array[]): string {
  return chain.map((certificate) => Buffer.from(certificate).toString('latin1')).join('|')
}
