import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anchor } from '../../../reports/audit/context.ts'
import { datesIn, duration } from '../../../reports/audit/dates.ts'
import { artefactNames, evidenceLinks } from '../../../reports/audit/evidence.ts'
import { factColumns, factName, factText } from '../../../reports/audit/facts.ts'
import { inWords, percent } from '../../../reports/audit/wording.ts'
import type { Decision } from '../../../src/model/finding.ts'
import { calendarPeriodById } from '../../../src/model/period.ts'
import { instant } from '../../../src/model/time.ts'

const berlin = datesIn('Europe/Berlin')

test('dates are unambiguous and times carry their offset', () => {
  expect(berlin.day(instant('2026-09-08T22:30:00Z'))).toBe('9 Sep 2026')
  expect(berlin.moment(instant('2026-09-09T00:00:00Z'))).toBe('9 Sep 2026, 02:00 UTC+2')
  expect(berlin.moment(instant('2026-12-09T01:00:00Z'))).toBe('9 Dec 2026, 02:00 UTC+1')
  expect(datesIn('UTC').moment(instant('2026-09-09T00:00:00Z'))).toBe('9 Sep 2026, 00:00 UTC')
  expect(datesIn('Asia/Kolkata').moment(instant('2026-09-09T00:00:00Z'))).toBe('9 Sep 2026, 05:30 UTC+5:30')
  expect(datesIn('America/New_York').moment(instant('2026-09-09T00:00:00Z'))).toBe('8 Sep 2026, 20:00 UTC−4')
})

test('a period names its last day, not the one after it', () => {
  const named = (id: string) => {
    const period = calendarPeriodById(id, 'Europe/Berlin')
    return period ? berlin.period(period) : undefined
  }
  expect(named('2026-Q3')).toBe('1 Jul – 30 Sep 2026')
  expect(named('2026')).toBe('1 Jan – 31 Dec 2026')
  const across = { id: 'winter', from: instant('2026-11-30T23:00:00Z'), to: instant('2027-02-28T23:00:00Z') }
  expect(berlin.longPeriod(across)).toBe('1 December 2026 – 28 February 2027')
  expect(berlin.period({ ...across, to: instant('2026-12-01T23:00:00Z') })).toBe('1 Dec 2026')
})

test('a period of less than an hour is told to the second', () => {
  const from = instant('2026-09-09T12:04:05Z')
  expect(berlin.period({ id: 'demo', from, to: instant('2026-09-09T12:04:31Z') })).toBe(
    '9 Sep 2026, 14:04:05 – 14:04:31 UTC+2',
  )
  expect(berlin.period({ id: 'demo', from, to: instant('2026-09-09T13:04:05Z') })).toBe(
    '9 Sep 2026, 14:04 – 15:04 UTC+2',
  )
})

test('durations take the unit that a reader would', () => {
  const from = instant('2026-09-09T00:00:00Z')
  expect(duration(from, instant('2026-09-09T00:01:36Z'))).toBe('96 s')
  expect(duration(from, instant('2026-09-09T00:42:00Z'))).toBe('42 min')
  expect(duration(from, instant('2026-09-12T00:00:00Z'))).toBe('3 days')
})

test('facts read as words, dates in the zone of the organisation', () => {
  expect(factName('daysRemaining')).toBe('days remaining')
  expect(factText(null, berlin)).toBe('none')
  expect(factText([], berlin)).toBe('none')
  expect(factText(['a', 2, true], berlin)).toBe('a, 2, yes')
  expect(factText('2026-09-09T00:00:00.000Z', berlin)).toBe('9 Sep 2026, 02:00 UTC+2')
  expect(factText('2026-99-09T00:00:00Z', berlin)).toBe('2026-99-09T00:00:00Z')
  expect(factText({ from: 1, gapDays: [2] }, berlin)).toBe('from 1, gap days 2')
})

test('facts get columns only where they are the same few and short', () => {
  expect(factColumns([{ protocol: 'TLSv1.0', offered: 'yes' }], berlin)).toEqual(['protocol', 'offered'])
  expect(factColumns([{ protocol: 'TLSv1.0' }, { offered: 'yes' }], berlin)).toBeUndefined()
  expect(factColumns([{ a: 1, b: 2, c: 3, d: 4, e: 5 }], berlin)).toBeUndefined()
  expect(factColumns([{ suite: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', offered: 'yes' }], berlin)).toBeUndefined()
  expect(factColumns([{}], berlin)).toBeUndefined()
})

test('neighbouring entries are drawn together and every entry lies in one of the links', () => {
  const entries = fc.array(fc.nat({ max: 60 }), { maxLength: 40 })
  fc.assert(
    fc.property(entries, (numbers) => {
      const links = evidenceLinks(numbers.map((entry) => ({ entry }) as Decision))
      const told = links.flatMap(({ text }) => {
        const [first = 0, last = first] = [...text.matchAll(/E-(\d+)/g)].map((match) => Number(match[1]))
        return Array.from({ length: last - first + 1 }, (_, index) => first + index)
      })
      expect(told).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
    }),
  )
})

test('different ids have different anchors, made of characters that need no escape', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(anchor('finding', a)).toMatch(/^finding-[A-Za-z0-9_-]*$/)
      expect(anchor('finding', a) === anchor('finding', b)).toBe(a === b)
    }),
  )
  expect(anchor('finding', 'TLS-01@a/b')).not.toBe(anchor('finding', 'TLS-01@a-b'))
})

test('a share is only 100 or 0 per cent where it is exactly so', () => {
  expect(percent(9_999, 10_000)).toBe('99.9 %')
  expect(percent(1, 10_000)).toBe('0.1 %')
  expect(percent(10, 10)).toBe('100 %')
  expect(percent(0, 10)).toBe('0 %')
  expect(percent(0, 0)).toBe('–')
})

test('numbers up to ninety-nine are words, larger ones digits', () => {
  expect([0, 1, 13, 20, 36, 99, 100, 41_208].map(inWords)).toEqual([
    'no',
    'one',
    'thirteen',
    'twenty',
    'thirty-six',
    'ninety-nine',
    '100',
    '41,208',
  ])
})

test('artefacts that only count up are drawn together, others are named one by one', () => {
  expect(artefactNames(['http-036.txt', 'http-038.txt', 'http-037.txt', 'config.yaml', 'http-071.txt'])).toEqual([
    'config.yaml',
    'http-036.txt – http-038.txt',
    'http-071.txt',
  ])
  expect(artefactNames(['a.txt', 'b.txt'])).toEqual(['a.txt', 'b.txt'])
  expect(artefactNames([])).toEqual([])
})

test('a period that does not begin or end at midnight says its times', () => {
  const odd = { id: 'odd', from: instant('2026-11-24T03:35:13Z'), to: instant('2026-11-25T03:35:13Z') }
  expect(datesIn('UTC').period(odd)).toBe('24 Nov 2026, 03:35 – 25 Nov 2026, 03:35 UTC')
  const short = { ...odd, to: instant('2026-11-24T05:00:00Z') }
  expect(datesIn('UTC').period(short)).toBe('24 Nov 2026, 03:35 – 05:00 UTC')
  const days = { id: 'days', from: instant('2026-11-24T00:00:00Z'), to: instant('2026-11-26T00:00:00Z') }
  expect(datesIn('UTC').period(days)).toBe('24 – 25 Nov 2026')
})

test('instants in a sentence are told as moments, and the rest of it stays', () => {
  expect(berlin.sentence('It expired at 2026-09-08T22:30:00.000Z, on day 3.')).toBe(
    'It expired at 9 Sep 2026, 00:30 UTC+2, on day 3.',
  )
  expect(berlin.sentence('2026-99-99T99:99:99Z is no instant')).toBe('2026-99-99T99:99:99Z is no instant')
})
