import { DateTime } from 'luxon'
import type { Coverage, DayCoverage, Gap, RunRecord, TargetCoverage } from '../model/assessment.ts'
import type { Entry } from '../model/evidence.ts'
import type { Period } from '../model/period.ts'
import type { Schedule } from '../model/schedule.ts'
import { dayOf, type Instant, instant, millis } from '../model/time.ts'
import type { CollectionUnit } from './collections.ts'
import { gapsOf } from './gaps.ts'
import type { TargetHistory } from './population.ts'
import { type ResolvedSlot, resolveSlots, type SlotLedger, slotLedger, without, withoutEvidence } from './slots.ts'

/** What coverage is computed from: the population over [period.from, asOf), and what the ledger says of it. */
export type CoverageInput = {
  readonly period: Period
  readonly asOf: Instant
  /** The end of what counts, exclusive: `asOf`, or just past it where the period is still running. */
  readonly until: Instant
  readonly now: Instant
  readonly timeZone: string
  readonly population: readonly TargetHistory[]
  /** When the first plan of all was recorded; null where none was. */
  readonly firstPlan: Instant | null
  readonly collections: readonly CollectionUnit[]
  readonly runs: readonly RunRecord[]
  readonly entries: readonly Entry[]
}

/** What should have been collected against what was; every difference is explained by what the ledger says. */
export function coverageOf(input: CoverageInput): Coverage {
  const ledger = slotLedger(input.collections, input.runs, input.entries)
  const each = input.population.map((history) => ofTarget(history, input, ledger))
  const targets = each.map(({ coverage }) => coverage)
  return {
    expected: sum(targets, ({ expected }) => expected),
    collected: sum(targets, ({ collected }) => collected),
    days: days(
      input,
      each.flatMap(({ slots }) => slots),
    ),
    targets,
    gaps: each.flatMap(({ gaps }) => gaps),
  }
}

type Covered = {
  readonly coverage: TargetCoverage
  readonly gaps: readonly Gap[]
  readonly slots: readonly ResolvedSlot[]
}

function ofTarget(history: TargetHistory, input: CoverageInput, ledger: SlotLedger): Covered {
  const { period, asOf, until, now } = input
  const made = (ledger.collections.get(history.id) ?? []).filter(({ at }) => at >= period.from && at < until)
  const scheduled = history.spans.some(({ target }) => target.schedule !== null)
  const slots = scheduled ? resolveSlots(history, period.from, until, now, ledger) : []
  const expectations = scheduled ? slots : [oncePerPeriod(history, made, period)]
  const completed = made.filter(({ state }) => state === 'completed')
  const count = (...states: readonly ResolvedSlot['state'][]): number =>
    expectations.filter(({ state }) => states.includes(state)).length
  return {
    slots,
    gaps: gapsOf(history, expectations, period.from, asOf, input.firstPlan),
    coverage: {
      target: history.id,
      component: history.target.component,
      collector: history.target.collector,
      subject: history.target.subject,
      expectation: expectationOf(history.target.schedule),
      expected: expectations.length,
      collected: count('collected', 'late'),
      late: count('late'),
      failed: count('failed'),
      missing: count('missing', 'interrupted'),
      byHand: made.filter(({ slot }) => slot === null).length,
      first: completed[0]?.at ?? null,
      last: completed.at(-1)?.at ?? null,
    },
  }
}

/** Without a schedule one collection a period is expected, whoever asked for it. */
function oncePerPeriod(history: TargetHistory, made: readonly CollectionUnit[], period: Period): ResolvedSlot {
  const slot = history.spans[0]?.from ?? period.from
  const completed = made.find(({ state }) => state === 'completed')
  if (completed) return { slot, state: 'collected', cause: 'collected', explanation: '', at: completed.at }
  const last = made.at(-1)
  if (last) return withoutEvidence(last, slot)
  return without(slot, 'missing', 'It has no schedule, and nobody asked for a collection; one a period is expected.')
}

/** A schedule in words: `nightly (0 2 * * *)`. */
export function expectationOf(schedule: Schedule | null): string {
  return schedule ? `${schedule.id} (${schedule.cron})` : 'once a period'
}

function days({ period, timeZone }: CoverageInput, slots: readonly ResolvedSlot[]): readonly DayCoverage[] {
  const expected = new Map<string, number>()
  const collected = new Map<string, number>()
  const byInstant = new Map<Instant, string>()
  for (const { slot, at } of slots) {
    const day = byInstant.get(slot) ?? dayOf(slot, timeZone)
    byInstant.set(slot, day)
    expected.set(day, (expected.get(day) ?? 0) + 1)
    if (at !== null) collected.set(day, (collected.get(day) ?? 0) + 1)
  }
  return daysOf(period, timeZone).map((day) => ({
    day,
    expected: expected.get(day) ?? 0,
    collected: collected.get(day) ?? 0,
  }))
}

/** Every calendar day that a period touches in a zone, oldest first. */
export function daysOf(period: Period, timeZone: string): readonly string[] {
  const list: string[] = []
  const last = dayOf(instant(millis(period.to) - 1), timeZone)
  let day = DateTime.fromMillis(millis(period.from), { zone: timeZone }).startOf('day')
  while (day.toFormat('yyyy-MM-dd') <= last) {
    list.push(day.toFormat('yyyy-MM-dd'))
    day = day.plus({ days: 1 }).startOf('day')
  }
  return list
}

function sum<T>(list: readonly T[], of: (each: T) => number): number {
  return list.reduce((total, each) => total + of(each), 0)
}
