import { isContradiction, type ReplayEvent, type ReplayOutcome } from './outcome.ts'

/** What came of a replay, counted. */
export type ReplayTally = {
  /** `nothing-derived` shows nothing, for or against. */
  readonly verdict: 'follows' | 'contradicted' | 'nothing-derived'
  /** By collector and outcome. */
  readonly counts: { readonly [collector: string]: { readonly [outcome in ReplayOutcome]?: number } }
  readonly entries: number
  /** Entries of which at least one fact was derived again. */
  readonly derived: number
  /** Entries that speak against the evidence, and observations that no entry tells. */
  readonly contradictions: number
  readonly omitted: number
  /** Why entries were not derived, and why facts of derived ones stay open; a row for each reason. */
  readonly notDerived: readonly TalliedReason[]
  readonly open: readonly TalliedReason[]
}

export type TalliedReason = {
  readonly kind: string
  readonly reason: string
  /** Facts that it is about, by path; none where it is about the whole of an entry. */
  readonly facts: readonly string[]
  readonly entries: number
}

/** Reasons that are told one by one; what goes beyond is counted with the last. */
const mostReasons = 200

/** Counts events as they come, in bounded memory. */
export function startTally() {
  const counts = new Map<string, { [outcome in ReplayOutcome]?: number }>()
  const notDerived = new Map<string, TalliedReason>()
  const open = new Map<string, TalliedReason>()
  let [entries, derived, contradictions, omitted] = [0, 0, 0, 0]
  return {
    add(event: ReplayEvent): void {
      if (event.type === 'omitted') {
        omitted += 1
        contradictions += 1
        return
      }
      const { collector, outcome, kind, reason } = event
      entries += 1
      const own = counts.get(collector) ?? {}
      counts.set(collector, { ...own, [outcome]: (own[outcome] ?? 0) + 1 })
      if (isContradiction(outcome)) contradictions += 1
      if (['same', 'partly', 'differs', 'unfounded'].includes(outcome)) derived += 1
      if (reason !== null && !isContradiction(outcome)) addReason(notDerived, { kind, reason, facts: [], entries: 1 })
      const byReason = Map.groupBy(Object.entries(event.open), ([, why]) => why)
      for (const [why, facts] of byReason) {
        addReason(open, { kind, reason: why, facts: facts.map(([path]) => path), entries: 1 })
      }
    },
    result: (): ReplayTally => ({
      verdict: contradictions > 0 ? 'contradicted' : derived > 0 ? 'follows' : 'nothing-derived',
      counts: Object.fromEntries(counts),
      entries,
      derived,
      contradictions,
      omitted,
      notDerived: [...notDerived.values()],
      open: [...open.values()],
    }),
  }
}

function addReason(reasons: Map<string, TalliedReason>, one: TalliedReason): void {
  const key = JSON.stringify([one.kind, one.reason])
  const known = reasons.get(key)
  if (known) {
    const facts = [...new Set([...known.facts, ...one.facts])].sort()
    reasons.set(key, { ...known, facts, entries: known.entries + 1 })
  } else if (reasons.size < mostReasons) reasons.set(key, one)
}
