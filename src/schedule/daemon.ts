import { setTimeout as wait } from 'node:timers/promises'
import cron, { type ScheduledTask } from 'node-cron'
import type { Logger } from 'pino'
import type { Project } from '../app/project.ts'
import type { RunResult } from '../app/run.ts'
import type { Stamping } from '../app/stamp-ledger.ts'
import { applyRetentionNow, collectNow, stampNow } from '../app.ts'
import { StoreError } from '../model/errors.ts'
import { latestSlot, nextSlot, type Schedule } from '../model/schedule.ts'
import { type Health, serveHealth } from './health.ts'
import { isErased, isTaken, type Job, jobsMissed, targetsOf, workOf } from './jobs.ts'
import { stampingRetries } from './stamping.ts'

/** A run in hand gets this long to end by itself when the daemon is told to stop. */
const stopGraceMs = 20_000

/** How often a slot asks whether a run by hand is over. */
const busyRetryMs = 2_000

export type Daemon = AsyncDisposable & {
  /** Port of the health endpoint. */
  readonly port: number
  /** Stops scheduling, lets the run in hand end (or records it as interrupted), closes the endpoint. */
  stop(): Promise<void>
}

/**
 * Collects on the configured schedules. One run at a time, so that runs never overlap; a slot that comes while another
 * run goes on waits its turn. The newest slot of each schedule that was missed while the daemon was down, be it for
 * collecting or for retention, is caught up and labelled as late.
 */
export async function startDaemon(
  project: Project,
  options: { readonly log: Logger; readonly graceMs?: number },
): Promise<Daemon> {
  const { log } = options
  const { config, clock } = project
  const stopping = new AbortController()
  const health: Health = { started: clock.now(), running: null, last: null, problem: null, untimed: null, queued: 0 }
  const queue: Job[] = []
  let working: Promise<void> = Promise.resolve()

  const enqueue = (job: Job) => {
    if (stopping.signal.aborted) return
    const known = queue.some((other) => other.schedule.id === job.schedule.id && other.slot === job.slot)
    if (known) return
    queue.push(job)
    health.queued = queue.length
    working = working.then(work)
  }
  const work = async () => {
    const job = queue.shift()
    health.queued = queue.length
    if (!job || stopped) return
    const parts = { log, health, signal: stopping.signal, stamped: stamping.saw }
    if (job.collects) await collectSlot(project, job, parts)
    if (job.erases && !stopping.signal.aborted) await eraseDue(project, job, parts)
  }

  const stamping = stampingRetries((signal) => stampNow(project, signal), {
    log,
    tell: (untimed) => {
      health.untimed = untimed
    },
  })
  let stopped = false
  const server = await serveHealth(project, health)
  const tasks: ScheduledTask[] = []
  const stop = async () => {
    if (stopped) return
    stopped = true
    const grace = setTimeout(() => stopping.abort(), options.graceMs ?? stopGraceMs)
    await Promise.all(tasks.map((task) => task.destroy()))
    await Promise.all([working, stamping.stop()])
    clearTimeout(grace)
    await server[Symbol.asyncDispose]()
    log.info({}, 'stopped')
  }
  try {
    for (const job of await jobsMissed(project)) {
      const { schedule, slot, collects, erases } = job
      log.info({ schedule: schedule.id, slot, collects, erases }, 'catching up a missed slot')
      enqueue(job)
    }
    stamping.start()
    for (const schedule of config.schedules) {
      tasks.push(
        startTask(schedule, () => {
          const slot = latestSlot(schedule, clock.now())
          enqueue({ schedule, slot, trigger: 'schedule', ...workOf(project, schedule) })
        }),
      )
      log.info({ schedule: schedule.id, cron: schedule.cron, next: nextSlot(schedule, clock.now()) }, 'scheduled')
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { port: server.port, stop, [Symbol.asyncDispose]: stop }
}

type SlotParts = {
  readonly log: Logger
  readonly health: Health
  readonly signal: AbortSignal
  readonly stamped: (stamping: Stamping) => void
}

async function collectSlot(
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
    if (!done) return log.info(fields, 'the slot was collected by another process already')
    const { run, stamping, assessment } = done
    logEnd(log, fields, run, assessment.tally)
    health.last = { ...fields, run: run.run, state: run.state, ended: project.clock.now() }
    health.problem = null
    stamped(stamping)
  } catch (error) {
    // The daemon outlives a run that could not be kept: the next slot tries again, and the health endpoint says so.
    const message = error instanceof Error ? error.message : String(error)
    log.error({ ...fields, err: error }, 'run could not be made')
    health.problem = { at: project.clock.now(), message }
  } finally {
    health.running = null
  }
}

/** Applies the retention policies; the daemon outlives what fails, and the next slot tries again. */
async function eraseDue(
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
    if (!applied) return log.info(fields, 'retention was applied for the slot by another process already')
    const { erasures, artefacts, size, unscrubbed } = applied
    log.info({ ...fields, artefacts, bytes: size, entries: erasures.map(({ entry }) => entry) }, 'retention applied')
    if (unscrubbed !== null) log.warn({ ...fields, unscrubbed }, 'erased bytes may still stand in the files')
    if (erasures.length > 0) stamped(await stampNow(project, signal))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    log.error({ ...fields, err: error }, 'retention could not be applied')
    health.problem = { at: project.clock.now(), message }
  }
}

/** Waits while a run that somebody started by hand is going on in another process. */
async function whenFree<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const busy = error instanceof StoreError && error.code === 'AFD_STORE_RUN_IN_PROGRESS'
      if (!busy || signal.aborted) throw error
      await wait(busyRetryMs, undefined, { signal })
    }
  }
}

function logEnd(log: Logger, fields: object, run: RunResult, tally: object): void {
  const { state, completed, failed, bugs } = run
  for (const bug of bugs) log.error({ ...fields, run: run.run, bug }, 'a collector broke by its own fault')
  log.info({ ...fields, run: run.run, state, completed, failed, tally }, 'run ended')
}

function startTask(schedule: Schedule, tick: () => void): ScheduledTask {
  return cron.schedule(schedule.cron, tick, { timezone: schedule.timeZone, name: schedule.id, noOverlap: true })
}
