import { latestSlot, type Schedule } from '../model/schedule.ts'
import { type Instant, millis } from '../model/time.ts'

/** A run that belongs to a slot or was made by hand, with the targets that it was to collect from. */
export type SlotRun = { readonly slot: Instant | null; readonly finished: boolean; readonly targets: readonly string[] }

/** A schedule with the ids of the targets that follow it. */
export type Duty = { readonly schedule: Schedule; readonly targets: readonly string[] }

/**
 * Whether a finished run has collected for a schedule's slot. Two schedules may have a slot at the same moment: only
 * the targets tell whose run it was.
 */
export function isCollected(slot: Instant, targets: readonly string[], runs: readonly SlotRun[]): boolean {
  return runs.some((run) => run.finished && run.slot === slot && run.targets.some((target) => targets.includes(target)))
}

/**
 * Whether the policies are still to be applied for a slot of the retention schedule: nothing says that they were, it is
 * young enough, and the ledger has had the present configuration since before it. Nobody expects a policy to erase for a
 * slot at which it did not stand yet.
 */
export function isRetentionMissed(
  slot: Instant,
  { applied, configuredSince }: { readonly applied: boolean; readonly configuredSince: Instant | null },
  { now, withinMs }: { readonly now: Instant; readonly withinMs: number },
): boolean {
  if (applied || configuredSince === null || configuredSince > slot) return false
  return millis(now) - millis(slot) <= withinMs
}

/**
 * The newest slot of each schedule that no run belongs to, where it is young enough to be caught up. Older missed slots
 * stay gaps: evidence collected now says nothing of the nights before. A ledger without any run has missed nothing, and
 * so has a schedule that no target follows.
 */
export function missedSlots(
  duties: readonly Duty[],
  runs: readonly SlotRun[],
  { now, withinMs }: { readonly now: Instant; readonly withinMs: number },
): readonly { readonly schedule: Schedule; readonly slot: Instant }[] {
  if (runs.length === 0) return []
  return duties
    .filter(({ targets }) => targets.length > 0)
    .map(({ schedule, targets }) => ({ schedule, targets, slot: latestSlot(schedule, now) }))
    .filter(({ slot, targets }) => !isCollected(slot, targets, runs) && millis(now) - millis(slot) <= withinMs)
    .map(({ schedule, slot }) => ({ schedule, slot }))
}
