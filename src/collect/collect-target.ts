import { setImmediate } from 'node:timers/promises'
import * as z from 'zod'
import { CollectionError, ConfigError } from '../model/errors.ts'
import type { Collection, Observation } from '../model/evidence.ts'
import type { JsonObject } from '../model/json.ts'
import { type Limits, safetyClasses } from '../model/plan.ts'
import type { Clock } from '../model/time.ts'
import { completed, mapTexts, observationProblem } from './check-observation.ts'
import { type OpenContext, openContext } from './context.ts'
import type { Collector, Log, NewObservation, Reach, TargetBase } from './contract.ts'
import { afterAbort, timeLimit } from './deadline.ts'
import { networkFailure } from './network-errors.ts'
import type { Redactor } from './redact.ts'
import { type ReadSecret, secretReader } from './secrets.ts'
import { untilAborted } from './until-aborted.ts'

export type CollectOptions = {
  readonly clock: Clock
  /** Aborting it ends the collection as `interrupted`, with what it had found by then. */
  readonly signal: AbortSignal
  readonly log: Log
  /** Relative file references of the target (paths, trust, secrets) start here. */
  readonly baseDirectory: string
  /** Where secret references lead; the environment and files where absent. */
  readonly readSecret?: ReadSecret
  /** Values that must not be kept wherever they turn up, beside those that the collector asks for. */
  readonly concealed?: readonly string[]
}

/**
 * Runs one collector once. Whatever goes wrong with the target, and every bug of the collector, ends in `failure`
 * (`bug` for the latter) beside what was found until then; it takes no longer than the target's `timeoutMs` and a quarter of a second. Rejects
 * only with ConfigError AFD_COLLECT_TARGET, where the target does not fit the collector's schema.
 */
export async function collectTarget<Target>(
  collector: Collector<Target>,
  target: unknown,
  options: CollectOptions,
): Promise<Collection> {
  const parsed = parseTarget(collector, target)
  const limits: Limits = { ...collector.defaults, ...parsed.limits }
  const started = performance.now()
  const deadline = timeLimit(limits.timeoutMs)
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort(new CollectionError('interrupted', 'the collection was interrupted'))
  if (options.signal.aborted) interrupt()
  options.signal.addEventListener('abort', interrupt, { once: true })
  const end = new AbortController()
  const signal = AbortSignal.any([interruption.signal, deadline.signal, end.signal])
  const reach = reachOf(collector, parsed)
  const open = openContext({
    target: parsed,
    reach: 'error' in reach ? { endpoints: [], paths: [] } : reach,
    limits,
    clock: options.clock,
    signal,
    log: options.log,
    baseDirectory: options.baseDirectory,
    readSecret: options.readSecret ?? secretReader(options.baseDirectory),
    concealed: options.concealed ?? [],
  })
  const observations: Observation[] = []
  let failure: CollectionError | null = null
  try {
    if ('error' in reach) throw reach.error
    await drain(collector, parsed, open, signal, options.clock, observations)
  } catch (error) {
    failure = failureOf(error, signal, collector.id)
    if (failure.failure === 'bug') logBug(open, error, collector.id)
  } finally {
    options.signal.removeEventListener('abort', interrupt)
    deadline.clear()
    // A collector that goes on after its end finds every wait aborted.
    end.abort(new CollectionError('interrupted', 'the collection is over'))
    open.close()
  }
  return {
    observations: observations.map((observation) => redacted(observation, open.redactor)),
    artefacts: open.artefacts(),
    usage: { ...open.usage(), durationMs: Math.round(performance.now() - started) },
    leftOut: [...open.leftOut],
    failure: failure === null ? null : describe(failure, open.redactor),
  }
}

/** The collector's own target from raw or from already parsed input; throws ConfigError AFD_COLLECT_TARGET. */
export function parseTarget<Target>(collector: Collector<Target>, target: unknown): Target & TargetBase {
  const result = collector.target.safeParse(target)
  if (result.success) return result.data
  // A schema may turn text into something else (`25h` into milliseconds) and then refuses its own result.
  if (isParsed(target)) return target as Target & TargetBase
  throw new ConfigError('AFD_COLLECT_TARGET', `not a target of ${collector.id}:\n${z.prettifyError(result.error)}`, {
    hint: `Compare it with the description of the ${collector.id} collector's target.`,
    subject: collector.id,
  })
}

/** A target's reach, or the bug that kept the collector from telling it. */
export function reachOf<Target>(
  collector: Collector<Target>,
  target: Target & TargetBase,
): Reach | { readonly error: unknown } {
  try {
    return collector.reach(target)
  } catch (error) {
    return { error }
  }
}

/** Whether it has what only a parsed target has: every common key, with the time limit in milliseconds. */
function isParsed(target: unknown): boolean {
  if (typeof target !== 'object' || target === null) return false
  const { permit, limits, trust } = target as Partial<TargetBase>
  if (!safetyClasses.some((known) => known === permit) || !Array.isArray(trust)) return false
  return typeof limits === 'object' && limits !== null && !('timeout' in limits)
}

async function drain<Target>(
  collector: Collector<Target>,
  target: Target & TargetBase,
  open: OpenContext,
  signal: AbortSignal,
  clock: Clock,
  observations: Observation[],
): Promise<void> {
  signal.throwIfAborted()
  const iterator = collector.collect(target, open.context)[Symbol.asyncIterator]()
  // Raced, so that a collector that does not heed the signal ends all the same.
  const grace = afterAbort(signal, graceMs)
  try {
    for (;;) {
      const step: IteratorResult<NewObservation, unknown> = await untilAborted(iterator.next(), grace.signal)
      if (step.done) return signal.throwIfAborted()
      const problem = observationProblem(step.value, collector, open.isRecorded)
      if (problem !== undefined) throw new ContractBreach(problem)
      observations.push(completed(step.value, clock))
      // Without a pause a collector that yields without end would keep every timer from going off.
      if (observations.length % yieldsInARow === 0) await setImmediate()
    }
  } finally {
    grace.clear()
    // Lets the collector's own `finally` run, without waiting for one that hangs.
    void iterator.return?.()?.catch(() => undefined)
  }
}

/**
 * How long a collector may take to come to an end after its time: enough to record what was under way and to yield what
 * it knows, while the context lets nothing more be sent.
 */
const graceMs = 250

const yieldsInARow = 100

/** A collector yielded what its contract does not allow. */
class ContractBreach extends Error {}

function failureOf(error: unknown, signal: AbortSignal, subject: string): CollectionError {
  if (signal.aborted && signal.reason instanceof CollectionError) return signal.reason
  const known = networkFailure(error, subject)
  if (known !== undefined) return known
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new CollectionError('bug', error instanceof ContractBreach ? error.message : message, {
    cause: error,
    hint: `This is a fault of the ${subject} collector, not of the target. Please report it.`,
  })
}

function logBug(open: OpenContext, error: unknown, collector: string): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  open.context.log.warn({ collector, stack }, 'a collector has a bug')
}

function describe(failure: CollectionError, redactor: Redactor): Collection['failure'] {
  return {
    code: failure.failure,
    message: redactor.text(failure.message),
    hint: failure.hint === undefined ? null : redactor.text(failure.hint),
  }
}

function redacted(observation: Observation, redactor: Redactor): Observation {
  return {
    ...observation,
    subject: redactor.text(observation.subject),
    facts: mapTexts(observation.facts, redactor.text) as JsonObject,
  }
}
