import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { daysOf } from '../../../src/assess/coverage.ts'
import { runsFrom } from '../../../src/assess/runs.ts'
import type { Coverage } from '../../../src/model/assessment.ts'
import { calendarPeriodById, type Period } from '../../../src/model/period.ts'
import { instant, later } from '../../../src/model/time.ts'
import { type Brought, day, hour, judged, ledger, night, period, protocols, target } from './story.ts'

const nightly = target()

function coverage(write: (book: ReturnType<typeof ledger>) => void, rest: Parameters<typeof judged>[1] = {}): Coverage {
  const book = ledger()
  book.configure(later(period.from, -day), [nightly])
  write(book)
  return judged(book, rest).coverage
}

test('each scheduled collection is there, late, failed, interrupted or missing, and each gap is explained', () => {
  const { targets, gaps, expected, collected } = coverage((book) => {
    for (const at of [1, 2]) book.run(night(at), [[nightly, protocols('no')]])
    book.run(later(night(3), 5 * hour), [[nightly, protocols('no')]], { slot: night(3), late: true })
    for (const at of [4, 5]) book.run(night(at), [[nightly, { failed: 'no answer within 20 s' }]])
    book.run(night(6), [[nightly, { cut: true }]], { ends: 'interrupted', reason: 'stopped by SIGTERM' })
    book.run(night(9), [[nightly, protocols('no')]])
    book.run(later(night(9), hour), [[nightly, protocols('no')]], { slot: null })
    book.run(night(10), [[nightly, protocols('no')]])
  })
  expect(targets).toMatchObject([{ expected: 10, collected: 5, late: 1, failed: 2, missing: 3, byHand: 1 }])
  expect([expected, collected]).toEqual([10, 5])
  expect(gaps.map(({ from, to, slots, state }) => [from.slice(8, 10), to.slice(8, 10), slots, state])).toEqual([
    ['04', '06', 2, 'failed'],
    ['06', '07', 1, 'interrupted'],
    ['07', '09', 2, 'missing'],
  ])
  expect(gaps.map(({ explanation }) => explanation)).toEqual([
    'The collection failed: no answer within 20 s (timeout).',
    'The run was interrupted: stopped by SIGTERM.',
    'Affidavit was not running: no run was started for this slot.',
  ])
})

test('a failure that a catch-up made good counts as collected late', () => {
  const { targets, gaps } = coverage((book) => {
    for (let at = 1; at <= 10; at++) book.run(night(at), [[nightly, at === 5 ? { failed: 'x' } : protocols('no')]])
    book.run(later(night(5), hour), [[nightly, protocols('no')]], { slot: night(5), late: true })
  })
  expect(targets).toMatchObject([{ collected: 10, late: 1, failed: 0 }])
  expect(gaps).toEqual([])
})

test('neighbouring failures of one kind are one gap, of two kinds two', () => {
  const { gaps } = coverage((book) => {
    for (let at = 1; at <= 10; at++) {
      book.run(night(at), [[nightly, { failed: `no answer after ${at} ms`, code: at < 6 ? 'timeout' : 'refused' }]])
    }
  })
  expect(gaps.map(({ slots }) => slots)).toEqual([5, 5])
})

test('failures with a night of evidence between them are two gaps', () => {
  const { gaps } = coverage((book) => {
    for (let at = 1; at <= 10; at++)
      book.run(night(at), [[nightly, at === 5 ? protocols('no') : { failed: 'no answer' }]])
  })
  expect(gaps.map(({ slots }) => slots)).toEqual([4, 5])
})

test('a slot that was caught up after the period still belongs to it', () => {
  const last = { id: 'x', cron: '0 23 * * *', timeZone: 'UTC' }
  const late = target('shop/gateway/tls', { schedule: last })
  const book = ledger()
  book.configure(later(period.from, -day), [late])
  book.run(later(period.to, hour), [[late, protocols('no')]], { slot: instant('2026-07-10T23:00:00Z'), late: true })
  expect(judged(book).coverage.targets).toMatchObject([{ expected: 10, collected: 1, late: 1 }])
})

test('a run that did not include the target leaves the slot missing', () => {
  const { gaps } = coverage((book) => {
    for (let at = 1; at <= 10; at++) book.run(night(at), at === 3 ? [] : [[nightly, protocols('no')]])
  })
  expect(gaps).toMatchObject([
    { slots: 1, state: 'missing', explanation: 'The run for this slot did not include this target.' },
  ])
})

describe('a period that is still running', () => {
  test('expects nothing of slots to come, nor of one that is just due', () => {
    const now = later(night(3), 60_000)
    const { targets, days } = coverage((book) => void book.run(night(1), [[nightly, protocols('no')]]), { now })
    expect(targets).toMatchObject([{ expected: 2, collected: 1, missing: 1 }])
    expect(days.map(({ expected }) => expected)).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  })

  test('expects nothing yet of a run in hand', () => {
    const now = later(night(3), hour)
    const { targets } = coverage(
      (book) => {
        for (const at of [1, 2]) book.run(night(at), [[nightly, protocols('no')]])
        book.run(night(3), [[nightly, { cut: true }]], { ends: 'never' })
      },
      { now },
    )
    expect(targets).toMatchObject([{ expected: 2, collected: 2, missing: 0 }])
  })

  test('takes a run that a later one overtook for interrupted', () => {
    const { gaps } = coverage((book) => {
      book.run(night(1), [[nightly, { cut: true }]], { ends: 'never' })
      for (let at = 2; at <= 10; at++) book.run(night(at), [[nightly, protocols('no')]])
    })
    expect(gaps).toMatchObject([{ slots: 1, state: 'interrupted' }])
  })
})

describe('the plan over time', () => {
  test('nothing is expected before the first plan, and that is said', () => {
    const book = ledger()
    book.configure(later(night(3), hour), [nightly])
    for (let at = 4; at <= 10; at++) book.run(night(at), [[nightly, protocols('no')]])
    const { targets, gaps } = judged(book).coverage
    expect(targets).toMatchObject([{ expected: 7, collected: 7 }])
    expect(gaps).toMatchObject([
      { from: period.from, slots: 0, explanation: 'Not yet configured: Affidavit had recorded no plan.' },
    ])
  })

  test('a target that enters later, leaves and comes back is expected only while it is there', () => {
    const other = target('shop/gateway/other')
    const book = ledger()
    book.configure(later(period.from, -day), [other])
    book.configure(later(night(2), hour), [other, nightly])
    book.configure(later(night(4), hour), [other])
    book.configure(later(night(6), hour), [other, nightly])
    book.configure(later(night(8), hour), [other])
    const { targets, gaps } = judged(book).coverage
    expect(targets.find((each) => each.target === nightly.id)).toMatchObject({ expected: 4 })
    const outside = gaps.filter((gap) => gap.target === nightly.id && gap.slots === 0)
    expect(outside).toHaveLength(3)
    expect(new Set(outside.map(({ explanation }) => explanation)).size).toBe(3)
  })

  test('a configuration recorded again unchanged changes nothing', () => {
    const book = ledger()
    book.configure(later(period.from, -day), [nightly])
    for (let at = 1; at <= 10; at++) {
      book.configure(later(night(at), 1), [nightly])
      book.run(later(night(at), 2), [[nightly, protocols('no')]], { slot: night(at) })
    }
    expect(judged(book).coverage).toMatchObject({ expected: 10, collected: 10, gaps: [] })
  })

  test('a changed schedule is expected from the moment that it was recorded', () => {
    const book = ledger()
    book.configure(later(period.from, -day), [nightly])
    book.configure(instant('2026-07-06T00:00:00Z'), [
      target(nightly.id, { schedule: { id: 'twice', cron: '0 2,14 * * *', timeZone: 'UTC' } }),
    ])
    expect(judged(book).coverage.expected).toBe(5 + 10)
  })
})

describe('a target without a schedule', () => {
  const unscheduled = target(nightly.id, { schedule: null })
  const byHand = (brought: readonly Brought[]) => {
    const book = ledger()
    book.configure(period.from, [unscheduled])
    brought.forEach((each, index) => void book.run(night(index + 1), [[unscheduled, each]], { slot: null }))
    return judged(book).coverage
  }

  test('is expected once a period', () => {
    expect(byHand([protocols('no'), protocols('no')]).targets).toMatchObject([
      { expectation: 'once a period', expected: 1, collected: 1, byHand: 2 },
    ])
  })

  test('is failed where it only failed, missing where nobody asked', () => {
    expect(byHand([{ failed: 'x' }]).targets).toMatchObject([{ expected: 1, failed: 1 }])
    expect(byHand([])).toMatchObject({ targets: [{ expected: 1, missing: 1 }], gaps: [{ slots: 1 }] })
  })
})

describe('days', () => {
  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'UTC',
    'Africa/Cairo',
    'Asia/Kathmandu',
  ]

  test('are calendar days of the zone, each once and in order, across changes of the clocks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 2005, max: 2035 }),
        fc.integer({ min: 1, max: 4 }),
        (zone, year, quarter) => {
          const whole = calendarPeriodById(`${year}-Q${quarter}`, zone) as Period
          const days = daysOf(whole, zone)
          expect(new Set(days).size).toBe(days.length)
          expect(days).toEqual(days.toSorted())
          expect(days[0]).toBe(`${year}-${String(quarter * 3 - 2).padStart(2, '0')}-01`)
          // Apia had no 30 December 2011.
          const length =
            new Date(Date.UTC(year, quarter * 3, 0)).getTime() - new Date(Date.UTC(year, quarter * 3 - 3, 1)).getTime()
          expect(days.length).toBe(
            length / day + 1 - (zone === 'Pacific/Apia' && year === 2011 && quarter === 4 ? 1 : 0),
          )
        },
      ),
    )
  })

  test('hold one slot of a nightly schedule each, also on the nights when the clocks change', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('2026-Q1', '2026-Q2', '2026-Q4'),
        fc.integer({ min: 4, max: 23 }),
        (zone, id, at) => {
          const whole = calendarPeriodById(id, zone) as Period
          const each = target(nightly.id, { schedule: { id: 'nightly', cron: `30 ${at} * * *`, timeZone: zone } })
          const book = ledger()
          book.configure(later(whole.from, -day), [each])
          const { days } = judged(book, { period: whole, timeZone: zone, now: later(whole.to, day) }).coverage
          expect(days.every(({ expected }) => expected === 1)).toBe(true)
        },
      ),
      { numRuns: 20 },
    )
  })
})

test('sums add up, whatever happened on each night', () => {
  const outcomes = fc.constantFrom<'kept' | 'late' | 'failed' | 'cut' | 'never' | 'nothing' | 'hand'>(
    'kept',
    'late',
    'failed',
    'cut',
    'never',
    'nothing',
    'hand',
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(outcomes, outcomes), { maxLength: 10 }),
      fc.integer({ min: 0, max: 12 }),
      (nights, past) => {
        const unscheduled = target('shop/gateway/hand', { schedule: null })
        const pair = [nightly, target('shop/gateway/other')]
        const book = ledger()
        book.configure(later(period.from, -day), [...pair, unscheduled])
        nights.forEach((both, index) => {
          both.forEach((what, which) => {
            const each = pair[which] ?? nightly
            const slot = night(index + 1)
            if (what === 'nothing') return
            const brought: Brought =
              what === 'failed' ? { failed: 'x' } : what === 'cut' || what === 'never' ? { cut: true } : protocols('no')
            const ends = what === 'cut' ? 'interrupted' : what === 'never' ? 'never' : 'finished'
            book.run(what === 'late' ? later(slot, hour) : slot, [[each, brought]], {
              slot: what === 'hand' ? null : slot,
              late: what === 'late',
              ends,
            })
          })
        })
        const { coverage } = judged(book, { now: later(period.from, past * day) })
        for (const each of coverage.targets) {
          expect(each.collected + each.failed + each.missing).toBe(each.expected)
          expect(each.late).toBeLessThanOrEqual(each.collected)
          const gaps = coverage.gaps.filter((gap) => gap.target === each.target)
          expect(gaps.reduce((sum, { slots }) => sum + slots, 0)).toBe(each.expected - each.collected)
          expect(gaps.every(({ from, to, explanation }) => from <= to && explanation.length > 0)).toBe(true)
        }
        const sum = (of: (each: Coverage['targets'][number]) => number, list = coverage.targets) =>
          list.reduce((total, each) => total + of(each), 0)
        expect(sum(({ expected }) => expected)).toBe(coverage.expected)
        expect(sum(({ collected }) => collected)).toBe(coverage.collected)
        const scheduled = coverage.targets.filter(({ expectation }) => expectation !== 'once a period')
        expect(coverage.days.reduce((total, { expected }) => total + expected, 0)).toBe(
          sum(({ expected }) => expected, scheduled),
        )
        expect(coverage.days.reduce((total, { collected }) => total + collected, 0)).toBe(
          sum(({ collected }) => collected, scheduled),
        )
      },
    ),
    { numRuns: 150 },
  )
})

test('runs are told from the ledger, with what became of them', () => {
  const book = ledger()
  book.run(night(1), [[nightly, protocols('no')]])
  book.run(night(2), [[nightly, { failed: 'x' }]], { late: true })
  book.run(night(3), [[nightly, { cut: true }]], { ends: 'interrupted' })
  book.run(night(4), [[nightly, { cut: true }]], { ends: 'never' })
  expect(runsFrom(book.entries)).toMatchObject([
    { slot: night(1), late: false, state: 'finished', targets: 1, completed: 1, failed: 0 },
    { late: true, state: 'finished', targets: 1, completed: 0, failed: 1 },
    { state: 'interrupted', completed: 0, failed: 0 },
    { state: 'running', finished: null },
  ])
})
