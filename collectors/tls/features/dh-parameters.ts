import type { JsonObject } from '../../../src/model/json.ts'
import type { Evidence } from '../evidence.ts'
import { cipherSuites } from '../registry/cipher-suites.ts'
import { handshakeTypes, withoutPskHint } from '../wire/reply.ts'
import { commonPrimeName } from './dh-primes.ts'
import { type Finding, inferred, tested, unanswered } from './feature.ts'
import { bitLength, readDhParameters } from './flight-messages.ts'
import { evidenceOf, type Heard } from './heard.ts'
import { isFiniteField } from './survey.ts'

/** A finite-field Diffie-Hellman group that a server showed. */
export type DhGroup = {
  readonly bits: number
  /** Where the prime comes from, if it is one that many servers share. */
  readonly commonPrime: string | null
  readonly generator: number | null
  /** Whether it came with an export suite. */
  readonly export: boolean
}

/** Every group that came in any exchange, each once, the shortest first. */
export function dhGroups(evidence: readonly Evidence[]): readonly DhGroup[] {
  const groups = evidence.flatMap(({ verdict, reply }): DhGroup[] => {
    const suite = verdict.kind === 'chosen' ? cipherSuites.get(verdict.suite) : undefined
    const message = reply.messages.find(({ type }) => type === handshakeTypes.serverKeyExchange)
    const body = message && (suite?.authentication === 'PSK' ? withoutPskHint(message.body) : message.body)
    const read = suite && isFiniteField(suite) && body ? readDhParameters(body) : null
    if (!suite || !read || bitLength(read.prime) === 0) return []
    const generator = read.generator.length <= 4 ? read.generator.reduce((value, byte) => value * 256 + byte, 0) : null
    return [{ bits: bitLength(read.prime), commonPrime: commonPrimeName(read.prime), generator, export: suite.export }]
  })
  const distinct = new Map(groups.map((group) => [JSON.stringify(group), group]))
  return [...distinct.values()].sort((a, b) => a.bits - b.bits)
}

/** The finite-field groups of DHE and DH_anon, TLS 1.3's named ones left to the groups of `tls.protocol`. */
export function dhParameters(heard: Heard): Finding {
  const groups = dhGroups(heard.evidence)
  const details: JsonObject = { bits: groups[0]?.bits ?? null, groups: groups.map((group) => ({ ...group })) }
  if (groups.length > 0) return tested(true, null, details)
  const versions = heard.known.versions.filter(({ protocol }) => protocol !== 'TLSv1.3')
  const hasSuite = versions.some(({ suites }) =>
    suites.some((number) => isFiniteField(cipherSuites.get(number) ?? { keyExchange: '', authentication: '' })),
  )
  const isComplete = versions.every(({ offered, openSuites }) => offered !== 'undetermined' && openSuites.length === 0)
  if (!hasSuite && isComplete)
    return inferred(false, 'no cipher suite with finite-field Diffie-Hellman is offered', details)
  return unanswered(evidenceOf(heard, 'dh-parameters'), details)
}
