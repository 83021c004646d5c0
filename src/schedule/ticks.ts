import cron, { type ScheduledTask } from 'node-cron'
import type { Logger } from 'pino'
import { latestSlot, type Schedule } from '../model/schedule.ts'
import { type Clock, type Instant, instant, millis } from '../model/time.ts'

/** A slot that has come. `late` where that was seen only afterwards: the machine slept, or its clock was set forward. */
export type Tick = { readonly slot: Instant; readonly late: boolean }

/** A busy process sees a slot some seconds after it; that is on time. */
const onTimeMs = 60_000

/**
 * Tells of every slot of a schedule as it comes, and of the newest one that passed unseen where it is no older than
 * `catchUpMs`; those before it, and older ones, are logged and stay gaps.
 */
export function startTicks(
  schedule: Schedule,
  { clock, log, catchUpMs }: { readonly clock: Clock; readonly log: Logger; readonly catchUpMs: number },
  tell: (tick: Tick) => void,
): ScheduledTask {
  const { id, timeZone } = schedule
  const task = cron.schedule(
    schedule.cron,
    () => {
      const now = clock.now()
      const slot = latestSlot(schedule, now)
      tell({ slot, late: millis(now) - millis(slot) > onTimeMs })
    },
    // By default node-cron leaves out a slot that it sees more than a second late.
    { timezone: timeZone, name: id, noOverlap: true, missedExecutionTolerance: Math.max(onTimeMs, catchUpMs) },
  )
  task.on('execution:missed', ({ date }) => {
    log.warn({ schedule: id, slot: instant(date) }, 'a slot passed unseen: the machine slept, or its clock was set')
  })
  return task
}
