import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dateReader } from '../../../../collectors/log-retention/record-date.ts'
import { dateFormats } from '../../../../collectors/log-retention/target.ts'
import { zoneClock } from '../../../../collectors/log-retention/zone.ts'
import { processorMs } from '../../../helpers/processor-time.ts'

/** What a line says: the instant, and how it says its zone. */
function read(
  line: string,
  zone = 'UTC',
  format: (typeof dateFormats)[number] = 'auto',
  field?: string,
): string | undefined {
  const date = dateReader(format, field)(line)
  if (date === undefined) return undefined
  if (date.type === 'instant') return `${new Date(date.ms).toISOString()} ${date.zone}`
  return `${new Date(zoneClock(zone)(date.time)).toISOString()} ${date.type}`
}

test.each([
  // ISO 8601 and RFC 3339
  ['2026-09-09T01:02:03Z GET /', '2026-09-09T01:02:03.000Z utc'],
  ['2026-09-09T01:02:03.123456Z x', '2026-09-09T01:02:03.123Z utc'],
  ['2026-09-09 01:02:03,456 INFO x', '2026-09-09T01:02:03.456Z local'],
  ['2026-09-09T01:02:03+02:00 x', '2026-09-08T23:02:03.000Z offset'],
  ['2026-09-09T01:02:03-0330 x', '2026-09-09T04:32:03.000Z offset'],
  ['2026-09-09T01:02:03+00:00 x', '2026-09-09T01:02:03.000Z utc'],
  ['[2026-09-09T01:02Z] x', '2026-09-09T01:02:00.000Z utc'],
  ['INFO 2026-09-09 01:02:03 -1 things', '2026-09-09T01:02:03.000Z local'],
  // RFC 5424, PostgreSQL, nginx, W3C
  ['<165>1 2026-09-09T01:02:03.003Z host app 1 - - x', '2026-09-09T01:02:03.003Z utc'],
  ['2026-09-09 01:02:03.123 UTC [17] LOG:  x', '2026-09-09T01:02:03.123Z utc'],
  ['2026/09/09 01:02:03 [error] 1#1: x', '2026-09-09T01:02:03.000Z local'],
  // Common Log Format, Apache's error log
  ['1.2.3.4 - me [09/Sep/2026:01:02:03 +0200] "GET / HTTP/1.1" 200 1', '2026-09-08T23:02:03.000Z offset'],
  ['[Wed Sep 09 01:02:03.123456 2026] [core:error] x', '2026-09-09T01:02:03.123Z local'],
  // RFC 3164
  ['Sep  9 01:02:03 host app[1]: x', '2000-09-09T01:02:03.000Z yearless'],
  ['<34>Sep 19 01:02:03 host app: x', '2000-09-19T01:02:03.000Z yearless'],
  // Seconds and milliseconds since 1970
  ['1788915723.450 120 1.2.3.4 TCP_MISS/200', '2026-09-09T01:02:03.450Z utc'],
  ['1788915723450 x', '2026-09-09T01:02:03.450Z utc'],
  ['type=SYSCALL msg=audit(1788915723.450:24287): arch=c000003e', '2026-09-09T01:02:03.450Z utc'],
  // JSON
  ['{"time":"2026-09-09T01:02:03Z","who":"x"}', '2026-09-09T01:02:03.000Z utc'],
  ['{"msg":"at 2020-01-01T00:00:00Z","@timestamp":"2026-09-09T03:02:03+02:00"}', '2026-09-09T01:02:03.000Z offset'],
  ['{"level":30,"time":1788915723450,"msg":"x"}', '2026-09-09T01:02:03.450Z utc'],
  ['{"ts":1788915723.45}', '2026-09-09T01:02:03.450Z utc'],
  ['{"ts":1788915723450123}', '2026-09-09T01:02:03.450Z utc'],
  ['{"timestamp":"1788915723450"}', '2026-09-09T01:02:03.450Z utc'],
  ['{"time":"09/Sep/2026:01:02:03 +0000"}', '2026-09-09T01:02:03.000Z utc'],
  ['{"timestamp":"2026-09-09 01:02:03"}', '2026-09-09T01:02:03.000Z local'],
])('%s', (line, expected) => {
  expect(read(line)).toBe(expected)
})

test.each([
  'no date at all',
  '',
  '{"msg":"x"}',
  '{"time": broken',
  '2026-13-09T01:02:03Z',
  '2026-02-30T01:02:03Z',
  '2026-09-09T25:02:03Z',
  '2026-09-09',
  '99999999999999999999',
  '12345',
  '1.2.3.4 - - [09/Foo/2026:01:02:03 +0200]',
  'Sep 31 01:02:03 host app: x',
  'Foo  9 01:02:03 host app: x',
  '1970-01-01T00:00:00Z a clock that was never set',
  '{"time":0}',
])('%j has no date', (line) => {
  expect(read(line)).toBeUndefined()
})

test('a named JSON member is taken, along its dots, and no other', () => {
  expect(
    read('{"time":"2020-01-01T00:00:00Z","event":{"created":"2026-09-09T01:02:03Z"}}', 'UTC', 'json', 'event.created'),
  ).toBe('2026-09-09T01:02:03.000Z utc')
  expect(read('{"event.created":"2026-09-09T01:02:03Z"}', 'UTC', 'json', 'event.created')).toBe(
    '2026-09-09T01:02:03.000Z utc',
  )
  expect(read('{"time":"2020-01-01T00:00:00Z"}', 'UTC', 'json', 'created')).toBeUndefined()
})

test('a format that was asked for is the only one', () => {
  expect(read('Sep  9 01:02:03 host x', 'UTC', 'iso')).toBeUndefined()
  expect(read('2026-09-09T01:02:03Z', 'UTC', 'syslog')).toBeUndefined()
})

test('a date without an offset is in the target’s zone, in summer and in winter', () => {
  expect(read('2026-07-01 12:00:00 x', 'Europe/Berlin')).toBe('2026-07-01T10:00:00.000Z local')
  expect(read('2026-12-01 12:00:00 x', 'Europe/Berlin')).toBe('2026-12-01T11:00:00.000Z local')
  expect(read('2026-12-01 12:00:00 x', 'Asia/Kathmandu')).toBe('2026-12-01T06:15:00.000Z local')
})

test('times round the change of summer time stay in order and an hour apart at most', () => {
  const clock = zoneClock('Europe/Berlin')
  const at = (day: number, month: number, hour: number, minute: number) =>
    clock({ year: 2026, month, day, hour, minute, second: 0, millisecond: 0 })
  expect(at(29, 3, 3, 0) - at(29, 3, 1, 59)).toBe(60_000)
  expect(at(25, 10, 3, 0) - at(25, 10, 1, 0)).toBe(3 * 3_600_000)
})

test('no line makes a reader throw, whatever the format', () => {
  const pieces = fc.constantFrom(
    '2026-09-09',
    'T01:02:03',
    'Z',
    '[',
    ']',
    '{"time":',
    '}',
    'Sep  9 ',
    '1788915723',
    '+02:00',
    '"',
  )
  const line = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' }))).map((parts) => parts.join(''))
  fc.assert(
    fc.property(line, fc.constantFrom(...dateFormats), (text, format) => {
      const date = dateReader(format)(text)
      if (date?.type === 'instant') expect(Number.isFinite(date.ms)).toBe(true)
    }),
  )
})

test('every instant comes back from the ways of writing it', () => {
  const moment = fc.date({
    min: new Date('1990-01-02T00:00:00Z'),
    max: new Date('2200-01-01T00:00:00Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(moment, (date) => {
      const iso = date.toISOString()
      const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
      const clf = `[${iso.slice(8, 10)}/${months[date.getUTCMonth()]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000]`
      expect(read(`${iso} x`)).toBe(`${iso} utc`)
      expect(read(JSON.stringify({ time: iso }))).toBe(`${iso} utc`)
      expect(read(JSON.stringify({ time: date.getTime() }))).toBe(`${iso} utc`)
      expect(read(`x ${clf} y`)).toBe(`${iso.slice(0, 19)}.000Z utc`)
    }),
  )
})

test('a long line that almost holds a date takes no more than linear time', async () => {
  const readAll = () => {
    for (const piece of ['2026-09-09 ', '[09/Sep/', '{"a":', 'Wed Sep ', '1788915723', ' ']) {
      for (const format of dateFormats) dateReader(format)(piece.repeat(20_000))
    }
  }
  expect(await processorMs(readAll)).toBeLessThan(1_000)
})
