/** What every error of ours carries besides its message. */
export type ErrorDetail = {
  /** What the reader should do next, as one sentence. */
  readonly hint?: string
  /** What the error is about: a file with line and column, a target, an entry. */
  readonly subject?: string
  readonly cause?: unknown
}

/**
 * The base of every error that a person can do something about. Subclasses say whose move it is and carry the exit code.
 * Anything that is not an AffidavitError is a bug: it is not wrapped, and the process exits with 70.
 */
export class AffidavitError extends Error {
  readonly code: string
  readonly hint: string | undefined
  readonly subject: string | undefined
  readonly exitCode: number = 1

  constructor(code: string, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = new.target.name
    this.code = code
    this.hint = detail.hint
    this.subject = detail.subject
  }
}

/** The configuration, a catalogue or a command line is wrong: the operator's move. Exit code 2. */
export class ConfigError extends AffidavitError {
  override readonly exitCode = 2
}

/** The evidence store cannot be opened, read or written. Exit code 3; what was acknowledged is still there. */
export class StoreError extends AffidavitError {
  override readonly exitCode = 3
}

/** Evidence, a proof or a report is not what it was. Exit code 4; never retried. */
export class IntegrityError extends AffidavitError {
  override readonly exitCode = 4
}

/** A key, a certificate, a signature or a time stamp could not be made or read. Exit code 5. */
export class SigningError extends AffidavitError {
  override readonly exitCode = 5
}

/** A report could not be laid out or printed, for instance because no browser was found. Exit code 6. */
export class RenderError extends AffidavitError {
  override readonly exitCode = 6
}

/** Why a collection brought nothing, as a closed list; the code stands in the `collection.failed` observation. */
export const failureCodes = [
  'timeout',
  'refused',
  'reset',
  'closed',
  'unreachable',
  'unresolved',
  'not-tls',
  'untrusted-certificate',
  'tls-handshake',
  'not-http',
  'too-large',
  'budget',
  'not-permitted',
  'not-found',
  'unreadable',
  'unparsable',
  'secret',
  'interrupted',
  'bug',
] as const
export type FailureCode = (typeof failureCodes)[number]

/** A target could not be looked at. It never ends a run: the runner records it as `collection.failed`. */
export class CollectionError extends AffidavitError {
  readonly failure: FailureCode
  /** Names of the artefacts that show the failure, for instance the recorded exchange; empty where there is none. */
  readonly evidence: readonly string[]

  constructor(failure: FailureCode, message: string, detail: ErrorDetail & { evidence?: readonly string[] } = {}) {
    super(`AFD_COLLECT_${failure.toUpperCase().replaceAll('-', '_')}`, message, detail)
    this.failure = failure
    this.evidence = detail.evidence ?? []
  }
}
