import { DateTime } from 'luxon'
import { type Instant, instant, millis } from './time.ts'

/** How long something must be kept, by the calendar: `400d`, `13w`, `18mo`, `7y`. */
export type Term = {
  readonly text: string
  readonly unit: 'days' | 'weeks' | 'months' | 'years'
  readonly count: number
}

const units = { d: 'days', w: 'weeks', mo: 'months', y: 'years' } as const

/** The term that a text says, of a day at least; undefined where it says none. */
export function parseTerm(text: string): Term | undefined {
  const [, digits, unit] = /^([1-9]\d{0,4})(d|w|mo|y)$/.exec(text) ?? []
  if (digits === undefined || unit === undefined) return undefined
  return { text, unit: units[unit as keyof typeof units], count: Number(digits) }
}

/**
 * The first moment at which a term that began at an instant is over: the midnight, in a zone, after its last day. So a
 * term never ends within a day, whatever the hour it began, and a year from the 29th of February ends on the 28th.
 */
export function endOfTerm(from: Instant, { unit, count }: Term, timeZone: string): Instant {
  const last = DateTime.fromMillis(millis(from), { zone: timeZone }).plus({ [unit]: count })
  return instant(last.startOf('day').plus({ days: 1 }).startOf('day').toMillis())
}

/**
 * `endOfTerm` in one zone, quick for many entries in the ledger's order: the calendar is asked once a day and term, since
 * all moments of a day have the same end.
 */
export function termEnds(timeZone: string): (from: Instant, term: Term) => Instant {
  const known = new Map<string, Instant>()
  let day = { from: Number.NaN, to: Number.NaN }
  return (from, term) => {
    const at = millis(from)
    if (!(at >= day.from && at < day.to)) {
      const start = DateTime.fromMillis(at, { zone: timeZone }).startOf('day')
      day = { from: start.toMillis(), to: start.plus({ days: 1 }).startOf('day').toMillis() }
    }
    const key = `${day.from} ${term.count} ${term.unit}`
    const remembered = known.get(key)
    if (remembered !== undefined) return remembered
    const end = endOfTerm(from, term, timeZone)
    known.set(key, end)
    return end
  }
}
