import type { Context, HttpExchange, NewObservation } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { type Instant, millis } from '../../src/model/time.ts'
import type { Ask } from './ask.ts'
import { rateLimitFields, retryAfterSeconds } from './rate-limit-fields.ts'
import { isUsable, type Shot, statusOf, verdictOf } from './rate-limit-verdict.ts'
import { type GatewayTarget, urlAt } from './target.ts'

/**
 * One `gateway.rate-limit`: a burst of GET requests, no more than the target's budget, that ends at the first answer
 * unlike the first one. It counts as `test-identity`, and happens only where the target asks for it.
 */
export async function* observeRateLimit(
  target: GatewayTarget,
  context: Context,
  ask: Ask,
): AsyncIterable<NewObservation> {
  const { rateLimit } = target
  if (rateLimit === undefined) {
    context.leaveOut('rate limit', 'the target has no rateLimit, which opts in to a burst', 'gateway.rate-limit')
    return
  }
  if (!context.permits('test-identity')) {
    context.leaveOut('rate limit', 'the target does not permit test-identity', 'gateway.rate-limit')
    return
  }
  const { path, budget, parallel } = rateLimit
  const url = urlAt(target.url, path)
  const began = context.clock.now()
  const shots = await burst(budget, parallel, () =>
    ask({ url, class: 'test-identity', keepBody: false, maxBytes: 65_536 }),
  )
  const ended = context.clock.now()
  yield {
    kind: 'gateway.rate-limit',
    subject: url,
    methods: ['TEST'],
    evidence: shots.flatMap(({ result }) => result.evidence),
    facts: { ...burstFacts(path, shots, ended), budget, elapsedMs: millis(ended) - millis(began) },
  }
}

/** The facts that the answers to a burst show, in the order in which it was sent; pure. */
export function burstFacts(path: string, shots: readonly Shot[], ended: Instant): JsonObject {
  const { limited, reason, by, firstLimited } = verdictOf(shots)
  const decisive = by?.result instanceof CollectionError ? undefined : by?.result
  return {
    path,
    limited,
    reason,
    requests: shots.length,
    firstLimited,
    status: limited === 'yes' ? (decisive?.status ?? null) : null,
    retryAfter: limited === 'yes' && decisive ? retryAfterSeconds(decisive.headers, ended) : null,
    headers: [...new Set(shots.flatMap(({ result }) => fieldsOf(result)))].sort(),
  }
}

/** Sends up to `budget` requests, `parallel` at a time, and stops at the first that is answered unlike the first one. */
async function burst(budget: number, parallel: number, send: () => Promise<HttpExchange>): Promise<readonly Shot[]> {
  // The first one alone: it opens the connection and says what an answer without a limit looks like.
  const first: Shot = { ordinal: 1, result: await outcome(send) }
  const shots = [first]
  let sent = 1
  let over = !isUsable(first)
  const shoot = async (): Promise<void> => {
    while (!over && sent < budget) {
      sent += 1
      const shot = { ordinal: sent, result: await outcome(send) }
      shots.push(shot)
      over ||= !isUsable(shot) || statusOf(shot) !== statusOf(first)
    }
  }
  await Promise.all(Array.from({ length: parallel }, shoot))
  return shots.sort((a, b) => a.ordinal - b.ordinal)
}

async function outcome(send: () => Promise<HttpExchange>): Promise<HttpExchange | CollectionError> {
  try {
    return await send()
  } catch (error) {
    if (
      error instanceof CollectionError &&
      ['reset', 'closed', 'refused', 'timeout', 'budget'].includes(error.failure)
    ) {
      return error
    }
    throw error
  }
}

function fieldsOf(result: Shot['result']): readonly string[] {
  return result instanceof CollectionError ? [] : rateLimitFields(result.headers)
}
