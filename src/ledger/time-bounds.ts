import { type Instant, instant, millis } from '../model/time.ts'
import { describeRange } from './entry-range.ts'

/** What a time stamp that holds says of the ledger. */
export type TimeBound = {
  /** The entries before this sequence existed at the latest at `time`. */
  readonly size: number
  readonly time: Instant
  /** How far the time may be off, in milliseconds; null where the authority does not say. */
  readonly accuracyMs: number | null
  readonly authority: string
  /** Whether a given certificate vouches for the authority. */
  readonly anchored: boolean
}

/** Times that cannot all be right: the machine's clock was wrong, or somebody made them up. */
export type TimeContradiction = { readonly message: string; readonly entry?: number }

/** Clocks that are kept in step differ by less. */
export const clockToleranceMs = 300_000

/** So many contradictions are named; behind them they are only counted. */
const mostNamed = 100

/** Until when something may say that it was made although the bound already covers it. */
export function latestCredible({ time, accuracyMs }: Pick<TimeBound, 'time' | 'accuracyMs'>): Instant {
  return instant(millis(time) + (accuracyMs ?? 0) + clockToleranceMs)
}

/** Looks through entries, by ascending sequence, for those that say that they were collected after they had been stamped. */
export function collectedTimes(bounds: readonly TimeBound[]) {
  const earliest = earliestBySize(bounds)
  const found: { first: number; last: number; collected: Instant; bound: TimeBound }[] = []
  let at = 0
  let more = 0
  return {
    see({ sequence, collected }: { readonly sequence: number; readonly collected: Instant }): void {
      while (at < earliest.length && (earliest[at]?.size ?? 0) <= sequence) at += 1
      const bound = earliest[at]?.bound
      if (!bound || collected <= latestCredible(bound)) return
      const current = found.at(-1)
      if (current && current.bound === bound && current.last === sequence - 1) {
        current.last = sequence
        if (collected > current.collected) current.collected = collected
      } else if (found.length < mostNamed) found.push({ first: sequence, last: sequence, collected, bound })
      else more += 1
    },
    contradictions(): readonly TimeContradiction[] {
      const named = found.map(({ first, last, collected, bound }) => {
        const who =
          first === last ? `E-${first} says that it was` : `${describeRange({ first, last })} say that they were`
        const message = `${who} collected at ${collected}, but ${bound.authority} had stamped the ledger with it at ${bound.time} already`
        return { entry: first, message }
      })
      return more === 0 ? named : [...named, { message: `and so it is with ${more} further entries` }]
    },
  }
}

/** For each size that has a bound, the earliest one over at least so many entries; by ascending size. */
function earliestBySize(bounds: readonly TimeBound[]): readonly { readonly size: number; readonly bound: TimeBound }[] {
  let earliest: TimeBound | undefined
  return bounds
    .toSorted((a, b) => b.size - a.size)
    .map((bound) => {
      if (!earliest || latestCredible(bound) < latestCredible(earliest)) earliest = bound
      return { size: bound.size, bound: earliest }
    })
    .toReversed()
}
