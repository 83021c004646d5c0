import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeRange, type EntryRange, rangesOf, rangesWithout } from '../../../src/ledger/entry-range.ts'

const sequences = fc.uniqueArray(fc.nat({ max: 30 })).map((numbers) => numbers.sort((a, b) => a - b))
const members = (ranges: readonly EntryRange[]) =>
  ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))

test('ranges hold exactly the sequences that they were made of, and no two touch', () => {
  fc.assert(
    fc.property(sequences, (some) => {
      const ranges = rangesOf(some)
      expect(members(ranges)).toEqual(some)
      for (const [index, { first }] of ranges.slice(1).entries()) {
        expect(first).toBeGreaterThan((ranges[index]?.last ?? 0) + 1)
      }
    }),
  )
})

test('what is left of ranges without others is what is in the one and not in the other', () => {
  fc.assert(
    fc.property(sequences, sequences, (some, others) => {
      const left = rangesWithout(rangesOf(some), rangesOf(others))
      expect(members(left)).toEqual(some.filter((sequence) => !others.includes(sequence)))
    }),
  )
})

test('a range of one entry is named by that entry', () => {
  expect(describeRange({ first: 4, last: 4 })).toBe('E-4')
  expect(describeRange({ first: 4, last: 9 })).toBe('E-4 to E-9')
})
