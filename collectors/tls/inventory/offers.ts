import { cipherSuites } from '../registry/cipher-suites.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { usualOrder } from './order.ts'

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
    /^(AES|CHACHA20|CAMELLIA|3DES|RC4)/.test(suite.cipher) &&
    !suite.export
  )
}

/**
 * The suites of a version in offers that are asked for side by side: usual ones in several small offers, so that each
 * needs few rounds, the others in few large ones that mostly end with a single refusal.
 */
export function offersOf(protocol: RecordProtocol): readonly (readonly number[])[] {
  if (protocol === 'TLSv1.3') return [usualOrder(tls13)]
  const fits = (number: number): boolean => protocol === 'TLSv1.2' || cipherSuites.get(number)?.era === 'any'
  const usual = usualOrder(older.filter((number) => isUsual(number) && fits(number)))
  const rest = usualOrder(older.filter((number) => !usual.includes(number)))
  return [...deal(usual, protocol === 'TLSv1.2' ? 6 : 1), ...deal(rest, 2)]
}

/** Deals a list out into so many hands, one by one, so that neighbours come into different hands. */
export function deal<Value>(list: readonly Value[], hands: number): Value[][] {
  return Array.from({ length: hands }, (_, hand) => list.filter((_each, index) => index % hands === hand)).filter(
    (each) => each.length > 0,
  )
}
