import { DateTime, IANAZone } from 'luxon'

/** A moment as ISO 8601 in UTC with milliseconds: `2026-09-09T02:00:00.000Z`. Instants sort as text. */
export type Instant = string & { readonly brand: 'Instant' }

/** Where the time comes from; passed in everywhere, so that no test and no rule depends on the wall clock. */
export type Clock = { now(): Instant }

/** The instant of a date, of milliseconds since 1970, or of ISO text with an offset; throws RangeError for anything else. */
export function instant(value: Date | number | string): Instant {
  if (typeof value === 'string' && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(value)) {
    throw new RangeError(`not an instant (it has no offset from UTC): ${value}`)
  }
  return new Date(value).toISOString() as Instant
}

/** Milliseconds since 1970-01-01T00:00Z. */
export function millis(at: Instant): number {
  return Date.parse(at)
}

/** The instant so many milliseconds later (earlier where negative). */
export function later(at: Instant, ms: number): Instant {
  return instant(millis(at) + ms)
}

/** Whole days of 24 hours from one instant to another, rounded towards zero. */
export function daysBetween(from: Instant, to: Instant): number {
  return Math.trunc((millis(to) - millis(from)) / 86_400_000)
}

/** Whether a name is an IANA time zone that this machine knows. */
export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name)
}

/** The instant at which a calendar day (`2026-07-01`) begins in a zone. */
export function startOfDay(day: string, timeZone: string): Instant {
  const start = DateTime.fromISO(day, { zone: timeZone }).startOf('day')
  if (!start.isValid) throw new RangeError(`not a calendar day: ${day}`)
  return instant(start.toMillis())
}

/** The calendar day (`2026-07-01`) of an instant in a zone. */
export function dayOf(at: Instant, timeZone: string): string {
  return DateTime.fromMillis(millis(at), { zone: timeZone }).toFormat('yyyy-MM-dd')
}

/** A moment as people of the zone write it, to the minute, beside what the zone is ahead of UTC: `2026-11-30 02:15 (UTC+1)`. */
export function timeIn(at: Instant, timeZone: string): string {
  const local = DateTime.fromMillis(millis(at), { zone: timeZone })
  return local.toFormat(local.offset === 0 ? "yyyy-MM-dd HH:mm '(UTC)'" : "yyyy-MM-dd HH:mm '(UTC'Z')'")
}

/** How long, as text with a unit: `20s`, `15m`, `36h`, `90d`, `2w`; undefined where the text says none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d|w)$/.exec(text)
  if (!match?.[1] || !match[2]) return undefined
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[match[2]]
  return unit === undefined ? undefined : Number(match[1]) * unit
}
