import { cipherSuites } from '../registry/cipher-suites.ts'
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

/** How many offers the usual suites and the other ones of a version are cut into. */
const parts: { readonly [protocol in RecordProtocol]: readonly [usual: number, others: number] } = {
  SSLv3: [1, 1],
  'TLSv1.0': [2, 1],
  'TLSv1.1': [2, 1],
  'TLSv1.2': [7, 1],
  'TLSv1.3': [1, 0],
}

/**
 * The suites of a version in offers that are asked for side by side: usual ones in several short offers, so that each
 * needs few rounds, the others in a long one that mostly ends with a single refusal. Suites that servers put next to
 * each other come into the same offer, so that taking it apart shows most of the server's order; they stand in it the
 * wrong way round, so that a server that has an order of its own gives itself away by its first choice.
 */
export function offersOf(protocol: RecordProtocol): readonly (readonly number[])[] {
  const [usualParts, otherParts] = parts[protocol]
  if (protocol === 'TLSv1.3') return [usualOrder(tls13).reverse()]
  const fits = (number: number): boolean => protocol === 'TLSv1.2' || cipherSuites.get(number)?.era === 'any'
  const usual = usualOrder(older.filter((number) => isUsual(number) && fits(number)))
  const others = usualOrder(older.filter((number) => !usual.includes(number)))
  return [...cutByWeight(usual, usualParts, likelihood), ...cut(others, otherParts)].map((offer) => offer.reverse())
}

/** Every ECDHE suite with a certificate, for asking about groups before it is known which of them the server has. */
export function ellipticSuites(): readonly number[] {
  return older.filter((number) => isUsual(number) && cipherSuites.get(number)?.keyExchange === 'ECDHE')
}

/** How likely a suite is to be there, beside others: servers rarely have every kind of certificate and ephemeral key. */
function likelihood(number: number): number {
  return cipherSuites.get(number)?.keyExchange === 'RSA' ? 2 : 1
}

/** Cuts a list into so many stretches of about the same weight. */
function cutByWeight(list: readonly number[], count: number, weigh: (number: number) => number): number[][] {
  const share = list.reduce((sum, each) => sum + weigh(each), 0) / Math.max(1, count)
  let before = 0
  const parts = list.map((each) => {
    before += weigh(each)
    return Math.min(count - 1, Math.floor((before - weigh(each)) / share))
  })
  return Array.from({ length: count }, (_, part) => list.filter((_each, index) => parts[index] === part)).filter(
    (stretch) => stretch.length > 0,
  )
}

/** Cuts a list into so many stretches of about the same length. */
export function cut<Value>(list: readonly Value[], count: number): Value[][] {
  const length = Math.max(1, Math.ceil(list.length / Math.max(1, count)))
  return Array.from({ length: Math.ceil(list.length / length) }, (_, part) =>
    list.slice(part * length, (part + 1) * length),
  )
}
