import { type CipherSuite, cipherSuites } from '../registry/cipher-suites.ts'

/** Suites in the order that most servers have: forward secrecy, then AEAD, then longer keys first. */
export function usualOrder(suites: readonly number[]): number[] {
  return sortBy(suites, usualPlaces)
}

/** Suites in the order of OpenSSL before 1.1: longer keys, then ephemeral keys, then AEAD first. */
export function strengthOrder(suites: readonly number[]): number[] {
  return sortBy(suites, strengthPlaces)
}

/** Unknown suites come last, by number. */
function sortBy(suites: readonly number[], places: ReadonlyMap<number, number>): number[] {
  const placeOf = (suite: number): number => places.get(suite) ?? cipherSuites.size + suite
  return [...suites].sort((a, b) => placeOf(a) - placeOf(b))
}

const ciphers: readonly RegExp[] = [
  /^AES-\d+-(GCM|CBC)/,
  /^CHACHA20/,
  /^AES-\d+-CCM-8/,
  /^AES/,
  /^ARIA/,
  /^CAMELLIA/,
  /^SEED/,
  /^IDEA/,
  /^3DES/,
  /^RC4/,
  /^DES/,
  /^RC2/,
]
const exchanges = ['any', 'ECDHE', 'DHE', 'ECDH', 'DH', 'RSA', 'PSK']
const authentications = ['any', 'ECDSA', 'RSA', 'DSS', 'PSK', 'anon']

function usualRank(suite: CipherSuite): readonly number[] {
  return [
    suite.bits < 128 || suite.cipher === 'RC4' || suite.authentication === 'anon' ? 1 : 0,
    suite.forwardSecrecy ? 0 : 1,
    suite.aead ? 0 : suite.mac === 'SHA1' || suite.mac === 'MD5' ? 2 : 1,
    -suite.bits,
    cipherPlace(suite),
    place(exchanges, suite.keyExchange),
    place(authentications, suite.authentication),
    suite.number,
  ]
}

const oldExchanges = ['ECDHE', 'ECDH anon', 'DHE', 'DH anon', 'ECDH', 'DH', 'RSA', 'PSK']
const oldCiphers = ['AES', 'SEED', 'CAMELLIA', 'IDEA']

function strengthRank(suite: CipherSuite): readonly number[] {
  const { keyExchange, authentication } = suite
  return [
    -suite.bits,
    suite.cipher === 'RC4' ? 1 : 0,
    oldExchanges.indexOf(authentication === 'anon' ? `${keyExchange} anon` : keyExchange),
    suite.aead ? 0 : suite.mac === 'SHA1' ? 2 : suite.mac === 'MD5' ? 3 : 1,
    place(oldCiphers, suite.cipher),
    -place(authentications, authentication),
    suite.number,
  ]
}

function place(list: readonly string[], value: string): number {
  const index = list.findIndex((prefix) => value.startsWith(prefix))
  return index === -1 ? list.length : index
}

function cipherPlace({ cipher }: CipherSuite): number {
  const index = ciphers.findIndex((pattern) => pattern.test(cipher))
  return index === -1 ? ciphers.length : index
}

function placesBy(rank: (suite: CipherSuite) => readonly number[]): ReadonlyMap<number, number> {
  const ranked = [...cipherSuites.values()].map((suite) => ({ number: suite.number, rank: rank(suite) }))
  return new Map(ranked.sort((a, b) => compare(a.rank, b.rank)).map(({ number }, index) => [number, index]))
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

const usualPlaces = placesBy(usualRank)
const strengthPlaces = placesBy(strengthRank)
