import { cipherSuites } from '../registry/cipher-suites.ts'
import { strengthOrder, usualOrder } from './known-orders.ts'

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

/** The suites in the server's order, as far as the choices show it; what they leave open follows a known order. */
export function orderOf(suites: readonly number[], choices: readonly Choice[]): number[] {
  const beats = relation(choices.filter(({ offered }) => !isChaCha(offered[0]) || offered.length === 1))
  let left = likeliestOrder(suites, beats)
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

/** The known order that the server's choices contradict least. */
function likeliestOrder(suites: readonly number[], beats: (a: number, b: number) => boolean): number[] {
  const candidates = [usualOrder(suites), strengthOrder(suites)].map((order) => ({
    order,
    contradictions: order.reduce(
      (sum, suite, at) => sum + order.slice(0, at).filter((each) => beats(suite, each)).length,
      0,
    ),
  }))
  return candidates.reduce((best, each) => (each.contradictions < best.contradictions ? each : best)).order
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
