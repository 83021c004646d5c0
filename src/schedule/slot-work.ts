import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Project } from '../app/project.ts'
import type { RunResult } from '../app/run.ts'
import type { Stamping } from '../app/stamp-ledger.ts'
import { applyRetentionNow, collectNow, stampNow } from '../app.ts'
import { StoreError } from '../model/errors.ts'
import type { Health } from './health.ts'
import { isErased, isTaken, type Job, targetsOf } from './jobs.ts'

/** How often a slot asks whether a run by hand is over. */
const busyRetryMs = 2_000

/** What a slot's work is done with, and whom it tells. */
export type SlotParts = {
  readonly log: Logger
  readonly health: Health
  readonly signal: AbortSignal
  readonly stamped: (stamping: Stamping) => void
}

/** Collects what follows a schedule; the daemon outlives a run that could not be kept, and the next slot tries again. */
export async function collectSlot(
  project: Project,
  { schedule, slot, trigger }: Job,
  { log, health, signal, stamped }: SlotParts,
): Promise<void> {
  const fields = { schedule: schedule.id, slot, trigger }
  const targets = targetsOf(project.config.plan, schedule)
  health.running = { schedule: schedule.id, slot }
  log.info({ ...fields, targets: targets.length }, 'run started')
  try {
    const done = await whenFree(signal, async () => {
      if (await isTaken(project, slot, targets)) return undefined
      return await collectNow(project, {
        trigger,
        slot,
        targets,
        signal,
        onEvent: (event) => {
          if (event.type === 'recovered') log.warn({ runs: event.runs }, 'earlier runs recorded as interrupted')
          if (event.type === 'clock-behind') log.warn({ ...event.clock }, 'the clock is behind the newest entry')
          if (event.type !== 'collected') return
          const { failure } = event.collection
          if (failure)
            log.warn({ target: event.target.id, code: failure.code, failure: failure.message }, 'collection failed')
          else log.info({ target: event.target.id, ...event.collection.usage }, 'collected')
        },
      })
    })
    health.problems.collection = null
    if (!done) return log.info(fields, 'the slot was collected by another process already')
    const { run, stamping, assessment } = done
    logEnd(log, fields, run, assessment.tally)
    health.last = { ...fields, run: run.run, state: run.state, ended: project.clock.now() }
    stamped(stamping)
  } catch (error) {
    if (isStop(error, signal)) return log.info(fields, 'stopped while the slot waited for another run')
    const message = error instanceof Error ? error.message : String(error)
    log.error({ ...fields, err: error }, 'run could not be made')
    health.problems.collection = { at: project.clock.now(), message }
  } finally {
    health.running = null
  }
}

/** Applies the retention policies; the daemon outlives what fails, and the next slot tries again. */
export async function eraseDue(
  project: Project,
  { schedule, slot, trigger }: Job,
  { log, health, signal, stamped }: SlotParts,
): Promise<void> {
  const fields = { schedule: schedule.id, slot }
  const retentionSlot = { ...fields, late: trigger === 'catch-up' }
  try {
    const applied = await whenFree(signal, async () => {
      if (await isErased(project, retentionSlot)) return undefined
      return await applyRetentionNow(project, { trigger: 'schedule', slot: retentionSlot, signal })
    })
    health.problems.retention = null
    if (!applied) return log.info(fields, 'retention was applied for the slot by another process already')
    const { erasures, artefacts, size, unscrubbed } = applied
    log.info({ ...fields, artefacts, bytes: size, entries: erasures.map(({ entry }) => entry) }, 'retention applied')
    if (unscrubbed !== null) log.warn({ ...fields, unscrubbed }, 'erased bytes may still stand in the files')
    if (erasures.length > 0) stamped(await stampNow(project, signal))
  } catch (error) {
    if (isStop(error, signal)) return log.info(fields, 'stopped while retention waited, or went on')
    const message = error instanceof Error ? error.message : String(error)
    log.error({ ...fields, err: error }, 'retention could not be applied')
    health.problems.retention = { at: project.clock.now(), message }
  }
}

/** Waits while a run that somebody started by hand is going on in another process. */
async function whenFree<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const busy = error instanceof StoreError && error.code === 'AFD_STORE_RUN_IN_PROGRESS'
      if (!busy) throw error
      await wait(busyRetryMs, undefined, { signal })
    }
  }
}

/** That the daemon was told to stop is no failure of what it had in hand. */
function isStop(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error instanceof Error && error.name === 'AbortError'
}

function logEnd(log: Logger, fields: object, run: RunResult, tally: object): void {
  const { state, completed, failed, bugs } = run
  for (const bug of bugs) log.error({ ...fields, run: run.run, bug }, 'a collector broke by its own fault')
  log.info({ ...fields, run: run.run, state, completed, failed, tally }, 'run ended')
}
