import type { HttpExchange } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'
import { announcedQuota, quotaUsedUp } from './rate-limit-fields.ts'

/** One request of the burst and how it ended. */
export type Shot = { readonly ordinal: number; readonly result: Answered | CollectionError }
/** As much of an answer as decides. */
export type Answered = Pick<HttpExchange, 'status' | 'headers' | 'evidence'>

/** What a burst shows, and the request that decided it. */
export type Verdict = {
  readonly limited: 'yes' | 'no' | 'undetermined'
  readonly reason: string
  readonly by: Shot | null
  /** How many requests passed, and one; null where no limit was met. */
  readonly firstLimited: number | null
}

/** What a burst shows; `shots` in the order in which they were sent. */
export function verdictOf(shots: readonly Shot[]): Verdict {
  const unknown = (reason: string, by: Shot | null = null): Verdict => ({
    limited: 'undetermined',
    reason,
    by,
    firstLimited: null,
  })
  const limited = shots.find(isLimited)
  if (limited) {
    // Requests under way together reach the server in any order: how many passed is the same every time.
    const firstLimited = shots.filter((shot) => !isLimited(shot)).length + 1
    const reason = `request ${firstLimited} was answered ${statusOf(limited)}`
    return { limited: 'yes', reason, by: limited, firstLimited }
  }
  const broken = shots.find((shot) => !isUsable(shot))
  if (broken) return unknown(whyBroken(broken), broken)
  const usual = statusOf(shots[0])
  const other = shots.find((shot) => statusOf(shot) !== usual)
  if (other) {
    return unknown(
      `request ${other.ordinal} was answered ${statusOf(other)} where the first was answered ${usual}`,
      other,
    )
  }
  const all = `all ${shots.length} requests were answered ${usual}`
  if (usual !== null && usual >= 400) {
    return unknown(`${all}: a limit on accepted requests would not show; name another path or give a credential`)
  }
  const quota = announced(shots)
  if (quota !== null && quota >= shots.length) {
    return unknown(`${all}, and the server announces a limit of ${quota}: raise the budget above it`)
  }
  return { limited: 'no', reason: all, by: null, firstLimited: null }
}

function announced(shots: readonly Shot[]): number | null {
  const quotas = shots.flatMap(({ result }) =>
    result instanceof CollectionError ? [] : (announcedQuota(result.headers) ?? []),
  )
  return quotas.length === 0 ? null : Math.min(...quotas)
}

/** 429, or a 503 that says that the quota is used up; a bare 503 may as well be a server that fails. */
function isLimited({ result }: Shot): boolean {
  if (result instanceof CollectionError) return false
  return result.status === 429 || (result.status === 503 && quotaUsedUp(result.headers))
}

/** Whether a request was answered by a server that neither limits nor fails. */
export function isUsable({ result }: Shot): boolean {
  return !(result instanceof CollectionError) && result.status < 500 && result.status !== 429
}

function whyBroken({ ordinal, result }: Shot): string {
  if (result instanceof CollectionError) return `request ${ordinal} failed: ${result.message}`
  if (result.status !== 503) return `request ${ordinal} was answered ${result.status}`
  return `request ${ordinal} was answered 503: by a limit that does not say so (nginx, without limit_req_status), or by a server that fails`
}

/** The status of an answer; null where none came. */
export function statusOf(shot: Shot | undefined): number | null {
  return shot === undefined || shot.result instanceof CollectionError ? null : shot.result.status
}
