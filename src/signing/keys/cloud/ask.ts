import { setTimeout as wait } from 'node:timers/promises'
import { SigningError } from '../../../model/errors.ts'
import { untilAborted } from '../until-aborted.ts'

/** Why a cloud does not do what it is asked, as a closed list. */
export type CloudFailure =
  | 'denied'
  | 'credentials'
  | 'disabled'
  | 'not-found'
  | 'unsuitable'
  | 'throttled'
  | 'unreachable'
  | 'refused'

/** One cloud's key, and how to read that cloud's errors. */
export type Cloud = {
  /** For messages: `AWS KMS`. */
  readonly title: string
  /** For messages: what the key is called there. */
  readonly key: string
  /** What somebody needs to be allowed, and where credentials come from. */
  readonly advice: { readonly denied: string; readonly credentials: string }
  failure(error: unknown): CloudFailure
  /** Of one attempt; 15 s where absent. */
  readonly timeoutMs?: number
  /** Before the second attempt, doubled after it; 300 ms where absent. */
  readonly pauseMs?: number
}

const attempts = 3

/**
 * Asks a cloud, with at most three attempts while it is throttled or out of reach. Throws SigningError: `AFD_KMS_DENIED`,
 * `_CREDENTIALS`, `_DISABLED`, `_NOT_FOUND`, `_THROTTLED`, `_UNREACHABLE`, `_REFUSED`, or `AFD_KEY_UNSUITABLE`.
 */
export async function askCloud<Answer>(
  cloud: Cloud,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const { timeoutMs = 15_000, pauseMs = 300 } = cloud
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const either = AbortSignal.any([signal, timeout])
      // Some makers' clients cannot be called off; then their answer is not waited for.
      return await untilAborted(work(either), either)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof SigningError) throw error
      const failure = timeout.aborted ? 'unreachable' : cloud.failure(error)
      const passes = failure === 'throttled' || failure === 'unreachable'
      if (!passes || attempt >= attempts) {
        throw inWords(cloud, failure, timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : lineOf(error), error)
      }
    }
    await wait(pauseMs * 2 ** (attempt - 1), undefined, { signal })
  }
}

function inWords({ title, key, advice }: Cloud, failure: CloudFailure, reason: string, cause: unknown): SigningError {
  const error = (code: string, message: string, hint: string) =>
    new SigningError(code, `${message} (${reason})`, { hint, subject: key, cause })
  switch (failure) {
    case 'denied':
      return error('AFD_KMS_DENIED', `${title} does not let you use ${key}`, advice.denied)
    case 'credentials':
      return error('AFD_KMS_CREDENTIALS', `${title} does not know who you are`, advice.credentials)
    case 'disabled':
      return error('AFD_KMS_DISABLED', `${key} is disabled or about to be deleted`, `Enable it in ${title}.`)
    case 'not-found':
      return error(
        'AFD_KMS_NOT_FOUND',
        `${title} has no ${key}`,
        'Check its name, its region or vault, and its version.',
      )
    case 'unsuitable':
      return error('AFD_KEY_UNSUITABLE', `${key} cannot sign reports`, suitableKeys)
    case 'throttled':
      return error('AFD_KMS_THROTTLED', `${title} has too much to do`, 'Try again later, or ask for a higher quota.')
    case 'unreachable':
      return error('AFD_KMS_UNREACHABLE', `${title} cannot be reached`, 'Check the network and the proxy.')
    case 'refused':
      return error(
        'AFD_KMS_REFUSED',
        `${title} refuses the request for ${key}`,
        `The words in brackets are those of ${title}.`,
      )
    default:
      return failure satisfies never
  }
}

/** What a key in a cloud must be. */
export const suitableKeys =
  'Make a key for signing: ECDSA on P-256 or P-384, or RSA with 3072 or 4096 bits and PKCS #1 v1.5 over SHA-256.'

/** The error for a key of the wrong kind. */
export function unsuitable(key: string, what: string): SigningError {
  return new SigningError('AFD_KEY_UNSUITABLE', `${key} cannot sign reports: ${what}`, {
    hint: suitableKeys,
    subject: key,
  })
}

/** The error for an answer that cannot be right. */
export function corrupted(title: string, what: string): SigningError {
  return new SigningError('AFD_KMS_ANSWER', `the answer of ${title} is not to be believed: ${what}`, {
    hint: 'Try again; if it stays so, look for whatever stands between this machine and the cloud.',
  })
}

const networkCodes =
  /^(?:ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE|UND_ERR|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS)/

/** Whether an error, or one that caused it, is the network's. */
export function isNetworkError(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && networkCodes.test(at.code)) return true
    if (at instanceof AggregateError && at.errors.some(isNetworkError)) return true
  }
  return false
}

/** The first line of an error's message, at most 200 characters. */
function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  const [first = ''] = text.trim().split('\n')
  return first.length > 200 ? `${first.slice(0, 200)}…` : first
}
