import type { JsonObject } from '../../src/model/json.ts'
import { instant } from '../../src/model/time.ts'
import type { Configured } from './configured.ts'
import type { ReachBack } from './reach-back.ts'
import type { DateZone, FileReading } from './read-log.ts'
import type { Span } from './spans.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000

/** More gaps than this are counted, not listed. */
const mostGaps = 100

/** All that is known of a log. */
type Known = {
  readonly readings: readonly FileReading[]
  /** Files that could not even be looked at. */
  readonly problems: readonly string[]
  readonly reach: ReachBack
  readonly configured: Configured
  readonly now: number
}

/** The facts of `log.source`, as docs/observations.md names them. */
export function logFacts(known: Known): JsonObject {
  const { readings, reach, configured, now } = known
  const sum = (of: (reading: FileReading) => number): number => readings.reduce((total, each) => total + of(each), 0)
  const records = sum((reading) => reading.records)
  return {
    configuredDays: configured.days,
    configuredBasis: configured.basis,
    provenDays: reach.unbrokenSince === null ? 0 : Math.max(0, Math.floor((now - reach.unbrokenSince) / dayMs)),
    oldest: reach.oldest === null ? null : instant(reach.oldest),
    newest: reach.newest === null ? null : instant(reach.newest),
    newestAgeHours: ageHours(reach.newest, now),
    gaps: reach.gaps.slice(-mostGaps).map(gapFact),
    gapCount: reach.gaps.length,
    records,
    files: readings.length,
    unparsedRecords: sum((reading) => reading.unparsed),
    truncated: yesNo(known.problems.length > 0 || readings.some(({ whole }) => !whole)),
    ...modeFacts(readings.map(({ file }) => file.facts.mode)),
    zone: zoneOf(readings),
    reason: reasonOf(known, records),
  }
}

/** Who may touch the files, by their permission bits. */
export function modeFacts(modes: readonly number[]) {
  return {
    worldReadable: yesNo(modes.some((mode) => (mode & 0o004) !== 0)),
    worldWritable: yesNo(modes.some((mode) => (mode & 0o002) !== 0)),
    modes: [...new Set(modes.map((mode) => mode.toString(8)))].sort(),
  }
}

/** Hours since the newest record, to two places; null without one. */
export function ageHours(newest: number | null, now: number): number | null {
  return newest === null ? null : Math.max(0, rounded((now - newest) / hourMs))
}

function gapFact({ from, to }: Span): JsonObject {
  return { from: instant(from), to: instant(to), days: rounded((to - from) / dayMs) }
}

function zoneOf(readings: readonly FileReading[]): 'utc' | 'offset' | 'none' | 'mixed' {
  const zones = new Set<DateZone>(readings.flatMap((reading) => [...reading.zones]))
  if (zones.size === 0 || (zones.size === 1 && zones.has('none'))) return 'none'
  if (zones.has('none')) return 'mixed'
  return zones.has('offset') ? 'offset' : 'utc'
}

function reasonOf({ readings, problems, reach, configured }: Known, records: number): string | null {
  const cut = readings.filter(({ whole, problem }) => !whole && problem === null).length
  const clauses = [
    ...(records > 0 ? [] : [noRecords(readings)]),
    ...problems,
    ...readings.flatMap(({ problem }) => (problem === null ? [] : [problem])),
    ...(cut === 0 ? [] : [`the limits let ${cut} of ${readings.length} files be read in part only`]),
    ...(reach.future.latest === null
      ? []
      : [`records dated in the future, up to ${instant(reach.future.latest)}, prove nothing`]),
    ...(reach.yearsInferred ? ['the dates have no year; the latest that their order allows was taken'] : []),
    ...configured.remarks,
  ]
  return clauses.length === 0 ? null : clauses.join('; ')
}

function noRecords(readings: readonly FileReading[]): string {
  return readings.every(({ file }) => file.facts.size === 0) ? 'the files are empty' : 'no record with a date was found'
}

function yesNo(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no'
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
