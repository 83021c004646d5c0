import type { Entry } from '../../model/evidence.ts'
import type { Derived, NotDerived } from '../../model/replay.ts'
import { type Comparison, compareObservation } from './compare.ts'

/** What of the derived belongs to an entry. */
export type Matched = Comparison | { readonly why: string }

/**
 * Finds for each entry what was derived of it: of those of its kind over the same artefacts the one that differs least,
 * each for one entry only. Beside these what is left without an entry.
 */
export function matchDerived(
  entries: readonly Entry[],
  derived: readonly (Derived | NotDerived)[],
): { readonly found: ReadonlyMap<Entry, Matched>; readonly left: readonly Derived[] } {
  const found = new Map<Entry, Matched>()
  const left: Derived[] = []
  const byKey = Map.groupBy(derived, keyOf)
  const entriesByKey = Map.groupBy(entries, (entry) =>
    keyOf({ kind: entry.kind, evidence: entry.artefacts.map(({ name }) => name) }),
  )
  for (const [key, candidates] of byKey) {
    const waiting = new Set(entriesByKey.get(key) ?? [])
    const free = new Set(candidates.filter((each) => 'facts' in each))
    // Those that fit are taken first, so that one forged entry does not push its neighbours out of place.
    for (const wanted of ['fits', 'closest'] as const) {
      for (const entry of waiting) {
        const best = closest(entry, free, wanted === 'fits')
        if (!best) continue
        found.set(entry, best.comparison)
        free.delete(best.derived)
        waiting.delete(entry)
      }
    }
    for (const entry of waiting) {
      const why = candidates.find((each) => 'why' in each && each.subject === entry.subject)
      if (why && 'why' in why) found.set(entry, { why: why.why })
    }
    left.push(...free)
  }
  return { found, left }
}

type Candidate = { readonly derived: Derived; readonly comparison: Comparison }

function closest(entry: Entry, free: ReadonlySet<Derived>, mustFit: boolean): Candidate | undefined {
  const { kind, subject, methods, collected, facts } = entry
  const recorded = { kind, subject, methods, collected, facts, evidence: [] }
  let best: Candidate | undefined
  for (const derived of free) {
    const comparison = compareObservation(recorded, derived)
    if (comparison.differences.length === 0) return { derived, comparison }
    if (!mustFit && (!best || comparison.differences.length < best.comparison.differences.length)) {
      best = { derived, comparison }
    }
  }
  return best
}

function keyOf({ kind, evidence }: Pick<Derived, 'kind' | 'evidence'>): string {
  return JSON.stringify([kind, ...evidence])
}
