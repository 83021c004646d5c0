import type { JsonObject } from '../../../src/model/json.ts'
import { type Evidence, reasonOf } from '../evidence.ts'
import { flightOf } from '../handshake/current-client.ts'
import { cipherSuiteName, cipherSuites } from '../registry/cipher-suites.ts'
import { groupName } from '../registry/groups.ts'
import { readBytes } from '../wire/bytes.ts'
import { extensionTypes, readExtensions } from '../wire/client-hello.ts'
import { guarded, type HandshakeMessage, handshakeTypes } from '../wire/reply.ts'

/** What a current client gets: the facts of `tls.negotiated`. */
export function negotiatedFacts(evidence: readonly Evidence[]): JsonObject {
  const reached = evidence.flatMap(({ exchange }) => exchange.address ?? [])
  const addresses = [...new Set(reached)].sort()
  const attempts = evidence.filter(({ exchange }) => exchange.purpose === 'handshake')
  const chosen = attempts.findLast(({ verdict }) => verdict.kind === 'chosen')
  if (chosen?.verdict.kind !== 'chosen') {
    const last = attempts.at(-1)
    const reason =
      last?.verdict.kind === 'refused'
        ? `the server refused a current client with the alert ${last.verdict.alert}`
        : `the server ${last ? reasonOf(last) : 'was not asked'}`
    return { ...nothing, addresses, status: last?.verdict.kind === 'refused' ? 'refused' : 'undetermined', reason }
  }
  const { protocol, suite, group } = chosen.verdict
  const properties = cipherSuites.get(suite)
  return {
    addresses,
    status: 'negotiated',
    reason: null,
    protocol,
    cipherSuite: cipherSuiteName(suite),
    group: group === null ? null : groupName(group),
    alpn: chosen.reply.serverHello?.alpn ?? sealedAlpn(flightOf(chosen.reply, chosen.exchange.serverTraffic)),
    forwardSecrecy: properties?.forwardSecrecy ? 'yes' : 'no',
    aead: properties?.aead ? 'yes' : 'no',
  }
}

const nothing = { protocol: null, cipherSuite: null, group: null, alpn: null, forwardSecrecy: null, aead: null }

/** The protocol of application_layer_protocol_negotiation in TLS 1.3's EncryptedExtensions. */
function sealedAlpn(messages: readonly HandshakeMessage[]): string | null {
  const message = messages.find(({ type }) => type === handshakeTypes.encryptedExtensions)
  if (!message) return null
  return guarded(() => {
    const extensions = readExtensions(readBytes(message.body).vector(2))
    const alpn = extensions.find(({ type }) => type === extensionTypes.alpn)
    return alpn ? Buffer.from(readBytes(readBytes(alpn.data).vector(2)).vector(1)).toString('latin1') : null
  })
}
