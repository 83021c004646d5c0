import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkPeriod } from '../../../src/app/check-period.ts'
import { periodEntries } from '../../../src/app/period-entries.ts'
import { decodeEntry } from '../../../src/ledger/entry.ts'
import { openStore } from '../../../src/ledger/open.ts'
import type { Store } from '../../../src/ledger/store.ts'
import type { Entry } from '../../../src/model/evidence.ts'
import { later } from '../../../src/model/time.ts'
import { clock, newEntry, origin, start, temporaryFolder } from '../../helpers/ledger.ts'

/** Minutes; the ledger's order is that of recording, so that neighbours may have been collected the other way round. */
const minutes = [0, 20, 85, 95, 112, 110, 111, 99, 113, 205, 119, 195, 215, 260, 300]
const period = { from: later(start, 100 * 60_000), to: later(start, 200 * 60_000) }

test('no entry can be left out unseen of those that a report takes along', async () => {
  await using store = await ledger(minutes)
  const entries = await taken(store, period, 15)
  expect([...entries.keys()]).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  expect(checkPeriod(entries, 15, period)).toMatchObject({ holds: true })
  for (const sequence of entries.keys()) {
    const without = new Map([...entries].filter(([each]) => each !== sequence))
    const { holds, sentence } = checkPeriod(without, 15, period)
    expect(holds).toBe(null)
    expect(sentence).toContain(`E-${sequence}`)
  }
})

test('whatever several of them are left out, the check never holds', async () => {
  await using store = await ledger(minutes)
  const entries = await taken(store, period, 15)
  fc.assert(
    fc.property(fc.subarray([...entries.keys()], { minLength: 1 }), (gone) => {
      const without = new Map([...entries].filter(([sequence]) => !gone.includes(sequence)))
      expect(checkPeriod(without, 15, period).holds).toBe(null)
    }),
  )
})

test('a period torn apart by a clock set wrong is told open rather than filled up without end', async () => {
  await using store = await ledger([110, ...Array.from({ length: 1100 }, () => 20), 120])
  const entries = await taken(store, period, 1102)
  expect(entries.size).toBe(2)
  expect(checkPeriod(entries, 1102, period)).toMatchObject({ holds: null, sentence: expect.stringContaining('E-1 to') })
})

test('a period at the beginning or the end of the ledger needs no neighbour there', async () => {
  await using store = await ledger([110, 111, 112])
  const entries = await taken(store, period, 3)
  expect([...entries.keys()]).toEqual([0, 1, 2])
  expect(checkPeriod(entries, 3, period)).toMatchObject({ holds: true })
  expect(checkPeriod(entries, 4, period)).toMatchObject({ holds: null, sentence: expect.stringContaining('E-3') })
})

test('entries behind the checkpoint are not taken', async () => {
  await using store = await ledger(minutes)
  expect([...(await taken(store, period, 6)).keys()]).toEqual([2, 3, 4, 5])
})

test('a period without entries leaves the question open', async () => {
  await using store = await ledger([0, 300])
  const entries = await taken(store, period, 2)
  expect(entries.size).toBe(0)
  expect(checkPeriod(entries, 2, period).holds).toBe(null)
})

async function ledger(collected: readonly number[]): Promise<Store> {
  const store = await openStore({ path: `${temporaryFolder()}/store.db`, origin, clock, mode: 'create' })
  await store.append(collected.map((minute, index) => newEntry(index, { collected: later(start, minute * 60_000) })))
  return store
}

async function taken(
  store: Store,
  of: typeof period,
  size: number,
): Promise<ReadonlyMap<number, { readonly entry: Entry }>> {
  const found = await periodEntries(store, of, size)
  return new Map([...found].map(([sequence, bytes]) => [sequence, { entry: decodeEntry(bytes) }]))
}
