import { listSlotRuns } from '../app/browse.ts'
import type { Project } from '../app/project.ts'
import { configuredSince, isRetentionApplied, type RetentionSlot } from '../app/retention-slot.ts'
import type { Trigger } from '../app/run.ts'
import { openLedger } from '../app.ts'
import type { PlannedTarget } from '../model/plan.ts'
import { latestSlot, type Schedule } from '../model/schedule.ts'
import { type Instant, millis } from '../model/time.ts'
import { type Duty, isCollected, isRetentionMissed, missedSlots } from './catch-up.ts'

/** What the daemon does for one slot of a schedule. */
export type Job = {
  readonly schedule: Schedule
  readonly slot: Instant
  readonly trigger: Trigger
  readonly collects: boolean
  /** Applies the retention policies afterwards. */
  readonly erases: boolean
}

/** What was to be done while no daemon ran and can still be caught up, oldest slot first. */
export async function jobsMissed(project: Project): Promise<readonly Job[]> {
  const { config, clock } = project
  await using store = await openLedger(project, 'create')
  const runs = await listSlotRuns(store)
  const within = { now: clock.now(), withinMs: config.daemon.catchUpMs }
  const missed = missedSlots(duties(project), runs, within)
  const erasing = await missedErasing(project, store, within)
  const schedules = new Map([...missed, ...erasing].map((each) => [each.schedule.id, each]))
  return [...schedules.values()]
    .toSorted((a, b) => millis(a.slot) - millis(b.slot))
    .map(({ schedule, slot }) => ({
      schedule,
      slot,
      trigger: 'catch-up',
      collects: missed.some((each) => each.schedule.id === schedule.id),
      erases: erasing.some((each) => each.schedule.id === schedule.id),
    }))
}

/** The newest slot of the schedule that is there for retention, where that is still to be done. */
async function missedErasing(
  project: Project,
  store: Awaited<ReturnType<typeof openLedger>>,
  within: { readonly now: Instant; readonly withinMs: number },
): Promise<readonly { readonly schedule: Schedule; readonly slot: Instant }[]> {
  const schedule = project.config.schedules.find(({ id }) => id === project.config.retention.schedule)
  if (!schedule) return []
  const slot = latestSlot(schedule, within.now)
  const applied = await isRetentionApplied(store, { schedule: schedule.id, slot })
  const standing = { applied, configuredSince: await configuredSince(project, store) }
  return isRetentionMissed(slot, standing, within) ? [{ schedule, slot }] : []
}

/** What a schedule is there for: one that nothing follows may be there for retention alone. */
export function workOf({ config }: Project, schedule: Schedule): Pick<Job, 'collects' | 'erases'> {
  const erases = schedule.id === config.retention.schedule
  return { collects: !erases || targetsOf(config.plan, schedule).length > 0, erases }
}

function duties({ config }: Project): readonly Duty[] {
  return config.schedules.map((schedule) => ({
    schedule,
    targets: targetsOf(config.plan, schedule).map(({ id }) => id),
  }))
}

/** The targets that follow a schedule. */
export function targetsOf(plan: readonly PlannedTarget[], { id }: Schedule): readonly PlannedTarget[] {
  return plan.filter(({ schedule }) => schedule?.id === id)
}

/** Whether another process, such as a second daemon on the same store, has collected the slot already. */
export async function isTaken(project: Project, slot: Instant, targets: readonly PlannedTarget[]): Promise<boolean> {
  await using store = await openLedger(project, 'create')
  const runs = await listSlotRuns(store, slot)
  return isCollected(
    slot,
    targets.map(({ id }) => id),
    runs,
  )
}

/** Whether another process has applied the policies for the slot already. */
export async function isErased(project: Project, slot: RetentionSlot): Promise<boolean> {
  await using store = await openLedger(project, 'create')
  return await isRetentionApplied(store, slot)
}
