import { DateTime } from 'luxon'
import type { Period } from '../../src/model/period.ts'
import { type Instant, instant, later, millis } from '../../src/model/time.ts'

/** Dates and times as a report prints them, in one time zone and without ambiguity. */
export type Dates = {
  readonly timeZone: string
  /** `9 Sep 2026`. */
  day(at: Instant): string
  /** `9 Sep 2026, 02:00 UTC+2`. */
  moment(at: Instant): string
  /** A sentence with every instant that stands in it as ISO 8601 in UTC told as a moment. */
  sentence(text: string): string
  /** `1 Jul – 30 Sep 2026`, both days included. */
  period(period: Period): string
  /** `1 July – 30 September 2026`, both days included. */
  longPeriod(period: Period): string
}

/** Dates in the organisation's zone. */
export function datesIn(timeZone: string): Dates {
  const local = (at: Instant) => DateTime.fromMillis(millis(at), { zone: timeZone, locale: 'en-US' })
  const day = (at: Instant) => local(at).toFormat('d LLL yyyy')
  const span = (period: Period, month: 'LLL' | 'LLLL') => {
    const [from, to] = [local(period.from), local(period.to)]
    if (!from.startOf('day').equals(from) || !to.startOf('day').equals(to)) {
      // In minutes alone, a short period would seem to begin where it ends.
      const time = millis(period.to) - millis(period.from) < 3_600_000 ? 'HH:mm:ss' : 'HH:mm'
      const date = `d ${month} yyyy, ${time}`
      return `${from.toFormat(date)} – ${to.toFormat(from.hasSame(to, 'day') ? time : date)} ${offset(to)}`
    }
    const last = local(later(period.to, -1))
    const end = last.toFormat(`d ${month} yyyy`)
    if (from.hasSame(last, 'day')) return end
    const begin = from.hasSame(last, 'month') ? 'd' : from.hasSame(last, 'year') ? `d ${month}` : `d ${month} yyyy`
    return `${from.toFormat(begin)} – ${end}`
  }
  const moment = (at: Instant) => `${day(at)}, ${local(at).toFormat('HH:mm')} ${offset(local(at))}`
  return {
    timeZone,
    day,
    moment,
    sentence: (text) =>
      text.replace(/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g, (iso) =>
        Number.isNaN(Date.parse(iso)) ? iso : moment(instant(iso)),
      ),
    period: (period) => span(period, 'LLL'),
    longPeriod: (period) => span(period, 'LLLL'),
  }
}

function offset(at: DateTime): string {
  return at.offset === 0 ? 'UTC' : `UTC${at.toFormat('Z')}`.replace('-', '−')
}

/** How long something took or lasted: `96 s`, `4 min`, `3 h`, `12 days`. */
export function duration(from: Instant, to: Instant): string {
  const seconds = Math.round((millis(to) - millis(from)) / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} days`
}
