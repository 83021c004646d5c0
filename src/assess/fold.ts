import type { Decision, Freshness, HistoryPoint, Outcome } from '../model/finding.ts'
import type { Instant } from '../model/time.ts'
import type { Judger } from './judger.ts'
import {
  isConclusive,
  isFresh,
  latest,
  newestConclusion,
  type Shown,
  standingOf,
  type TargetState,
  type TimelinePoint,
} from './target-state.ts'
import { decisionOf, outcomeRank } from './verdict.ts'

/** What the evidence of a period says of one control and component, before anyone accepts anything. */
export type Folded = {
  readonly outcome: Outcome
  readonly freshness: Freshness
  /** It failed within the period, and the newest evidence of every subject holds again. */
  readonly closed: boolean
  /** What stands at the end, failing first, and in the same order what there is to say of it. */
  readonly standing: readonly Shown[]
  readonly decisions: readonly Decision[]
  readonly healed: readonly Decision[]
  readonly history: readonly HistoryPoint[]
  readonly firstFailed: Instant | null
  readonly lastFailed: Instant | null
  readonly lastCollected: Instant | null
  /** Until when the newest conclusive evidence counts; null where it does not age, or there is none. */
  readonly expires: Instant | null
  /** A collection newer than what stands that concluded nothing. */
  readonly trouble: Decision | null
}

/** A target's state, and whether the target is still in the plan. */
export type FoldedTarget = { readonly state: TargetState; readonly current: boolean }

/** Folds the targets that feed one control for one component; their order makes no difference. */
export function fold(targets: readonly FoldedTarget[], judge: Judger, asOf: Instant): Folded {
  const standing = standingOfAll(targets, asOf)
  const all = standing.flatMap(({ shown }) => shown).sort(byWeight)
  const timeline = targets.flatMap(({ state }) => state.timeline)
  const failedAt = timeline
    .filter(({ outcome }) => outcome === 'not-satisfied')
    .map(({ at }) => at)
    .sort()
  const newest = latest(standing.flatMap((one) => one.newest ?? []))
  const failing = new Set(all.filter(({ outcome }) => outcome === 'not-satisfied').map(place))
  const healed = targets
    .flatMap(({ state }) => [...state.failures.values()])
    .filter((failure) => !failing.has(place(failure)))
    .sort(byWeight)
  const decide = (shown: Shown): Decision => decisionFor(shown, judge)
  const outcome = outcomeOfAll(standing, failedAt.length > 0, asOf)
  const troubles = standing.flatMap(({ trouble }) => (trouble && !all.includes(trouble) ? [trouble] : []))
  const troubled = latest(troubles)
  return {
    outcome,
    freshness: freshnessOf(standing, failing.size > 0, asOf),
    closed: outcome === 'not-satisfied' && failing.size === 0 && standing.every(isSettled),
    standing: all,
    decisions: all.map(decide),
    healed: healed.map(decide),
    history: historyOf(timeline),
    firstFailed: failedAt[0] ?? null,
    lastFailed: failedAt.at(-1) ?? null,
    lastCollected: newest?.at ?? null,
    expires: newest?.expires ?? null,
    trouble: troubled ? decide(troubled) : null,
  }
}

function decisionFor({ entry, words, own, part }: Shown, judge: Judger): Decision {
  const judged = words ?? judge.explain(entry) ?? { outcome: own, reason: '', facts: {} }
  return decisionOf(entry, judged, part)
}

type TargetStanding = {
  readonly shown: readonly Shown[]
  readonly trouble: Shown | null
  /** The newest judgement that concluded something. */
  readonly newest: Shown | undefined
}

/**
 * What stands for each target. One that left the plan stands in only for what it left failing and nobody has looked at
 * since (taking a target out mends nothing), or for everything where no target is left.
 */
function standingOfAll(targets: readonly FoldedTarget[], asOf: Instant): readonly TargetStanding[] {
  const each = targets.map(({ state, current }) => ({
    shown: standingOf(state, asOf),
    trouble: state.trouble,
    newest: newestConclusion(state),
    current,
  }))
  const current = each.filter((one) => one.current)
  if (current.length === 0) return each
  const seen = current.flatMap(({ shown }) => shown).filter(({ outcome }) => isConclusive(outcome))
  const left = each
    .filter((one) => !one.current)
    .map(({ shown }) =>
      shown.filter((old) => old.outcome === 'not-satisfied' && !seen.some((one) => isNewer(one, old))),
    )
    .filter((shown) => shown.length > 0)
    .map((shown) => ({ shown, trouble: null, newest: latest(shown) }))
  return [...current, ...left]
}

function isNewer(one: Shown, old: Shown): boolean {
  return one.key === old.key && one.at > old.at
}

function outcomeOfAll(standing: readonly TargetStanding[], failed: boolean, asOf: Instant): Outcome {
  if (failed) return 'not-satisfied'
  const shown = standing.flatMap((one) => one.shown)
  const any = (outcome: Outcome): boolean => shown.some((each) => each.outcome === outcome)
  if (any('error')) return 'error'
  if (any('not-measured') || standing.length === 0 || standing.some((one) => one.shown.length === 0))
    return 'not-measured'
  if (any('satisfied')) return 'satisfied'
  // That nothing applied was seen once, too long ago to rely on.
  return shown.every((each) => isFresh(each, asOf)) ? 'not-applicable' : 'not-measured'
}

function isSettled({ shown }: TargetStanding): boolean {
  return shown.length > 0 && shown.every(({ outcome }) => outcome === 'satisfied' || outcome === 'not-applicable')
}

/** As fresh as the best evidence of a failure; otherwise no fresher than the target with the oldest evidence. */
function freshnessOf(standing: readonly TargetStanding[], failing: boolean, asOf: Instant): Freshness {
  const relevant = standing.filter(({ shown }) => !failing || shown.some(({ outcome }) => outcome === 'not-satisfied'))
  const each = relevant.map(({ newest }): Freshness => {
    if (!newest) return 'missing'
    return isFresh(newest, asOf) ? 'fresh' : 'stale'
  })
  if (failing && each.includes('fresh')) return 'fresh'
  if (each.length === 0 || each.includes('missing')) return 'missing'
  return each.includes('stale') ? 'stale' : 'fresh'
}

function historyOf(timeline: readonly TimelinePoint[]): readonly HistoryPoint[] {
  const runs = new Map<string, HistoryPoint>()
  for (const { run, at, outcome } of timeline) {
    const known = runs.get(run)
    const worse = !known || outcomeRank.indexOf(outcome) < outcomeRank.indexOf(known.outcome)
    runs.set(run, { run, at: known && known.at > at ? known.at : at, outcome: worse ? outcome : known.outcome })
  }
  return [...runs.values()].sort((a, b) => (a.at !== b.at ? (a.at < b.at ? -1 : 1) : a.run < b.run ? -1 : 1))
}

function place({ entry, key }: Shown): string {
  return `${entry.target}\n${key}`
}

function byWeight(a: Shown, b: Shown): number {
  const weight = outcomeRank.indexOf(a.outcome) - outcomeRank.indexOf(b.outcome)
  if (weight !== 0) return weight
  // Where only some observation has to hold, the one that does comes first.
  const own = Number(b.own === b.outcome) - Number(a.own === a.outcome)
  if (own !== 0) return own
  const [left, right] = [place(a), place(b)]
  return left < right ? -1 : left > right ? 1 : 0
}
