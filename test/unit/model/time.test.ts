import { expect, test } from 'vitest'
import { instant, timeIn } from '../../../src/model/time.ts'

test.each([
  ['2026-11-29T23:15:00.000Z', 'Europe/Oslo', '2026-11-30 00:15 (UTC+1)'],
  ['2026-07-01T00:15:00.000Z', 'Europe/Oslo', '2026-07-01 02:15 (UTC+2)'],
  ['2026-11-29T23:15:00.000Z', 'Asia/Kathmandu', '2026-11-30 05:00 (UTC+5:45)'],
  ['2026-11-29T23:15:00.000Z', 'America/New_York', '2026-11-29 18:15 (UTC-5)'],
  ['2026-11-29T23:15:00.000Z', 'UTC', '2026-11-29 23:15 (UTC)'],
])('%s is told to people in %s as %s', (at, zone, text) => {
  expect(timeIn(instant(at), zone)).toBe(text)
})
