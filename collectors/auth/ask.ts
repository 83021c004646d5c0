import { setTimeout as wait } from 'node:timers/promises'
import type { Context, HttpExchange, HttpRequest } from '../../src/collect/contract.ts'
import { CollectionError, type FailureCode } from '../../src/model/errors.ts'

/** What came of one request: an answer, or why there is none. */
export type Answer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly contentType: string | null
      readonly body: Uint8Array
      readonly text: string
      /** 401 with WWW-Authenticate, RFC 6750 section 3. */
      readonly challenge: boolean
      readonly cacheControl: string | null
      readonly evidence: readonly string[]
    }
  | {
      readonly kind: 'failure'
      readonly reason: string
      readonly evidence: readonly string[]
      readonly error: CollectionError
    }

/** Not an answer of the target: the collection itself cannot go on. */
const ends: readonly FailureCode[] = ['budget', 'interrupted', 'bug', 'secret']

const longestWaitSeconds = 10
const mostWaits = 2

/** Sends a request; waits out a 429 whose Retry-After is short, and sends it again. */
export async function ask(context: Context, request: HttpRequest): Promise<Answer> {
  for (let waits = 0; ; waits += 1) {
    try {
      const exchange = await context.http({ timeoutMs: 10_000, ...request })
      const seconds = exchange.status === 429 ? Number(exchange.header('retry-after') ?? Number.NaN) : Number.NaN
      const short = seconds >= 0 && seconds <= longestWaitSeconds
      if (!short || waits === mostWaits) return answerOf(exchange)
      context.log.debug({ url: String(request.url), seconds }, 'waiting out a rate limit')
      await wait(seconds * 1000, undefined, { signal: context.signal })
    } catch (error) {
      context.signal.throwIfAborted()
      if (!(error instanceof CollectionError) || ends.includes(error.failure)) throw error
      return { kind: 'failure', reason: error.message, evidence: error.evidence, error }
    }
  }
}

function answerOf(exchange: HttpExchange): Answer {
  return {
    kind: 'answer',
    status: exchange.status,
    contentType: exchange.header('content-type') ?? null,
    body: exchange.body,
    text: exchange.text(),
    challenge: exchange.status === 401 && exchange.header('www-authenticate') !== undefined,
    cacheControl: exchange.headers['cache-control']?.join(', ') ?? null,
    evidence: [exchange.evidence],
  }
}
