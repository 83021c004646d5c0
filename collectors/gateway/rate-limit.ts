import type { Context, HttpExchange, NewObservation } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'
import { millis } from '../../src/model/time.ts'
import type { Ask } from './ask.ts'
import { announcedQuota, rateLimitFields, retryAfterSeconds } from './rate-limit-fields.ts'
import { type GatewayTarget, urlAt } from './target.ts'

/** One request of the burst and how it ended. */
type Shot = { readonly ordinal: number; readonly result: HttpExchange | CollectionError }
type Verdict = {
  readonly limited: 'yes' | 'no' | 'undetermined'
  readonly reason: string
  readonly by: Shot | null
}

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
    context.leaveOut('rate limit', 'the target has no rateLimit, which opts in to a burst')
    return
  }
  if (!context.permits('test-identity')) {
    context.leaveOut('rate limit', 'the target does not permit test-identity')
    return
  }
  const { path, budget, parallel } = rateLimit
  const url = urlAt(target.url, path)
  const began = context.clock.now()
  const shots = await burst(budget, parallel, () =>
    ask({ url, class: 'test-identity', keepBody: false, maxBytes: 65_536 }),
  )
  const ended = context.clock.now()
  const { limited, reason, by } = verdictOf(shots)
  const decisive = by?.result instanceof CollectionError ? undefined : by?.result
  yield {
    kind: 'gateway.rate-limit',
    subject: url,
    methods: ['TEST'],
    evidence: shots.flatMap(({ result }) => result.evidence),
    facts: {
      path,
      limited,
      reason,
      requests: shots.length,
      budget,
      firstLimited: limited === 'yes' ? (by?.ordinal ?? null) : null,
      status: limited === 'yes' ? (decisive?.status ?? null) : null,
      retryAfter: limited === 'yes' && decisive ? retryAfterSeconds(decisive.headers, ended) : null,
      headers: [...new Set(shots.flatMap(({ result }) => fieldsOf(result)))].sort(),
      elapsedMs: millis(ended) - millis(began),
    },
  }
}

/** Sends up to `budget` requests, `parallel` at a time, and stops at the first that is answered unlike the first one. */
async function burst(budget: number, parallel: number, send: () => Promise<HttpExchange>): Promise<readonly Shot[]> {
  const shots: Shot[] = []
  let sent = 0
  let over = false
  const shoot = async (): Promise<void> => {
    while (!over && sent < budget) {
      sent += 1
      const shot = { ordinal: sent, result: await outcome(send) }
      shots.push(shot)
      const first = shots.find(({ ordinal }) => ordinal === 1)
      over ||= !sameStatus(shot, first ?? shot) || !isUsable(shot)
    }
  }
  // The first one alone: it opens the connection and says what an answer without a limit looks like.
  sent = 1
  const first = { ordinal: 1, result: await outcome(send) }
  shots.push(first)
  over = !isUsable(first)
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

function verdictOf(shots: readonly Shot[]): Verdict {
  const limited = shots.find(({ result }) => isLimited(result))
  if (limited)
    return { limited: 'yes', reason: `request ${limited.ordinal} was answered ${statusOf(limited)}`, by: limited }
  const first = shots[0]
  const broken = shots.find((shot) => !isUsable(shot))
  if (broken) return { limited: 'undetermined', reason: whyBroken(broken), by: broken }
  const other = shots.find((shot) => first && !sameStatus(shot, first))
  if (other && first) {
    const reason = `request ${other.ordinal} was answered ${statusOf(other)} where the first was answered ${statusOf(first)}`
    return { limited: 'undetermined', reason, by: other }
  }
  const quotas = shots.flatMap(({ result }) =>
    result instanceof CollectionError ? [] : (announcedQuota(result.headers) ?? []),
  )
  const quota = Math.min(...quotas)
  if (quotas.length > 0 && quota >= shots.length) {
    const reason = `all ${shots.length} requests were answered, but the server announces a limit of ${quota}: raise the budget above it`
    return { limited: 'undetermined', reason, by: null }
  }
  return {
    limited: 'no',
    reason: `all ${shots.length} requests were answered ${first ? statusOf(first) : ''}`.trim(),
    by: null,
  }
}

/** 429, or a 503 that says when to come back; a bare 503 may as well be a server that fails. */
function isLimited(result: Shot['result']): boolean {
  if (result instanceof CollectionError) return false
  if (result.status === 429) return true
  return (
    result.status === 503 && result.header('retry-after') !== undefined && rateLimitFields(result.headers).length > 0
  )
}

function isUsable({ result }: Shot): boolean {
  return !(result instanceof CollectionError) && result.status < 500 && result.status !== 429
}

function whyBroken({ ordinal, result }: Shot): string {
  if (result instanceof CollectionError) return `request ${ordinal} failed: ${result.message}`
  if (result.status === 503) {
    return `request ${ordinal} was answered 503: by a limit that does not say so (nginx does without limit_req_status), or by a server that fails`
  }
  return `request ${ordinal} was answered ${result.status}`
}

function sameStatus(a: Shot, b: Shot): boolean {
  return statusOf(a) === statusOf(b)
}

function statusOf({ result }: Shot): number | null {
  return result instanceof CollectionError ? null : result.status
}

function fieldsOf(result: Shot['result']): readonly string[] {
  return result instanceof CollectionError ? [] : rateLimitFields(result.headers)
}
