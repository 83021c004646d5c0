import type { FileReading, PartReading } from './read-log.ts'
import { createSpans, gapsBetween, type Span } from './spans.ts'
import { inferYears } from './years.ts'
import type { LocalTime } from './zone.ts'

/** How far back the records of a log reach, by their own dates; times are milliseconds since 1970. */
export type ReachBack = {
  readonly oldest: number | null
  readonly newest: number | null
  /** Silences longer than the gap, each between two records with nothing unread between them. */
  readonly gaps: readonly Span[]
  /** Since when records are without a silence, also one that unread records may fill; null without records. */
  readonly unbrokenSince: number | null
  /** Records dated after now, which prove nothing. */
  readonly future: { readonly count: number; readonly latest: number | null }
  /** Whether dates without a year had their year inferred. */
  readonly yearsInferred: boolean
  /** Oldest and newest record of each file, in the order of the files; null without one. */
  readonly ranges: readonly (Span | null)[]
}

/** Clocks differ by so much without anyone noticing. */
export const skewMs = 5 * 60_000

const dayMs = 86_400_000

/** Joins what was read of the files, which come newest first. Pure. */
export function reachBack(
  readings: readonly FileReading[],
  options: { readonly now: number; readonly gapMs: number; readonly toMillis: (time: LocalTime) => number },
): ReachBack {
  const dated = datedParts(readings, options.now, options.toMillis)
  const spans = createSpans(options.gapMs)
  let oldest: number | null = null
  let newest: number | null = null
  let future = 0
  let latest: number | null = null
  for (const ms of dated.flat(2)) {
    if (ms > options.now + skewMs) {
      future += 1
      latest = Math.max(latest ?? ms, ms)
      continue
    }
    spans.add(ms)
    oldest = Math.min(oldest ?? ms, ms)
    newest = Math.max(newest ?? ms, ms)
  }
  for (const { from, to } of unreadStretches(readings, dated, options.now)) spans.fill(from, to)
  const gaps = gapsBetween(spans.list())
  // Where the times of a whole file are unknown, it may fill any silence.
  const unknownFile = readings.some(({ records, whole }, index) => !whole && records === 0 && !isEmpty(readings[index]))
  return {
    oldest,
    newest,
    gaps: unknownFile ? [] : gaps,
    unbrokenSince: gaps.at(-1)?.to ?? oldest,
    future: { count: future, latest },
    ranges: dated.map((parts) => rangeOf(parts.flat())),
    yearsInferred: readings.some(({ parts }) => parts.some(({ yearless }) => yearless.length > 0)),
  }
}

/** Times by file and part; files without years are anchored at the file after them. */
function datedParts(
  readings: readonly FileReading[],
  now: number,
  toMillis: (time: LocalTime) => number,
): readonly (readonly (readonly number[])[])[] {
  let limit = now + dayMs
  return readings.map(({ file, parts }) => {
    const anchored = file.age === null ? now + dayMs : limit
    const times = withYears(parts, anchored, toMillis)
    const first = Math.min(...times.map(least))
    if (file.age !== null && Number.isFinite(first)) limit = Math.min(limit, first + dayMs)
    return times
  })
}

function withYears(
  parts: readonly PartReading[],
  limit: number,
  toMillis: (time: LocalTime) => number,
): readonly (readonly number[])[] {
  const inferred = inferYears(
    parts.flatMap(({ yearless }) => yearless),
    limit,
    toMillis,
  )
  let taken = 0
  return parts.map(({ times, yearless }) => {
    const own = inferred.slice(taken, taken + yearless.length)
    taken += yearless.length
    return [...times, ...own].filter(Number.isFinite)
  })
}

/** Stretches that hold records which were not read: between head and tail, and after a packed head or a damage. */
function unreadStretches(
  readings: readonly FileReading[],
  dated: readonly (readonly (readonly number[])[])[],
  now: number,
): readonly Span[] {
  const starts = dated.map((parts) => Math.min(...parts.map(least))).filter(Number.isFinite)
  return readings.flatMap(({ whole }, index) => {
    const [head, tail] = dated[index] ?? []
    if (whole || head === undefined || head.length === 0) return []
    const from = greatest(head)
    const after = starts.filter((start) => start > from)
    const to = tail === undefined || tail.length === 0 ? Math.min(now, ...after) : least(tail)
    return to > from ? [{ from, to }] : []
  })
}

function isEmpty(reading: FileReading | undefined): boolean {
  return reading?.file.facts.size === 0
}

function rangeOf(times: readonly number[]): Span | null {
  return times.length === 0 ? null : { from: least(times), to: greatest(times) }
}

function least(times: readonly number[]): number {
  return times.reduce((low, ms) => Math.min(ms, low), Number.POSITIVE_INFINITY)
}

function greatest(times: readonly number[]): number {
  return times.reduce((high, ms) => Math.max(ms, high), Number.NEGATIVE_INFINITY)
}
