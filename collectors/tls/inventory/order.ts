import { type CipherSuite, cipherSuites } from '../registry/cipher-suites.ts'

/** That a server chose `winner` although `loser` was offered too. */
export type Choice = { readonly winner: number; readonly offered: readonly number[] }

/** How a server chooses: by its own order or by the client's. */
export type Preference = 'server' | 'client' | 'undetermined'

/** Whose order rules, from every choice between at least two suites that the server supports. */
export function preferenceOf(choices: readonly Choice[]): Preference {
  const real = choices.filter(({ offered }) => offered.length > 1)
  const client = real.every(({ winner, offered }) => offered[0] === winner)
  const server = isConsistent(real)
  if (client !== server) return server ? 'server' : 'client'
  // Some servers follow their own order but let a client that puts ChaCha20 first have it.
  return !client && isConsistent(real.filter(({ offered }) => !isChaCha(offered[0]))) ? 'server' : 'undetermined'
}

/** The suites in the server's order, as far as the choices show it; what they leave open follows the usual order. */
export function orderOf(suites: readonly number[], choices: readonly Choice[]): number[] {
  const beats = relation(choices.filter(({ offered }) => !isChaCha(offered[0]) || offered.length === 1))
  let left = usualOrder(suites)
  const order: number[] = []
  while (left.length > 0) {
    const next = left.find((suite) => !left.some((other) => beats(other, suite))) ?? left[0]
    if (next === undefined) break
    order.push(next)
    left = left.filter((suite) => suite !== next)
  }
  return order
}

/** The positions in an order at which no choice shows that the suite goes before the next one. */
export function openPositions(order: readonly number[], choices: readonly Choice[]): number[] {
  const beats = relation(choices)
  return order.flatMap((suite, index) => {
    const next = order[index + 1]
    return next === undefined || beats(suite, next) ? [] : [index]
  })
}

function relation(choices: readonly Choice[]): (a: number, b: number) => boolean {
  const pairs = new Set(choices.flatMap(({ winner, offered }) => offered.map((loser) => winner * 65_536 + loser)))
  return (a, b) => a !== b && pairs.has(a * 65_536 + b)
}

function isConsistent(choices: readonly Choice[]): boolean {
  const beats = relation(choices)
  return choices.every(({ winner, offered }) => offered.every((loser) => loser === winner || !beats(loser, winner)))
}

function isChaCha(suite: number | undefined): boolean {
  return suite !== undefined && (cipherSuites.get(suite)?.cipher.startsWith('CHACHA20') ?? false)
}

/** Suites in the order that most servers have: forward secrecy, then AEAD, then longer keys first. */
export function usualOrder(suites: readonly number[]): number[] {
  return [...suites].sort((a, b) => placeOf(a) - placeOf(b))
}

/** Every known suite's place in the usual order; unknown ones come last, by number. */
function placeOf(suite: number): number {
  return places.get(suite) ?? cipherSuites.size + suite
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

function rank(suite: CipherSuite): readonly number[] {
  const place = (list: readonly string[], value: string): number => {
    const index = list.findIndex((prefix) => value.startsWith(prefix))
    return index === -1 ? list.length : index
  }
  const index = ciphers.findIndex((pattern) => pattern.test(suite.cipher))
  return [
    suite.bits < 128 || suite.cipher === 'RC4' || suite.authentication === 'anon' ? 1 : 0,
    suite.forwardSecrecy ? 0 : 1,
    suite.aead ? 0 : suite.mac === 'SHA1' || suite.mac === 'MD5' ? 2 : 1,
    -suite.bits,
    index === -1 ? ciphers.length : index,
    place(exchanges, suite.keyExchange),
    place(authentications, suite.authentication),
    suite.number,
  ]
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

const places: ReadonlyMap<number, number> = new Map(
  [...cipherSuites.values()]
    .map((suite) => ({ number: suite.number, rank: rank(suite) }))
    .sort((a, b) => compare(a.rank, b.rank))
    .map(({ number }, place) => [number, place]),
)
