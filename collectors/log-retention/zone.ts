import { DateTime } from 'luxon'

/** A date and time of day as written, before it has a zone. */
export type LocalTime = {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
}

/**
 * Turns times without an offset into milliseconds since 1970 in a zone. An hour that summer time skips is taken with the
 * offset before it; one that it repeats, as its first occurrence.
 */
export function zoneClock(timeZone: string): (time: LocalTime) => number {
  if (timeZone === 'UTC') return asUtc
  const offsets = new Map<number, number>()
  return (time) => {
    const wall = asUtc(time)
    // Offsets change on quarters of an hour at most.
    const quarter = Math.floor(wall / 900_000)
    const known = offsets.get(quarter)
    if (known !== undefined) return wall - known
    const at = DateTime.fromObject(time, { zone: timeZone })
    const offset = at.offset * 60_000
    offsets.set(quarter, offset)
    return wall - offset
  }
}

/** Milliseconds since 1970 of a time in UTC; NaN for a day or time that does not exist. */
export function asUtc(time: LocalTime): number {
  const { year, month, day, hour, minute, second, millisecond } = time
  // A leap second is written as 60.
  if (month < 1 || month > 12 || day < 1 || hour > 24 || minute > 59 || second > 60) return Number.NaN
  if (day > daysIn(year, month)) return Number.NaN
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
}

export function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}
