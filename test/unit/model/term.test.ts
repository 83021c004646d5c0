import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { endOfTerm, parseTerm, type Term, termEnds } from '../../../src/model/term.ts'
import { instant, millis } from '../../../src/model/time.ts'

const zone = 'Europe/Zurich'
const end = (from: string, term: string, timeZone = zone) => endOfTerm(instant(from), parseTerm(term) as Term, timeZone)

test('a term is a whole number of days, weeks, months or years, and nothing else', () => {
  expect(parseTerm('400d')).toEqual({ text: '400d', unit: 'days', count: 400 })
  expect(parseTerm('7y')).toMatchObject({ unit: 'years', count: 7 })
  expect(parseTerm('18mo')).toMatchObject({ unit: 'months', count: 18 })
  expect(parseTerm('13w')).toMatchObject({ unit: 'weeks', count: 13 })
  for (const text of ['0d', '7', '7m', '36h', '-1d', '1.5y', ' 7y', '7 y', '7Y', '', '999999d']) {
    expect(parseTerm(text), text).toBeUndefined()
  }
})

test('a term ends at the midnight after its last day, in the organisation’s zone', () => {
  expect(end('2026-03-10T08:30:00Z', '30d')).toBe('2026-04-09T22:00:00.000Z')
  expect(end('2026-03-10T08:30:00Z', '30d', 'UTC')).toBe('2026-04-10T00:00:00.000Z')
  // Collected late in the evening in UTC is the next day in Zurich.
  expect(end('2026-06-30T22:30:00Z', '1d')).toBe('2026-07-02T22:00:00.000Z')
})

test('days are days of the calendar, also where the clocks change between them', () => {
  expect(end('2026-03-28T12:00:00Z', '1d')).toBe('2026-03-29T22:00:00.000Z')
  expect(end('2026-10-24T12:00:00Z', '1d')).toBe('2026-10-25T23:00:00.000Z')
  // In 2018 there was no midnight of the 4th of November in São Paulo.
  expect(end('2018-11-02T12:00:00Z', '1d', 'America/Sao_Paulo')).toBe('2018-11-04T03:00:00.000Z')
})

test('years and months go by the calendar: leap days, and months that are shorter', () => {
  expect(end('2024-02-29T12:00:00Z', '1y', 'UTC')).toBe('2025-03-01T00:00:00.000Z')
  expect(end('2024-02-29T12:00:00Z', '4y', 'UTC')).toBe('2028-03-01T00:00:00.000Z')
  expect(end('2023-03-01T12:00:00Z', '1y', 'UTC')).toBe('2024-03-02T00:00:00.000Z')
  expect(end('2026-01-31T12:00:00Z', '1mo', 'UTC')).toBe('2026-03-01T00:00:00.000Z')
  // Seven years are not 2,555 days: two leap days lie between.
  expect(end('2020-01-01T00:00:00Z', '7y', 'UTC')).toBe('2027-01-02T00:00:00.000Z')
  expect(end('2020-01-01T00:00:00Z', '2555d', 'UTC')).toBe('2026-12-31T00:00:00.000Z')
})

test('whenever and wherever a term of days begins, it lasts as long as it says and not two days more', () => {
  const moments = fc.date({ min: new Date('1990-01-01'), max: new Date('2060-01-01'), noInvalidDate: true })
  const zones = fc.constantFrom(
    'UTC',
    zone,
    'America/Sao_Paulo',
    'Pacific/Apia',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
  )
  fc.assert(
    fc.property(moments, zones, fc.integer({ min: 1, max: 4000 }), (date, timeZone, days) => {
      const from = instant(date)
      const lasted = (millis(endOfTerm(from, parseTerm(`${days}d`) as Term, timeZone)) - millis(from)) / 86_400_000
      // Apia left out the 30th of December 2011, and clocks change by an hour or two.
      expect(lasted).toBeGreaterThan(days - 1.1)
      expect(lasted).toBeLessThan(days + 1.1)
    }),
  )
})

test('the quick way to many ends gives the same ones, in whatever order they are asked for', () => {
  const moments = fc.array(fc.date({ min: new Date('2011-12-20'), max: new Date('2012-01-10'), noInvalidDate: true }))
  const zones = fc.constantFrom('UTC', zone, 'Pacific/Apia', 'America/Sao_Paulo')
  const terms = ['1d', '10d', '1mo', '1y', '4y'].map((text) => parseTerm(text) as Term)
  fc.assert(
    fc.property(moments, zones, fc.array(fc.constantFrom(...terms)), (dates, timeZone, asked) => {
      const endOf = termEnds(timeZone)
      for (const date of dates) {
        for (const term of asked) expect(endOf(instant(date), term)).toBe(endOfTerm(instant(date), term, timeZone))
      }
    }),
  )
})
