import type { DateFormat } from './target.ts'
import { asUtc, type LocalTime } from './zone.ts'

/** When a record was written, as far as it says so. */
export type RecordDate =
  | { readonly type: 'instant'; readonly ms: number; readonly zone: 'utc' | 'offset' }
  | { readonly type: 'local'; readonly time: LocalTime }
  /** RFC 3164 writes no year: `time.year` is 2000, which has every day. */
  | { readonly type: 'yearless'; readonly time: LocalTime }

/** Reads the date of one line; undefined where there is none. */
export type DateReader = (line: string) => RecordDate | undefined

/** Dates stand near the start of a line; the rest of a long one is not searched. */
const searched = 2048

/** Dates before this come from clocks that were never set. */
const earliest = Date.UTC(1990, 0, 1)

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const jsonMembers = [
  '@timestamp',
  'timestamp',
  'time',
  'ts',
  't',
  'datetime',
  'date',
  'eventTime',
  'event_time',
  'requestReceivedTimestamp',
  'created_at',
  'createdAt',
  '__REALTIME_TIMESTAMP',
  'asctime',
]

/** A reader for a format; for `auto` one that remembers which format fitted last. Never throws. */
export function dateReader(format: DateFormat, field?: string): DateReader {
  const json: DateReader = (line) => fromJson(line, field === undefined ? jsonMembers : [field])
  const readers: Record<Exclude<DateFormat, 'auto'>, DateReader> = {
    iso: fromIso,
    clf: fromClf,
    syslog: fromSyslog,
    epoch: fromEpoch,
    json,
  }
  if (format !== 'auto') return plausible(readers[format])
  let order: readonly DateReader[] = [json, fromIso, fromClf, fromSyslog, fromAsctime, fromEpoch].map(plausible)
  return (line) => {
    for (const reader of order) {
      const date = reader(line)
      if (date === undefined) continue
      if (reader !== order[0]) order = [reader, ...order.filter((other) => other !== reader)]
      return date
    }
    return undefined
  }
}

function plausible(read: DateReader): DateReader {
  return (line) => {
    const date = read(line)
    if (date === undefined) return undefined
    const ms = date.type === 'instant' ? date.ms : asUtc(date.time)
    return Number.isFinite(ms) && ms >= earliest && ms <= 8.64e15 ? date : undefined
  }
}

/** ISO 8601 and its relatives: RFC 5424, nginx's error log (`2026/09/09 01:02:03`), PostgreSQL (`... UTC`). */
function fromIso(line: string): RecordDate | undefined {
  const match =
    /(?<!\d)(\d{4})([-/])(\d{2})\2(\d{2})[T _](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(Z|UTC|GMT)(?![A-Za-z])| ?([+-]\d{2}):?(\d{2})?(?![\d:]))?/i.exec(
      line.slice(0, searched),
    )
  if (match === null) return undefined
  const time = {
    year: Number(match[1]),
    month: Number(match[3]),
    day: Number(match[4]),
    hour: Number(match[5]),
    minute: Number(match[6]),
    second: Number(match[7] ?? 0),
    millisecond: fraction(match[8]),
  }
  return withOffset(time, match[9] === undefined ? match[10] : '+00', match[11])
}

/** Common Log Format: `[09/Sep/2026:01:02:03 +0200]`. */
function fromClf(line: string): RecordDate | undefined {
  const match = /\[(\d{2})\/([A-Za-z]{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.\d+)? ([+-]\d{2})(\d{2})\]/.exec(
    line.slice(0, searched),
  )
  if (match === null) return undefined
  const time = {
    year: Number(match[3]),
    month: monthOf(match[2]),
    day: Number(match[1]),
    hour: Number(match[4]),
    minute: Number(match[5]),
    second: Number(match[6]),
    millisecond: 0,
  }
  return withOffset(time, match[7], match[8])
}

/** RFC 3164: `Sep  9 01:02:03 host`, with or without a priority before it. */
function fromSyslog(line: string): RecordDate | undefined {
  const match = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]?\d) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?![\d:])/.exec(line)
  if (match === null) return undefined
  const time = {
    year: 2000,
    month: monthOf(match[1]),
    day: Number(match[2]),
    hour: Number(match[3]),
    minute: Number(match[4]),
    second: Number(match[5]),
    millisecond: fraction(match[6]),
  }
  return { type: 'yearless', time }
}

/** asctime(3), as Apache's error log writes it: `[Wed Sep 09 01:02:03.123456 2026]`. */
function fromAsctime(line: string): RecordDate | undefined {
  const match =
    /\b[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]?\d) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))? (?:([A-Z]{3,4}) )?(\d{4})\b/.exec(
      line.slice(0, 256),
    )
  if (match === null) return undefined
  const time = {
    year: Number(match[8]),
    month: monthOf(match[1]),
    day: Number(match[2]),
    hour: Number(match[3]),
    minute: Number(match[4]),
    second: Number(match[5]),
    millisecond: fraction(match[6]),
  }
  return withOffset(time, match[7] === 'UTC' || match[7] === 'GMT' ? '+00' : undefined, undefined)
}

/** Seconds or milliseconds since 1970 at the start of a line (Squid), or in `audit(1699999999.123:45)`. */
function fromEpoch(line: string): RecordDate | undefined {
  const match = /^(?:type=\S+ )?(?:msg=audit\(|\[)?(\d{10})(?:(\d{3})|\.(\d{1,9}))?(?![\d])/.exec(line.slice(0, 256))
  if (match === null) return undefined
  return {
    type: 'instant',
    ms: Number(match[1]) * 1000 + (match[2] ? Number(match[2]) : fraction(match[3])),
    zone: 'utc',
  }
}

function fromJson(line: string, members: readonly string[]): RecordDate | undefined {
  const start = line.search(/[^\s]/)
  if (line[start] !== '{') return undefined
  let record: unknown
  try {
    record = JSON.parse(line)
  } catch {
    return undefined
  }
  for (const member of members) {
    const date = fromValue(memberOf(record, member))
    if (date !== undefined) return date
  }
  return undefined
}

/** A member by its own name, or else along the dots in it. */
function memberOf(record: unknown, path: string): unknown {
  if (typeof record !== 'object' || record === null) return undefined
  if (Object.hasOwn(record, path)) return (record as Record<string, unknown>)[path]
  const dot = path.indexOf('.')
  return dot === -1 ? undefined : memberOf((record as Record<string, unknown>)[path.slice(0, dot)], path.slice(dot + 1))
}

function fromValue(value: unknown): RecordDate | undefined {
  if (typeof value === 'number') return fromNumber(value)
  if (typeof value !== 'string') return undefined
  if (/^\d{9,19}(?:\.\d+)?$/.test(value)) return fromNumber(Number(value))
  return fromIso(value) ?? fromClf(`[${value.replace(/^\[|\]$/g, '')}]`) ?? fromAsctime(value) ?? fromSyslog(value)
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size. */
function fromNumber(value: number): RecordDate | undefined {
  const scale = [1000, 1, 1e-3, 1e-6].find((factor) => {
    const ms = value * factor
    return ms >= earliest && ms < 7.3e12
  })
  return scale === undefined ? undefined : { type: 'instant', ms: Math.trunc(value * scale), zone: 'utc' }
}

function withOffset(time: LocalTime, hours: string | undefined, minutes: string | undefined): RecordDate {
  if (hours === undefined) return { type: 'local', time }
  const sign = hours.startsWith('-') ? -1 : 1
  const offset = sign * (Math.abs(Number(hours)) * 60 + Number(minutes ?? 0))
  return { type: 'instant', ms: asUtc(time) - offset * 60_000, zone: offset === 0 ? 'utc' : 'offset' }
}

function fraction(digits: string | undefined): number {
  return digits === undefined ? 0 : Math.trunc(Number(`0.${digits}`) * 1000)
}

function monthOf(name: string | undefined): number {
  return months.indexOf(name?.toLowerCase() ?? '') + 1
}
