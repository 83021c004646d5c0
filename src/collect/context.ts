import type { SecureContext } from 'node:tls'
import { CollectionError } from '../model/errors.ts'
import type { Artefact, LeftOut, Usage } from '../model/evidence.ts'
import type { JsonObject } from '../model/json.ts'
import { type Limits, safetyClasses } from '../model/plan.ts'
import type { Clock } from '../model/time.ts'
import { createBudget } from './budget.ts'
import { mapTexts } from './check-observation.ts'
import { createConnections } from './connections.ts'
import type { Context, Log, Reach, TargetBase } from './contract.ts'
import { createFiles } from './files.ts'
import { createGuard } from './guard.ts'
import { createHttp } from './http.ts'
import { createRedactor, type Redactor } from './redact.ts'
import { createResolver } from './resolver.ts'
import type { ReadSecret } from './secrets.ts'
import { trustContext } from './trust.ts'
import { userAgent } from './user-agent.ts'

/** A collection context and what the runner needs to know of it afterwards. */
export type OpenContext = {
  readonly context: Context
  readonly redactor: Redactor
  isRecorded(name: string): boolean
  readonly leftOut: readonly LeftOut[]
  /** Everything recorded so far, redacted with all that is known by now. */
  artefacts(): readonly Artefact[]
  usage(): Omit<Usage, 'durationMs'>
  close(): void
}

/** Opens the context of one collection; every wait in it ends with `signal`. */
export function openContext(options: {
  readonly target: TargetBase
  readonly reach: Reach
  readonly limits: Limits
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly log: Log
  readonly baseDirectory: string
  readonly readSecret: ReadSecret
  /** Values that must not be kept wherever they turn up. */
  readonly concealed?: readonly string[]
}): OpenContext {
  const { target, reach, limits, clock, signal, baseDirectory } = options
  const redactor = createRedactor()
  for (const value of options.concealed ?? []) redactor.conceal(value, 'secret')
  const budget = createBudget(limits)
  const guard = createGuard(reach.endpoints)
  const resolver = createResolver(signal)
  const connections = createConnections({ concurrency: limits.concurrency, budget, resolver, signal })
  const recorded = new Map<string, Artefact>()
  const leftOut: LeftOut[] = []
  let exchanges = 0
  let trust: Promise<SecureContext> | undefined

  function record(name: string, mediaType: string, bytes: Uint8Array | string): string {
    const unique = uniqueName(name, recorded)
    const copy = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : Uint8Array.from(bytes)
    recorded.set(unique, { name: unique, mediaType, bytes: copy })
    return unique
  }

  const http = createHttp({
    guard,
    budget,
    connections,
    signal,
    userAgent: userAgent(),
    secureContext: () => {
      trust ??= trustContext(target.trust, baseDirectory)
      return trust
    },
    record: (bytes) => {
      exchanges += 1
      return record(`http-${String(exchanges).padStart(3, '0')}.txt`, 'message/http', bytes)
    },
  })

  const context: Context = {
    clock,
    signal,
    limits,
    permits: (safety) => safetyClasses.indexOf(safety) <= safetyClasses.indexOf(target.permit),
    leaveOut: (probe, reason, kind) => {
      const why = { probe: redactor.text(probe), reason: redactor.text(reason) }
      leftOut.push(kind === undefined ? why : { ...why, kind })
    },
    http: async (request) => {
      signal.throwIfAborted()
      const safety = request.class ?? 'passive'
      if (!context.permits(safety)) {
        throw new CollectionError('not-permitted', `a ${safety} probe is not permitted against this target`, {
          hint: `Set permit: ${safety} in the target where that is safe.`,
        })
      }
      return http(request)
    },
    connect: async (endpoint, options) => {
      signal.throwIfAborted()
      guard(endpoint)
      return connections.raw(endpoint, options)
    },
    resolve: resolver,
    files: createFiles({ paths: reach.paths, baseDirectory, budget, signal }),
    secret: async (reference) => {
      signal.throwIfAborted()
      const value = await options.readSecret(reference)
      redactor.conceal(value, 'secret')
      return value
    },
    redact: redactor.text,
    conceal: redactor.conceal,
    record,
    log: redactedLog(options.log, redactor),
  }

  return {
    context,
    redactor,
    isRecorded: (name) => recorded.has(name),
    leftOut,
    artefacts: () => [...recorded.values()].map((artefact) => ({ ...artefact, bytes: redactor.bytes(artefact.bytes) })),
    usage: budget.usage,
    close: () => {
      connections.close()
      budget.close()
    },
  }
}

/** `name`, or `name-2` where that is taken; only characters that are safe in a file name. */
function uniqueName(name: string, taken: ReadonlyMap<string, unknown>): string {
  const safe = name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '') || 'artefact'
  if (!taken.has(safe)) return safe
  const [, stem = safe, extension = ''] = /^(.+?)((?:\.[A-Za-z0-9]+)*)$/.exec(safe) ?? []
  for (let count = 2; ; count += 1) {
    const next = `${stem}-${count}${extension}`
    if (!taken.has(next)) return next
  }
}

function redactedLog(log: Log, redactor: Redactor): Log {
  const safe = (fields: object): object => mapTexts(JSON.parse(JSON.stringify(fields)), redactor.text) as JsonObject
  return {
    debug: (fields, message) => log.debug(safe(fields), redactor.text(message)),
    info: (fields, message) => log.info(safe(fields), redactor.text(message)),
    warn: (fields, message) => log.warn(safe(fields), redactor.text(message)),
  }
}
