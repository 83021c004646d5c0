import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { existedBy } from '../../../src/ledger/entry-times.ts'
import { latestCredible, type TimeBound } from '../../../src/ledger/time-bounds.ts'
import { later } from '../../../src/model/time.ts'
import { start } from '../../helpers/ledger.ts'

const bound = (size: number, hours: number): TimeBound => ({
  ...{ size, time: later(start, hours * 3_600_000), accuracyMs: 1000, authority: 'CN=TSA', anchored: true },
})

test('an entry existed by the earliest time that any stamp over it states, and one that none covers by none', () => {
  const bounds = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 100 })), { maxLength: 6 })
  fc.assert(
    fc.property(bounds, (list) => {
      const all = list.map(([size, hours]) => bound(size, hours))
      const by = existedBy(all)
      for (let sequence = 0; sequence <= 20; sequence += 1) {
        const [earliest] = all
          .filter(({ size }) => size > sequence)
          .map(latestCredible)
          .sort()
        expect(by(sequence)).toBe(earliest)
      }
    }),
  )
})
