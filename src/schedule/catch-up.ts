import type { RunRecord } from '../model/assessment.ts'
import { latestSlot, type Schedule } from '../model/schedule.ts'
import { type Instant, millis } from '../model/time.ts'

/**
 * The newest slot of each schedule that no run belongs to, where it is young enough to be caught up. Older missed slots
 * stay gaps: evidence collected now says nothing of the nights before. A ledger without any run has missed nothing.
 */
export function missedSlots(
  schedules: readonly Schedule[],
  runs: readonly RunRecord[],
  { now, withinMs }: { readonly now: Instant; readonly withinMs: number },
): readonly { readonly schedule: Schedule; readonly slot: Instant }[] {
  if (runs.length === 0) return []
  const finished = new Set(runs.filter(({ state }) => state === 'finished').map(({ slot }) => slot))
  return schedules
    .map((schedule) => ({ schedule, slot: latestSlot(schedule, now) }))
    .filter(({ slot }) => !finished.has(slot) && millis(now) - millis(slot) <= withinMs)
}
