import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { SigningError } from '../model/errors.ts'
import { concat, sameBytes } from './bytes.ts'
import { writeHash } from './cms/algorithms.ts'
import { type Certificate, readCertificate } from './cms/certificate.ts'
import { DerError, fields, readDer, readSmallInteger, tags } from './cms/der.ts'
import { derBoolean, derInteger, derOctets, derOid, derSequence } from './cms/der-write.ts'
import { type TimestampToken, TokenError, verifyToken } from './cms/timestamp-token.ts'
import { readCertificates } from './keys/pem.ts'
import type { Timestamper } from './signer.ts'

export type TimestamperOptions = {
  /** http or https; RFC 3161 section 3.4. */
  readonly url: string
  /** Certificates (PEM or DER) of which one must vouch for the authority; any authority is taken where absent. */
  readonly trust?: readonly (string | Uint8Array)[]
  /** Of one attempt; 10 s where absent. */
  readonly timeoutMs?: number
  /** 3 where absent; what the authority itself refuses is not tried again. */
  readonly attempts?: number
  /** Object identifiers of the policies under which a token may be made; any where absent or empty. */
  readonly policies?: readonly string[]
}

/** A response is at most this long. */
const mostBytes = 1 << 18

/** A client of one time-stamp authority over HTTP. Its errors are `AFD_TIMESTAMP_UNREACHABLE`, `_REFUSED`, `_TOKEN`. */
export function rfc3161Timestamper(options: TimestamperOptions): Timestamper {
  const { url, timeoutMs = 10_000, attempts = 3, policies = [] } = options
  const anchors = (options.trust ?? []).flatMap(readCertificates).map(readCertificate)
  return {
    title: url,
    anchors: anchors.map(({ bytes }) => bytes),
    async timestamp(digest, signal) {
      for (let attempt = 1; ; attempt++) {
        signal.throwIfAborted()
        try {
          return await ask(
            { url, anchors, policies },
            digest,
            AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
          )
        } catch (error) {
          signal.throwIfAborted()
          if (error instanceof SigningError) throw error
          if (attempt >= attempts) throw unreachable(url, error)
        }
        await wait(200 * 2 ** attempt, undefined, { signal })
      }
    },
  }
}

/** Asks several authorities in turn; the first token counts, and the last authority's error where there is none. */
export function firstOf(timestampers: readonly Timestamper[]): Timestamper {
  return {
    title: timestampers.map(({ title }) => title).join(', '),
    anchors: timestampers.flatMap(({ anchors }) => anchors ?? []),
    async timestamp(digest, signal) {
      const failures: SigningError[] = []
      for (const timestamper of timestampers) {
        try {
          return await timestamper.timestamp(digest, signal)
        } catch (error) {
          signal.throwIfAborted()
          if (!(error instanceof SigningError)) throw error
          failures.push(error)
        }
      }
      const [first] = failures
      if (failures.length === 1 && first) throw first
      throw new SigningError(
        'AFD_TIMESTAMP_UNREACHABLE',
        `no time-stamp authority gave a timestamp: ${failures.map(({ message }) => message).join('; ')}`,
        {
          hint: 'Check the network and the URLs; the report can be timestamped later.',
          cause: new AggregateError(failures),
        },
      )
    },
  }
}

type Authority = {
  readonly url: string
  readonly anchors: readonly Certificate[]
  readonly policies: readonly string[]
}

async function ask(
  { url, anchors, policies }: Authority,
  digest: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const nonce = randomBytes(12)
  nonce[0] = ((nonce[0] ?? 0) & 0x7f) | 0x40
  const [policy, another] = policies
  const query = derSequence(
    derInteger(1),
    derSequence(writeHash('sha256'), derOctets(digest)),
    // A request can name one policy only; of several, the authority chooses.
    ...(policy !== undefined && another === undefined ? [derOid(policy)] : []),
    derInteger(nonce),
    derBoolean(true),
  )
  const answer = await post(url, query, signal)
  const token = await checked(url, async () => readResponse(answer, url))
  const { info, path } = await checked(url, (): Promise<TimestampToken> => verifyToken(token, digest, anchors))
  if (!info.nonce || !sameBytes(info.nonce, nonce)) throw faulty(url, 'it answers another request')
  if (policies.length > 0 && !policies.includes(info.policy))
    throw faulty(url, `it was made under the policy ${info.policy}, which the configuration does not allow`)
  if (anchors.length > 0 && !path.anchor)
    throw faulty(url, 'none of the trusted certificates vouches for the authority')
  return token
}

async function post(url: string, body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const dispatcher = new Agent()
  try {
    const headers = { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' }
    const response = await request(url, { dispatcher, method: 'POST', headers, body, signal })
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of response.body) {
      size += part.length
      if (size > mostBytes) throw faulty(url, 'it is oversized')
      parts.push(part)
    }
    checkStatus(url, response.statusCode, response.headers['content-type'])
    return concat(...parts)
  } finally {
    await dispatcher.destroy()
  }
}

/** Throws SigningError where asking again would not help, and another error where it might. */
function checkStatus(url: string, status: number, contentType: string | string[] | undefined): void {
  if (status >= 500 || status === 429) throw new Error(`it answers with status ${status}`)
  const type = String(contentType ?? '')
    .split(';')[0]
    ?.trim()
    .toLowerCase()
  if (status === 200 && type === 'application/timestamp-reply') return
  throw new SigningError(
    'AFD_TIMESTAMP_REFUSED',
    `${url} answers with status ${status} and ${type || 'no media type'}`,
    {
      hint: 'Check that the URL is that of an RFC 3161 time-stamp authority.',
      subject: url,
    },
  )
}

/** TimeStampResp, RFC 3161 section 2.4.2: the token where the status is granted (with or without modifications). */
function readResponse(bytes: Uint8Array, url: string): Uint8Array {
  const part = fields(readDer(bytes), 'timeStampResp')
  const status = fields(part.any('status'), 'pkiStatusInfo')
  const code = readSmallInteger(status.any('status'), 'status')
  const text = status
    .optional(tags.sequence)
    ?.parts.map((line) => new TextDecoder().decode(line.content))
    .join(' ')
  if (code > 1) {
    throw new SigningError('AFD_TIMESTAMP_REFUSED', `${url} refuses with status ${code}${text ? `: ${text}` : ''}`, {
      hint: 'Ask the authority, or name another one.',
      subject: url,
    })
  }
  const token = part.take(tags.sequence, 'timeStampToken').bytes
  part.end()
  return token
}

async function checked<Result>(url: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DerError || error instanceof TokenError) throw faulty(url, error.message, error)
    throw error
  }
}

function faulty(url: string, reason: string, cause?: unknown): SigningError {
  return new SigningError('AFD_TIMESTAMP_TOKEN', `the token of ${url} is not to be believed: ${reason}`, {
    hint: 'Name another time-stamp authority.',
    subject: url,
    cause,
  })
}

function unreachable(url: string, cause: unknown): SigningError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SigningError('AFD_TIMESTAMP_UNREACHABLE', `${url} cannot be reached: ${reason}`, {
    hint: 'Check the network and the URL; the report can be timestamped later.',
    subject: url,
    cause,
  })
}
