import type { Socket } from 'node:net'
import * as z from 'zod'
import type { Observation } from '../model/evidence.ts'
import type { Limits, SafetyClass } from '../model/plan.ts'
import { safetyClasses } from '../model/plan.ts'
import type { Derived, NotDerived, Recording } from '../model/replay.ts'
import { secretReferencePattern, secretReferenceRule } from '../model/secret.ts'
import { type Clock, parseDurationMs } from '../model/time.ts'

/** A host (name or address) and a TCP port. */
export type Endpoint = { readonly host: string; readonly port: number }

/** What a target lets its collector touch; the context refuses anything else (`not-permitted`). */
export type Reach = {
  readonly endpoints: readonly Endpoint[]
  /** Files, and directories with everything below them. */
  readonly paths: readonly string[]
}

/** An observation as a collector yields it; the moment of yielding stands in where `collected` is absent. */
export type NewObservation = Omit<Observation, 'collected' | 'evidence'> &
  Partial<Pick<Observation, 'collected' | 'evidence'>>

/** One HTTP request. Redirects are never followed. */
export type HttpRequest = {
  readonly method?: string
  readonly url: string | URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** The least class that the target must permit; `passive` where absent. */
  readonly class?: SafetyClass
  /** Response bytes read at most; the rest is cut and `truncated` says so. Default 1 MiB. */
  readonly maxBytes?: number
  /** Default: what is left of the collection's own time. */
  readonly timeoutMs?: number
  /**
   * False where the response may hold personal data that evidence does not need: the artefact then states the body's
   * length and SHA-256 in its place. Default true.
   */
  readonly keepBody?: boolean
}

/** An HTTP response that came back, whatever its status, with the name of the artefact that holds the exchange. */
export type HttpExchange = {
  readonly status: number
  /** Lower-case names; one element a field line. */
  readonly headers: { readonly [name: string]: readonly string[] }
  readonly body: Uint8Array
  readonly truncated: boolean
  readonly durationMs: number
  /** Name of the recorded artefact: request and response, redacted. */
  readonly evidence: string
  header(name: string): string | undefined
  text(): string
  /** Throws CollectionError `unparsable` where the body is not JSON. */
  json(): unknown
}

/** One address of the host to connect to, of those that `resolve` gives, and what ends the waiting for it. */
export type ConnectOptions = { readonly address?: string; readonly signal?: AbortSignal }

/** Files of the machine that Affidavit runs on, within the target's reach. */
export type Files = {
  stat(path: string): Promise<FileFacts>
  /** Names in a directory, sorted. */
  list(directory: string): Promise<readonly string[]>
  /** The bytes of a file from `offset`; at most `maxBytes` (default 1 MiB). Gzip is left as it is. */
  read(path: string, options?: { readonly offset?: number; readonly maxBytes?: number }): Promise<Uint8Array>
}

export type FileFacts = {
  /** The absolute path that was asked for; symbolic links in it stand as they are. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'other'
  readonly size: number
  /** Permission bits, for instance 0o640. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export type RecordType = 'CAA' | 'TXT' | 'MX' | 'NS' | 'CNAME' | 'HTTPS'

/** DNS answers; an empty list where the name exists without such records, CollectionError `unresolved` otherwise. */
export type Resolver = {
  addresses(host: string): Promise<readonly string[]>
  /** HTTPS records (RFC 9460) and CAA as in a zone file. */
  records(host: string, type: RecordType): Promise<readonly string[]>
}

/**
 * All that a collector may touch. Every wait ends with `signal`; every byte, read from a file or a socket or written to
 * one, counts against the target's limits; what goes wrong is a CollectionError with a code of `failureCodes`, and its
 * `evidence` names the recorded exchange where there was one.
 */
export type Context = {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly limits: Limits
  /** Whether the target permits probes of this class. */
  permits(safety: SafetyClass): boolean
  /**
   * Says that a probe was left out, and why; it is reported as not measured. Where all that is missing is observations
   * of one `kind`, only controls over that kind mention it.
   */
  leaveOut(probe: string, reason: string, kind?: string): void
  http(request: HttpRequest): Promise<HttpExchange>
  /**
   * An open TCP socket within the target's reach; the caller destroys it. Bytes and connections are counted. Of a host
   * with several addresses, the first that takes a connection, unless one of them is named.
   */
  connect(endpoint: Endpoint, options?: ConnectOptions): Promise<Socket>
  readonly resolve: Resolver
  readonly files: Files
  /** The value behind a reference (`env:NAME`, `file:path`); from then on it is redacted wherever it appears. */
  secret(reference: SecretReference): Promise<string>
  /** Makes a text safe to keep: known secrets and secret-shaped values are replaced by `[redacted:kind]`. */
  redact(text: string): string
  /** Registers a value that must never be kept, for instance a token that was just issued. */
  conceal(value: string, kind: string): void
  /** Keeps raw bytes as an artefact and returns its name; text is redacted first. */
  record(name: string, mediaType: string, bytes: Uint8Array | string): string
  readonly log: Log
}

/** Structured logging: fields, not sentences. */
export type Log = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** A module that looks at one kind of thing and reports facts. Everything about it that Affidavit needs stands here. */
export type Collector<Target = unknown> = {
  /** `tls`, `auth`; the folder's name. */
  readonly id: string
  /** Raised when the meaning of a fact changes. */
  readonly version: number
  readonly title: string
  /** Every observation kind that it can yield; yielding another one is a bug. */
  readonly emits: readonly string[]
  /** Parses what stands under `target:` in affidavit.yaml; built with `targetSchema`. */
  readonly target: z.ZodType<Target & TargetBase>
  readonly defaults: Limits
  /** Turns `example.com:443` into a raw target for `affidavit probe`; undefined where it cannot be done. */
  shorthand?(text: string): unknown
  /** What its short form is, with an example: a noun phrase for messages. */
  readonly shorthandForm?: string
  /** What the target looks at, in a form that stays the same from run to run. */
  subject(target: Target & TargetBase): string
  reach(target: Target & TargetBase): Reach
  /** Yields observations as they are made, so that nothing already observed is lost when time runs out. */
  collect(target: Target & TargetBase, context: Context): AsyncIterable<NewObservation>
  /**
   * Derives the observations of a collection again from what was recorded of it, by the same code that made them: pure,
   * without network, secrets or configuration. What does not follow from the recorded bytes is said to be open, never
   * copied from the recorded facts. Throws where artefacts are not what this collector records. Undefined where it cannot.
   */
  replay?(recording: Recording): readonly (Derived | NotDerived)[]
}

/** What every target has, whatever its collector. */
export type TargetBase = {
  readonly permit: SafetyClass
  readonly limits: Partial<Limits>
  /** PEM files with further trust anchors. */
  readonly trust: readonly string[]
}

/** `env:NAME` or `file:path`: where a secret is, never the secret itself. */
export const SecretReference = z
  .string()
  .regex(secretReferencePattern, secretReferenceRule)
  .brand<'SecretReference'>()
  .describe('Where a secret is: env:NAME or file:path. A literal value is refused.')
export type SecretReference = z.infer<typeof SecretReference>

/** `20s`, `15m`, `36h`, `90d`; parsed to milliseconds. */
export const Duration = z
  .string()
  .refine(
    (text) => parseDurationMs(text) !== undefined,
    'a duration is a number with a unit: 500ms, 20s, 15m, 36h, 90d',
  )
  .transform((text) => parseDurationMs(text) ?? 0)
  .describe('A duration: 500ms, 20s, 15m, 36h, 90d')

const limitsSchema = z
  .strictObject({
    timeout: Duration.optional().describe('Wall time of one collection'),
    concurrency: z.int().min(1).max(64).optional().describe('Connections open at the same time'),
    connections: z.int().min(1).max(100_000).optional(),
    requests: z.int().min(0).max(100_000).optional(),
    bytes: z.int().min(1).optional(),
  })
  .transform(
    ({ timeout, ...rest }): Partial<Limits> => ({
      ...rest,
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    }),
  )

/** A target's schema: the collector's own keys beside the ones that every target has. Unknown keys are refused. */
export function targetSchema<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({
    ...shape,
    permit: z.enum(safetyClasses).default('passive').describe('How far probes may go against this target'),
    limits: limitsSchema.default({}).describe('Bounds that differ from the collector’s defaults'),
    trust: z.array(z.string()).default([]).describe('PEM files with further trust anchors'),
  })
}
