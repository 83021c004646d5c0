import { daysIn, type LocalTime } from './zone.ts'

const halfYearMs = 182 * 86_400_000

/** Times of one file in the order of its records, without a year, reduced to one a minute. */
export type YearlessTimes = readonly LocalTime[]

/**
 * Gives times without a year the latest years that their order allows: a file's last record is no later than `limit`,
 * and going back, each step from January to December is a year. So a log is never made out to be older than it is.
 */
export function inferYears(
  times: YearlessTimes,
  limit: number,
  toMillis: (time: LocalTime) => number,
): readonly number[] {
  const found: number[] = new Array(times.length)
  let next = limit
  for (let index = times.length - 1; index >= 0; index -= 1) {
    const time = times[index]
    if (time === undefined) continue
    const ms = latestBefore(time, next, toMillis)
    found[index] = ms
    // Records are not strictly in order: only a step back of more than half a year is another year.
    if (Number.isFinite(ms)) next = Math.min(limit, ms + halfYearMs)
  }
  return found
}

/** The latest moment of this day and time, in any year that has the day, that is not after `limit`. */
function latestBefore(time: LocalTime, limit: number, toMillis: (time: LocalTime) => number): number {
  const start = new Date(limit).getUTCFullYear() + 1
  for (let year = start; year > start - 12; year -= 1) {
    if (time.day > daysIn(year, time.month)) continue
    const ms = toMillis({ ...time, year })
    if (ms <= limit) return ms
  }
  return Number.NaN
}
