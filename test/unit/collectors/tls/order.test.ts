import fc from 'fast-check'
import { expect, test } from 'vitest'
import { needsNoCurve } from '../../../../collectors/tls/inventory/facts.ts'
import { strengthOrder, usualOrder } from '../../../../collectors/tls/inventory/known-orders.ts'
import { cut, offersOf, suitesOf } from '../../../../collectors/tls/inventory/offers.ts'
import { type Choice, openPositions, orderOf, preferenceOf } from '../../../../collectors/tls/inventory/order.ts'

const pool = [0xc02f, 0xc030, 0x9c, 0x9d, 0x2f, 0x35, 0xc013, 0xc014]
const serverOrder = fc.shuffledSubarray(pool, { minLength: 3 })
const offers = (suites: readonly number[]) =>
  fc.array(fc.shuffledSubarray([...suites], { minLength: 2 }), { minLength: 1, maxLength: 12 })

const byServer = (order: readonly number[], offered: readonly number[]): Choice => ({
  winner: order.find((suite) => offered.includes(suite)) ?? 0,
  offered,
})

test('a server with an order of its own is never taken for one that follows the client', () => {
  fc.assert(
    fc.property(
      serverOrder.chain((order) => fc.tuple(fc.constant(order), offers(order))),
      ([order, asked]) => {
        expect(preferenceOf(asked.map((offered) => byServer(order, offered)))).not.toBe('client')
      },
    ),
  )
})

test('two hellos tell a server that follows the client from one that does not', () => {
  const [first = 0, ...rest] = pool
  const moved = [...rest, first]
  expect(preferenceOf([byServer(pool, pool), byServer(pool, moved)])).toBe('server')
  expect(preferenceOf([pool, moved].map((offered) => ({ winner: offered[0] ?? 0, offered })))).toBe('client')
  expect(preferenceOf([byServer(pool, pool)])).toBe('undetermined')
  expect(preferenceOf([])).toBe('undetermined')
})

test('a server that prefers ChaCha20 only where the client does has an order of its own', () => {
  const choices = [
    { winner: 0xc02f, offered: [0xc02f, 0xcca8, 0x9c] },
    { winner: 0xc02f, offered: [0x9c, 0xcca8, 0xc02f] },
    { winner: 0xcca8, offered: [0xcca8, 0xc02f, 0x9c] },
  ]
  expect(preferenceOf(choices)).toBe('server')
})

test('asking about the open positions finds any order', () => {
  fc.assert(
    fc.property(serverOrder, (order) => {
      const choices: Choice[] = []
      for (let round = 0; round <= order.length; round += 1) {
        const guess = orderOf(order, choices)
        const open = openPositions(guess, choices)
        if (open.length === 0) break
        for (const position of open) choices.push(byServer(order, guess.slice(position)))
      }
      expect(orderOf(order, choices)).toEqual(order)
    }),
  )
})

test('the offers of a version hold each of its suites once', () => {
  for (const protocol of ['SSLv3', 'TLSv1.0', 'TLSv1.2', 'TLSv1.3'] as const) {
    const { stretches, broken, doubtful, unusual } = offersOf(protocol)
    const all = [...stretches.flat(), ...broken, ...unusual]
    expect(all.toSorted()).toEqual([...suitesOf(protocol)].toSorted())
    expect(all).toEqual(expect.arrayContaining([...doubtful]))
  }
  expect(cut([1, 2, 3, 4, 5], 2)).toEqual([
    [1, 2, 3],
    [4, 5],
  ])
})

test('the stretches of TLS 1.2 are about as long as each other and end with suites that any group will do for', () => {
  const { stretches, doubtful } = offersOf('TLSv1.2')
  const sure = stretches.map((stretch) => stretch.filter((suite) => !doubtful.includes(suite)))
  expect(sure.map(({ length }) => length)).toEqual([4, 6, 6, 6, 7, 7, 6])
  // They are offered the wrong way round.
  expect(sure.slice(0, 4).map(([last = 0]) => needsNoCurve(last))).toEqual([true, true, true, true])
})

test('the usual order puts forward secrecy and AEAD first and broken suites last', () => {
  expect(usualOrder([0x0005, 0x009c, 0xc02f, 0x002f])).toEqual([0xc02f, 0x009c, 0x002f, 0x0005])
})

test('what the choices leave open follows the known order that they contradict least', () => {
  const suites = [0xc030, 0xc028, 0xc014, 0x9d, 0x35, 0xc02f, 0xc013, 0x2f]
  const old = strengthOrder(suites)
  expect(old).not.toEqual(usualOrder(suites))
  const adjacent = (at: number) => ({ winner: old[at] ?? 0, offered: old.slice(at, at + 2) })
  expect(orderOf(suites, [adjacent(2), adjacent(4)])).toEqual(old)
})
