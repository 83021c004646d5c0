import type { ScheduledTask } from 'node-cron'
import type { Logger } from 'pino'
import type { Project } from '../app/project.ts'
import { stampNow } from '../app.ts'
import { nextSlot } from '../model/schedule.ts'
import { type Health, serveHealth } from './health.ts'
import { type Job, jobsMissed, workOf } from './jobs.ts'
import { collectSlot, eraseDue } from './slot-work.ts'
import { stampingRetries } from './stamping.ts'
import { startTicks } from './ticks.ts'

/** A run in hand gets this long to end by itself when the daemon is told to stop. */
const stopGraceMs = 20_000

export type Daemon = AsyncDisposable & {
  /** Port of the health endpoint. */
  readonly port: number
  /** Stops scheduling, lets the run in hand end (or records it as interrupted), closes the endpoint. */
  stop(): Promise<void>
}

/**
 * Collects on the configured schedules. One run at a time, so that runs never overlap; a slot that comes while another
 * run goes on waits its turn. The newest slot of each schedule that was missed while the daemon was down or its machine
 * asleep, be it for collecting or for retention, is caught up and labelled as late.
 */
export async function startDaemon(
  project: Project,
  options: { readonly log: Logger; readonly graceMs?: number },
): Promise<Daemon> {
  const { log } = options
  const { config, clock } = project
  const stopping = new AbortController()
  const health: Health = {
    started: clock.now(),
    running: null,
    last: null,
    problems: { collection: null, retention: null },
    untimed: null,
    queued: 0,
  }
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
  const host = config.daemon.host.includes(':') ? `[${config.daemon.host}]` : config.daemon.host
  log.info({ url: `http://${host}:${server.port}/healthz` }, 'serving health')
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
        startTicks(schedule, { clock, log, catchUpMs: config.daemon.catchUpMs }, ({ slot, late }) => {
          enqueue({ schedule, slot, trigger: late ? 'catch-up' : 'schedule', ...workOf(project, schedule) })
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
