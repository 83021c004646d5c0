import { ConfigError } from '../model/errors.ts'
import type { Collection } from '../model/evidence.ts'
import type { PlannedTarget } from '../model/plan.ts'
import { type CollectOptions, collectTarget, parseTarget, reachOf } from './collect-target.ts'
import type { Collector } from './contract.ts'
import { bareHost } from './guard.ts'

export type PlanOptions = CollectOptions & {
  readonly plan: readonly PlannedTarget[]
  readonly collectors: ReadonlyMap<string, Collector>
  /** Targets collected at the same time; two that touch the same host are collected one after the other. */
  readonly concurrency: number
}

export type PlanEvent =
  | { readonly type: 'started'; readonly target: PlannedTarget }
  | { readonly type: 'collected'; readonly target: PlannedTarget; readonly collection: Collection }

type Job = { readonly target: PlannedTarget; readonly collector: Collector; readonly hosts: readonly string[] }

/**
 * Collects every target of a plan and says so as it happens. After `signal` is aborted no target is started; those
 * under way end as `interrupted` and are still told. Leaving the loop early aborts what is under way. Throws ConfigError
 * before anything is started where a target names no known collector or does not fit it.
 */
export async function* collectPlan(options: PlanOptions): AsyncIterable<PlanEvent> {
  const jobs = options.plan.map((target) => prepare(target, options.collectors))
  const waiting = [...jobs]
  const busyHosts = new Set<string>()
  const running = new Map<Job, Promise<{ readonly job: Job; readonly collection: Collection }>>()
  const left = new AbortController()
  const signal = AbortSignal.any([options.signal, left.signal])
  try {
    for (;;) {
      for (const job of startable(waiting, busyHosts, options.concurrency - running.size, signal)) {
        for (const host of job.hosts) busyHosts.add(host)
        running.set(job, collect(job, { ...options, signal }))
        yield { type: 'started', target: job.target }
      }
      if (running.size === 0) return
      const { job, collection } = await Promise.race(running.values())
      running.delete(job)
      for (const host of job.hosts) busyHosts.delete(host)
      yield { type: 'collected', target: job.target, collection }
    }
  } finally {
    left.abort()
    await Promise.allSettled(running.values())
  }
}

/** Takes from the queue the jobs that may start now: within the limit, and none on a host that is busy. */
function* startable(waiting: Job[], busy: ReadonlySet<string>, places: number, signal: AbortSignal): Iterable<Job> {
  let free = places
  for (let index = 0; index < waiting.length && free > 0 && !signal.aborted; ) {
    const job = waiting[index]
    if (job === undefined || job.hosts.some((host) => busy.has(host))) {
      index += 1
      continue
    }
    waiting.splice(index, 1)
    free -= 1
    yield job
  }
}

function prepare(target: PlannedTarget, collectors: ReadonlyMap<string, Collector>): Job {
  const collector = collectors.get(target.collector)
  if (collector === undefined) {
    throw new ConfigError('AFD_COLLECT_COLLECTOR', `${target.id}: there is no collector ${target.collector}`, {
      subject: target.id,
      hint: `The collectors are: ${[...collectors.keys()].join(', ')}.`,
    })
  }
  const reach = reachOf(collector, parseTarget(collector, target.target))
  const endpoints = 'error' in reach ? [] : reach.endpoints
  return { target, collector, hosts: [...new Set(endpoints.map(({ host }) => bareHost(host)))] }
}

async function collect(job: Job, options: CollectOptions): Promise<{ job: Job; collection: Collection }> {
  return { job, collection: await collectTarget(job.collector, job.target.target, options) }
}
