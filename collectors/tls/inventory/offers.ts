import { type CipherSuite, cipherSuites, needsCurve } from '../registry/cipher-suites.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { usualOrder } from './known-orders.ts'

const all = [...cipherSuites.values()]
const tls13 = all.filter(({ era }) => era === '1.3').map(({ number }) => number)
const older = all.filter(({ era }) => era !== '1.3').map(({ number }) => number)

/** Every suite that is looked for in a version. */
export function suitesOf(protocol: RecordProtocol): readonly number[] {
  return protocol === 'TLSv1.3' ? tls13 : older
}

/** Suites that servers in the field are often found to have. */
function isUsual(number: number): boolean {
  const suite = cipherSuites.get(number)
  return (
    suite !== undefined &&
    ['RSA', 'DHE', 'ECDHE'].includes(suite.keyExchange) &&
    ['RSA', 'ECDSA'].includes(suite.authentication) &&
    /^(AES|CHACHA20|ARIA-.*GCM|CAMELLIA-.*CBC|3DES|RC4)/.test(suite.cipher) &&
    !suite.export &&
    !/_OLD$|^SSL_/.test(suite.name)
  )
}

/** Usual suites that current servers mostly do without. */
function isDoubtful(number: number): boolean {
  return cipherSuites.get(number)?.keyExchange === 'DHE' || isBroken(number)
}

function isBroken(number: number): boolean {
  return /^(3DES|RC4)/.test(cipherSuites.get(number)?.cipher ?? '')
}

/** The suites of a version as they are asked for; together, all of them. */
export type Offers = {
  /** Usual suites in short offers that are asked for side by side, so that each needs few rounds. */
  readonly stretches: readonly (readonly number[])[]
  /** Usual suites with ciphers that are broken, where they are not among the stretches. */
  readonly broken: readonly number[]
  /** Those of both that are looked for together with the unusual ones, and that a refusal there settles. */
  readonly doubtful: readonly number[]
  /** Unusual suites: a long offer that mostly ends with a single refusal. */
  readonly unusual: readonly number[]
}

/** How many stretches the usual suites of a version are cut into. */
const stretchCounts: { readonly [protocol in RecordProtocol]: number } = {
  SSLv3: 1,
  'TLSv1.0': 2,
  'TLSv1.1': 2,
  'TLSv1.2': 7,
  'TLSv1.3': 1,
}

/**
 * The offers of a version. Suites that servers put next to each other come into the same offer, so that taking it apart
 * shows most of the server's order; they stand in it the wrong way round, so that a server that has an order of its own
 * gives itself away by its first choice.
 */
export function offersOf(protocol: RecordProtocol): Offers {
  const none = { broken: [], doubtful: [], unusual: [] }
  if (protocol === 'TLSv1.3') return { ...none, stretches: [usualOrder(tls13).reverse()] }
  const fits = (number: number): boolean => protocol === 'TLSv1.2' || cipherSuites.get(number)?.era === 'any'
  const usual = usualOrder(older.filter((number) => isUsual(number) && fits(number)))
  const unusual = usualOrder(older.filter((number) => !usual.includes(number))).reverse()
  const count = stretchCounts[protocol]
  if (protocol !== 'TLSv1.2') return { ...none, stretches: stretchesOf(usual, usual, count), unusual }
  const doubtful = usual.filter(isDoubtful)
  const sure = usual.filter((number) => !doubtful.includes(number))
  return {
    stretches: stretchesOf(
      usual.filter((number) => !isBroken(number)),
      sure,
      count,
    ),
    broken: usual.filter(isBroken).reverse(),
    doubtful: doubtful.reverse(),
    unusual,
  }
}

/** Cuts a list into so many stretches, each with about as many of the sure ones. */
function stretchesOf(list: readonly number[], sure: readonly number[], count: number): number[][] {
  const starts = startsOfStretches(sure, count)
  return [...Map.groupBy(list, (number) => lastBefore(list, starts, number)).values()].map((part) => part.reverse())
}

/** Which of some members of a list stands last before another one, itself included. */
function lastBefore(list: readonly number[], members: readonly number[], other: number): number | undefined {
  return members.findLast((member) => list.indexOf(member) <= list.indexOf(other))
}

/** Every ECDHE suite with a certificate, for asking about groups before it is known which of them the server has. */
export function ellipticSuites(): readonly number[] {
  return older.filter((number) => isUsual(number) && cipherSuites.get(number)?.keyExchange === 'ECDHE')
}

/** Unusual suites by what is unusual about them: a server that has one of a kind often has more of it. */
export function byKind(suites: readonly number[]): readonly (readonly number[])[] {
  return [...Map.groupBy(suites, (number) => kindOf(cipherSuites.get(number))).values()]
}

function kindOf(suite: CipherSuite | undefined): 'NULL' | 'weak' | 'anonymous' | 'certificate' | 'shared key' {
  if (!suite || suite.cipher === 'NULL') return 'NULL'
  if (suite.export || suite.bits < 112) return 'weak'
  if (suite.authentication === 'anon') return 'anonymous'
  return ['RSA', 'DSS', 'ECDSA'].includes(suite.authentication) ? 'certificate' : 'shared key'
}

/**
 * The first suites of so many stretches of about the same length. A stretch does not end with a suite of an ECDSA
 * certificate, which needs a curve of its own, so that its end can be asked for with any group.
 */
function startsOfStretches(list: readonly number[], count: number): number[] {
  const starts: number[] = []
  for (let at = 0; at < list.length && starts.length < count; ) {
    starts.push(...list.slice(at, at + 1))
    const full = at + Math.ceil((list.length - at) / (count - starts.length + 1))
    const end = list.findLastIndex((suite, index) => index >= at && index < full && !needsCurve(suite))
    at = end === -1 ? full : end + 1
  }
  return starts
}

/** Cuts a list into so many stretches of about the same length. */
export function cut<Value>(list: readonly Value[], count: number): Value[][] {
  const length = Math.max(1, Math.ceil(list.length / Math.max(1, count)))
  return Array.from({ length: Math.ceil(list.length / length) }, (_, part) =>
    list.slice(part * length, (part + 1) * length),
  )
}
