import { ownKinds } from '../model/evidence.ts'
import { type Instant, later } from '../model/time.ts'
import { describeRange } from './entry-range.ts'
import { clockToleranceMs, latestCredible, type TimeBound, type TimeContradiction } from './time-bounds.ts'

/** So many contradictions are named; behind them they are only counted. */
const mostNamed = 100

/** Entries of these kinds are dated when they are recorded; all others by the collection that brought them. */
const datedWhenRecorded: ReadonlySet<string> = new Set(ownKinds)

/** No collection takes longer before what it brought is recorded. */
const longestCollectionMs = 86_400_000

type Dated = { readonly sequence: number; readonly collected: Instant; readonly kind: string }

/** Looks through entries, by ascending sequence, for those whose dates cannot be right. */
export function entryTimes(bounds: readonly TimeBound[]) {
  const stamped = stampedTimes(bounds)
  const order = recordedOrder()
  return {
    see(entry: Dated): void {
      stamped.see(entry)
      order.see(entry)
    },
    contradictions: (): readonly TimeContradiction[] => [...stamped.contradictions(), ...order.contradictions()],
  }
}

/** Those that say that they were collected after they had been stamped. */
function stampedTimes(bounds: readonly TimeBound[]) {
  const earliest = earliestBySize(bounds)
  const found: { first: number; last: number; collected: Instant; bound: TimeBound }[] = []
  let at = 0
  let more = 0
  return {
    see({ sequence, collected }: Dated): void {
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

/** Those that are dated well before what was recorded before them: a clock was set back, or they are dated back. */
function recordedOrder() {
  const found: { first: number; last: number; collected: Instant; after: number; newest: Instant }[] = []
  let newest: { readonly sequence: number; readonly collected: Instant } | undefined
  let [soon, late] = ['', '']
  let more = 0
  return {
    see({ sequence, collected, kind }: Dated): void {
      const recorded = datedWhenRecorded.has(kind)
      if (newest && collected < (recorded ? soon : late)) {
        const current = found.at(-1)
        if (current?.after === newest.sequence) {
          current.last = sequence
          if (collected < current.collected) current.collected = collected
        } else if (found.length < mostNamed) {
          const { sequence: after, collected: latest } = newest
          found.push({ first: sequence, last: sequence, collected, after, newest: latest })
        } else more += 1
      }
      if (!recorded || (newest && collected <= newest.collected)) return
      newest = { sequence, collected }
      soon = later(collected, -clockToleranceMs)
      late = later(collected, -longestCollectionMs)
    },
    contradictions(): readonly TimeContradiction[] {
      const named = found.map(({ first, last, collected, after, newest: latest }) => {
        const were = first === last ? 'was' : 'were'
        const message = `${describeRange({ first, last })} ${were} recorded after E-${after}, which is of ${latest}, but bear times back to ${collected}`
        return { entry: first, message }
      })
      return more === 0 ? named : [...named, { message: `and so it is with ${more} further entries` }]
    },
  }
}

/** By when entries existed at the latest, asked by ascending sequence; undefined where no bound covers one. */
export function existedBy(bounds: readonly TimeBound[]): (sequence: number) => Instant | undefined {
  const earliest = earliestBySize(bounds)
  let at = 0
  return (sequence) => {
    while (at < earliest.length && (earliest[at]?.size ?? 0) <= sequence) at += 1
    const bound = earliest[at]?.bound
    return bound && latestCredible(bound)
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
