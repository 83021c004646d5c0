import { DateTime } from 'luxon'
import { type Instant, instant, millis } from './time.ts'

/** An assessment period: the half-open interval [from, to). */
export type Period = {
  /** `2026-Q3`, `2026-07`, or the name that the configuration gives it. */
  readonly id: string
  readonly from: Instant
  readonly to: Instant
}

export const periodLengths = ['month', 'quarter', 'year'] as const
export type PeriodLength = (typeof periodLengths)[number]

/** The calendar period of a length that an instant falls in, in a zone; boundaries are local midnights. */
export function calendarPeriod(length: PeriodLength, at: Instant, timeZone: string): Period {
  const start = DateTime.fromMillis(millis(at), { zone: timeZone }).startOf(length)
  const end = start.plus({ [length]: 1 })
  return { id: periodId(length, start), from: instant(start.toMillis()), to: instant(end.toMillis()) }
}

/** The calendar period with an id such as `2026-Q3`, `2026-07` or `2026`; undefined where the text names none. */
export function calendarPeriodById(id: string, timeZone: string): Period | undefined {
  const match = /^(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$/.exec(id)
  if (!match?.[1]) return undefined
  const year = Number(match[1])
  const length: PeriodLength = match[2] ? 'quarter' : match[3] ? 'month' : 'year'
  const month = match[2] ? Number(match[2]) * 3 - 2 : Number(match[3] ?? 1)
  return calendarPeriod(length, instant(DateTime.fromObject({ year, month }, { zone: timeZone }).toMillis()), timeZone)
}

/** Whether an instant falls into a period. */
export function within(period: Period, at: Instant): boolean {
  return at >= period.from && at < period.to
}

function periodId(length: PeriodLength, start: DateTime): string {
  switch (length) {
    case 'month':
      return start.toFormat('yyyy-MM')
    case 'quarter':
      return `${start.year}-Q${start.quarter}`
    case 'year':
      return start.toFormat('yyyy')
    default:
      return length satisfies never
  }
}
