import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planReading } from '../../../../collectors/log-retention/plan-reading.ts'
import { reachBack } from '../../../../collectors/log-retention/reach-back.ts'
import type { FileReading, PartReading } from '../../../../collectors/log-retention/read-log.ts'
import { createSpans, gapsBetween } from '../../../../collectors/log-retention/spans.ts'
import { inferYears } from '../../../../collectors/log-retention/years.ts'
import { asUtc, type LocalTime } from '../../../../collectors/log-retention/zone.ts'

const day = 86_400_000
const now = Date.UTC(2026, 8, 9, 2)
const ago = (days: number): number => now - days * day

function reading(
  parts: readonly Partial<PartReading>[],
  more: Partial<FileReading> = {},
  age: number | null = 0,
): FileReading {
  const facts = { path: `/log.${age}`, kind: 'file', size: 100, mode: 0o640, uid: 0, gid: 0 } as const
  return {
    file: { path: facts.path, facts, age },
    parts: parts.map((part) => ({ times: [], yearless: [], ...part })),
    records: parts.reduce((sum, { times = [], yearless = [] }) => sum + times.length + yearless.length, 0),
    unparsed: 0,
    zones: new Set(['utc']),
    whole: true,
    sha256: null,
    problem: null,
    opened: true,
    bytesRead: 100,
    ...more,
  }
}

const reach = (...readings: readonly FileReading[]) => reachBack(readings, { now, gapMs: 1.5 * day, toMillis: asUtc })

/** A time a day, from so many days ago to so many days ago. */
const daily = (from: number, to: number): readonly number[] =>
  Array.from({ length: from - to + 1 }, (_, index) => ago(from - index))

describe('how far back records reach', () => {
  test('without gaps, to the oldest record', () => {
    const found = reach(reading([{ times: daily(9, 0) }]), reading([{ times: daily(40, 10) }], {}, 1))
    expect(found).toMatchObject({ oldest: ago(40), newest: now, gaps: [], unbrokenSince: ago(40) })
  })

  test('with a gap, to its end', () => {
    const found = reach(reading([{ times: daily(9, 0) }]), reading([{ times: daily(40, 20) }], {}, 1))
    expect(found).toMatchObject({ oldest: ago(40), gaps: [{ from: ago(20), to: ago(9) }], unbrokenSince: ago(9) })
  })

  test('the order of records and files does not matter', () => {
    const shuffled = [...daily(30, 10)].sort(() => 0.5 - Math.random())
    const found = reach(reading([{ times: shuffled }], {}, null), reading([{ times: daily(9, 0) }], {}, null))
    expect(found).toMatchObject({ oldest: ago(30), newest: now, gaps: [] })
  })

  test('without records, nowhere', () => {
    expect(reach(reading([{}]))).toMatchObject({ oldest: null, newest: null, gaps: [], unbrokenSince: null })
  })

  test('a record from the future proves nothing, a little skew is none', () => {
    const found = reach(reading([{ times: [ago(1), now + 60_000, now + 3_600_000, now + 2 * day] }]))
    expect(found).toMatchObject({
      newest: now + 60_000,
      gaps: [],
      future: { count: 2, latest: now + 2 * day },
    })
  })

  test('a lone old record does not stand for the time after it', () => {
    const found = reach(reading([{ times: [ago(5_000), ...daily(3, 0)] }]))
    expect(found).toMatchObject({ oldest: ago(5_000), unbrokenSince: ago(3) })
    expect(found.gaps).toHaveLength(1)
  })

  test('between the head and the tail of a file that was read in part no gap is claimed', () => {
    const found = reach(reading([{ times: daily(40, 39) }, { times: daily(1, 0) }], { whole: false }))
    expect(found).toMatchObject({ oldest: ago(40), newest: now, gaps: [], unbrokenSince: ago(40) })
  })

  test('after the head of a packed file no gap is claimed until the next file begins, and one after that is', () => {
    const packed = reading([{ times: daily(40, 39) }], { whole: false }, 2)
    const middle = reading([{ times: daily(20, 15) }], {}, 1)
    const found = reach(reading([{ times: daily(5, 0) }]), middle, packed)
    expect(found.gaps).toEqual([{ from: ago(15), to: ago(5) }])
  })

  test('beside a file that could not be read no gap is claimed, but the days beyond it are not proven either', () => {
    const closed = reading([], { whole: false, problem: 'closed', opened: false }, 1)
    const found = reach(reading([{ times: daily(5, 0) }]), closed, reading([{ times: daily(40, 20) }], {}, 2))
    expect(found).toMatchObject({ oldest: ago(40), gaps: [], unbrokenSince: ago(5) })
  })
})

describe('dates without a year', () => {
  const local = (ms: number): LocalTime => {
    const date = new Date(ms)
    return {
      year: 2000,
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      millisecond: 0,
    }
  }

  test('are given the latest years that their order allows, across files', () => {
    const found = reach(
      reading([{ yearless: daily(200, 0).map(local) }]),
      reading([{ yearless: daily(500, 201).map(local) }], {}, 1),
    )
    expect(found).toMatchObject({ oldest: ago(500), newest: now, gaps: [], yearsInferred: true })
  })

  test('a leap day stays one', () => {
    const leap = Date.UTC(2024, 1, 29, 12)
    expect(inferYears([local(leap)], now, asUtc)).toEqual([leap])
  })

  test('a record somewhat out of order is not put a year back', () => {
    const times = [ago(10), ago(8), ago(9), ago(2), ago(4), ago(0)]
    expect(inferYears(times.map(local), now + day, asUtc)).toEqual(times)
  })

  test('a log in order whose silences are shorter than half a year is dated right', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 180 * 24 * 60 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(steps, (minutes) => {
        let at = now
        const times = minutes.map((step) => {
          at -= step * 60_000
          return at
        })
        times.reverse()
        expect(inferYears(times.map(local), now + day, asUtc)).toEqual(times)
      }),
    )
  })

  test('no log is made out to be older than it is', () => {
    const ages = fc.array(fc.integer({ min: 0, max: 2_000 * 24 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(ages, (hours) => {
        const times = hours.map((hour) => now - hour * 3_600_000).sort((a, b) => a - b)
        const inferred = inferYears(times.map(local), now + day, asUtc)
        for (const [index, ms] of inferred.entries()) expect(ms).toBeGreaterThanOrEqual(times[index] ?? Number.NaN)
      }),
    )
  })
})

test('spans hold exactly the gaps that sorting every time would find, in whatever order times come', () => {
  const times = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1 })
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 100 }), (given, gapMs) => {
      const spans = createSpans(gapMs)
      for (const ms of given) spans.add(ms)
      const sorted = [...given].sort((a, b) => a - b)
      const expected = sorted.flatMap((to, index) => {
        const from = sorted[index - 1] ?? to
        return to - from > gapMs ? [{ from, to }] : []
      })
      expect(gapsBetween(spans.list())).toEqual(expected)
    }),
  )
})

describe('the reading plan', () => {
  const kilobyte = 1024
  const file = (path: string, size: number, packed = false) => ({ path, size, packed })

  test('reads everything where the budget suffices', () => {
    expect(planReading([file('a', 10), file('b', 0)], 10)).toEqual([
      { path: 'a', parts: [{ path: 'a', from: 0, to: 10 }], whole: true },
      { path: 'b', parts: [{ path: 'b', from: 0, to: 0 }], whole: true },
    ])
  })

  test('reads head and tail of a large file, the head of a packed one, and small ones whole', () => {
    const plan = planReading(
      [file('a', 1000 * kilobyte), file('b', 10), file('c', 1000 * kilobyte, true)],
      200 * kilobyte,
    )
    expect(plan.map(({ whole, parts }) => [whole, parts.length])).toEqual([
      [false, 2],
      [true, 1],
      [false, 1],
    ])
    expect(plan[0]?.parts[0]?.from).toBe(0)
    expect(plan[0]?.parts[1]?.to).toBe(1000 * kilobyte)
  })

  test('never exceeds the budget, never overlaps, and calls whole only what is', () => {
    const files = fc.array(fc.tuple(fc.integer({ min: 0, max: 1_000_000 }), fc.boolean()))
    fc.assert(
      fc.property(files, fc.integer({ min: 0, max: 2_000_000 }), (sizes, budget) => {
        const plan = planReading(
          sizes.map(([size, packed], index) => file(String(index), size, packed)),
          budget,
        )
        let total = 0
        for (const [index, { parts, whole }] of plan.entries()) {
          const size = sizes[index]?.[0] ?? 0
          const read = parts.reduce((sum, { from, to }) => sum + to - from, 0)
          total += read
          expect(whole).toBe(read === size && parts.length === 1)
          const [head, tail] = parts
          if (head !== undefined && tail !== undefined) expect(head.to).toBeLessThanOrEqual(tail.from)
        }
        expect(total).toBeLessThanOrEqual(budget)
      }),
    )
  })
})
