import type { JsonObject } from '../../../src/model/json.ts'
import { type Evidence, reasonOf } from '../evidence.ts'
import { alpnOf } from '../features/alpn.ts'
import { cipherSuiteName, cipherSuites } from '../registry/cipher-suites.ts'
import { groupName } from '../registry/groups.ts'

/** What a current client gets, and of which of the host's addresses: the facts of `tls.negotiated`. */
export function negotiatedFacts(evidence: readonly Evidence[], all?: readonly string[]): JsonObject {
  const address = evidence.find(({ exchange }) => exchange.address !== undefined)?.exchange.address ?? null
  const place = { address, otherAddresses: all?.filter((each) => each !== address) ?? null }
  const attempts = evidence.filter(({ exchange }) => exchange.purpose === 'handshake')
  const chosen = attempts.findLast(({ verdict }) => verdict.kind === 'chosen')
  if (chosen?.verdict.kind !== 'chosen') {
    const last = attempts.at(-1)
    const reason =
      last?.verdict.kind === 'refused'
        ? `the server refused a current client with the alert ${last.verdict.alert}`
        : `the server ${last ? reasonOf(last) : 'was not asked'}`
    return { ...nothing, ...place, status: last?.verdict.kind === 'refused' ? 'refused' : 'undetermined', reason }
  }
  const { protocol, suite, group } = chosen.verdict
  const properties = cipherSuites.get(suite)
  return {
    ...place,
    status: 'negotiated',
    reason: null,
    protocol,
    cipherSuite: cipherSuiteName(suite),
    group: group === null ? null : groupName(group),
    alpn: alpnOf(chosen),
    forwardSecrecy: properties?.forwardSecrecy ? 'yes' : 'no',
    aead: properties?.aead ? 'yes' : 'no',
  }
}

const nothing = { protocol: null, cipherSuite: null, group: null, alpn: null, forwardSecrecy: null, aead: null }
