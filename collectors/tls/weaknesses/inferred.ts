import { dhGroups } from '../features/dh-parameters.ts'
import type { Heard } from '../features/heard.ts'
import { protocolFacts } from '../inventory/protocol-facts.ts'
import { type CipherSuite, cipherSuites } from '../registry/cipher-suites.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { type Verdict, verdict } from './weakness.ts'

/** Suites of the versions in question that have a weakness make it; their absence counts where every suite was tried. */
function bySuites(
  { known }: Heard,
  what: string,
  isWeak: (suite: CipherSuite) => boolean,
  versions: readonly RecordProtocol[] = ['SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2'],
  /** Says which versions those are, where they are not all of them. */
  within = '',
): Verdict {
  const asked = known.versions.filter(({ protocol }) => versions.includes(protocol))
  const found = asked.filter(({ suites }) => suitesOf(suites).some(isWeak))
  if (found.length > 0) {
    const names = new Set(found.flatMap(({ suites }) => suitesOf(suites).filter(isWeak)).map(({ name }) => name))
    return verdict('inferred', 'vulnerable', `${what} are offered in ${listOf(found)}: ${some([...names])}`)
  }
  // What is open about a version is open only for suites that have the weakness.
  const isOpen = asked.some(({ offered, openSuites }) =>
    offered === 'undetermined' ? true : suitesOf(openSuites).some(isWeak),
  )
  if (isOpen)
    return verdict('inferred', 'undetermined', `not every version and cipher suite could be tried for ${what}${within}`)
  return verdict('inferred', 'not-vulnerable', `no ${what} are offered${within}`)
}

function suitesOf(numbers: readonly number[]): readonly CipherSuite[] {
  return numbers.flatMap((number) => cipherSuites.get(number) ?? [])
}

function some(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}

const isCbc = ({ cipher }: CipherSuite): boolean => cipher.endsWith('-CBC')

export const poodleSslv3 = (heard: Heard): Verdict =>
  bySuites(heard, 'CBC cipher suites', isCbc, ['SSLv3'], ' in SSLv3')

export const beast = (heard: Heard): Verdict =>
  bySuites(heard, 'CBC cipher suites', isCbc, ['SSLv3', 'TLSv1.0'], ' in SSLv3 or TLS 1.0')

export const freak = (heard: Heard): Verdict =>
  bySuites(heard, 'RSA export cipher suites', (suite) => suite.export && suite.keyExchange === 'RSA')

/** Ciphers with blocks of 64 bits. */
export const sweet32 = (heard: Heard): Verdict =>
  withSslv2(
    heard,
    'a cipher with 64-bit blocks',
    /_(?:RC2|IDEA|DES)_/,
    bySuites(heard, 'cipher suites with 64-bit blocks', ({ cipher }) =>
      /^(3DES|DES|IDEA|RC2|MAGMA|GOST-28147)/.test(cipher),
    ),
  )

export const rc4 = (heard: Heard): Verdict =>
  withSslv2(
    heard,
    'RC4',
    /_RC4_/,
    bySuites(heard, 'RC4 cipher suites', ({ cipher }) => cipher === 'RC4'),
  )

export const anonymous = (heard: Heard): Verdict =>
  bySuites(
    heard,
    'cipher suites without authentication',
    ({ authentication, name }) => authentication === 'anon' || name === 'TLS_NULL_WITH_NULL_NULL',
  )

export const nullSuites = (heard: Heard): Verdict =>
  bySuites(heard, 'cipher suites without encryption', ({ cipher }) => cipher === 'NULL', [
    ...(['SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const),
  ])

/** Whether a CBC suite makes it depends on how evenly the server takes its time, which no scan from afar can tell. */
export function lucky13(heard: Heard): Verdict {
  const found = bySuites(heard, 'CBC cipher suites', isCbc)
  if (found.status !== 'vulnerable') return found
  const reason = 'whether the padding is checked in constant time cannot be seen from outside'
  return verdict('inferred', 'undetermined', `${found.reason}; ${reason}`)
}

export function logjam(heard: Heard): Verdict {
  const exported = bySuites(heard, 'DHE export cipher suites', (suite) => suite.export && /^DH/.test(suite.keyExchange))
  if (exported.status === 'vulnerable') return exported
  const groups = dhGroups(heard.evidence)
  const weak = groups.find(({ bits, commonPrime }) => bits < 1_024 || (bits === 1_024 && commonPrime !== null))
  if (weak) {
    const prime = weak.commonPrime ? `the well-known prime ${weak.commonPrime}` : 'a prime'
    return verdict('inferred', 'vulnerable', `Diffie-Hellman with ${prime} of ${weak.bits} bits`)
  }
  if (exported.status === 'undetermined') return exported
  const [shortest] = groups
  if (shortest) {
    return verdict('inferred', 'not-vulnerable', `the shortest Diffie-Hellman prime has ${shortest.bits} bits`)
  }
  const isDh = ({ keyExchange }: CipherSuite): boolean => keyExchange === 'DHE' || keyExchange === 'DH'
  const any = bySuites(heard, 'cipher suites with finite-field Diffie-Hellman', isDh)
  if (any.status !== 'vulnerable') return any
  return verdict('inferred', 'undetermined', `${any.reason}; the prime could not be read`)
}

export function drown(heard: Heard): Verdict {
  const [sslv2] = protocolFacts(heard.known.case)
  if (sslv2?.offered === 'yes') {
    return verdict('inferred', 'vulnerable', 'SSLv2 is offered; every server with the same RSA key is affected')
  }
  if (sslv2?.offered === 'undetermined') return verdict('inferred', 'undetermined', `SSLv2: ${sslv2.reason}`)
  return verdict(
    'inferred',
    'not-vulnerable',
    'SSLv2 is not offered here; other servers with the same key were not asked',
  )
}

/** SSLv2 has suites of its own, which the tables of the later versions do not hold. */
function withSslv2(heard: Heard, what: string, pattern: RegExp, found: Verdict): Verdict {
  const [sslv2] = protocolFacts(heard.known.case)
  const names = Array.isArray(sslv2?.cipherSuites) ? sslv2.cipherSuites.map(String) : []
  if (found.status === 'vulnerable') return found
  if (names.some((name) => pattern.test(name))) return verdict('inferred', 'vulnerable', `${what} is offered in SSLv2`)
  if (found.status === 'undetermined' || sslv2?.offered !== 'undetermined') return found
  return verdict('inferred', 'undetermined', `${found.reason} from SSLv3 on, and SSLv2 is open: ${sslv2.reason}`)
}

/** A version without any forward-secret suite: who can speak no newer one has none. */
export function noForwardSecrecy({ known }: Heard): Verdict {
  const offered = known.versions.filter(({ suites }) => suites.length > 0)
  const without = offered.filter(({ suites }) => !suitesOf(suites).some(({ forwardSecrecy }) => forwardSecrecy))
  const sure = without.filter(({ openSuites }) => !suitesOf(openSuites).some(({ forwardSecrecy }) => forwardSecrecy))
  if (sure.length > 0) {
    return verdict('inferred', 'vulnerable', `no cipher suite with forward secrecy in ${listOf(sure)}`)
  }
  if (without.length > 0) {
    return verdict('inferred', 'undetermined', `not every cipher suite could be tried in ${listOf(without)}`)
  }
  if (offered.length === 0) return verdict('inferred', 'undetermined', 'no version that could have it was found')
  return verdict('inferred', 'not-vulnerable', `every version offered has it: ${listOf(offered)}`)
}

export function noAead({ known }: Heard): Verdict {
  const has = known.versions.filter(({ suites }) => suitesOf(suites).some(({ aead }) => aead))
  if (has.length > 0) return verdict('inferred', 'not-vulnerable', `AEAD cipher suites are offered in ${listOf(has)}`)
  const isOpen = known.versions.some(({ offered, openSuites }) =>
    offered === 'undetermined' ? true : suitesOf(openSuites).some(({ aead }) => aead),
  )
  if (isOpen) return verdict('inferred', 'undetermined', 'not every version and cipher suite could be tried')
  return verdict('inferred', 'vulnerable', 'no version offers an AEAD cipher suite')
}

function listOf(versions: readonly { readonly protocol: string }[]): string {
  return versions.map(({ protocol }) => protocol).join(', ')
}
