import type { Store, StoredEntry } from '../../ledger/store.ts'
import type { Sha256 } from '../../model/digest.ts'
import { erasedBy, erasureKind } from '../../model/erasure.ts'
import type { Period } from '../../model/period.ts'
import { issueKinds, issueRecord } from '../check-issued.ts'
import { recordedFiles } from './content.ts'

/** What of a ledger goes into a bundle. */
export type Selected = {
  readonly entries: ReadonlyMap<number, Uint8Array>
  readonly artefacts: ReadonlySet<Sha256>
  /** Which of these were erased, and the sequence of the entry that says so, which is among the entries. */
  readonly erased: ReadonlyMap<Sha256, number>
  /** Ids of the reports of which the entries say that they were issued or raised. */
  readonly reports: ReadonlySet<string>
}

/**
 * The entries of the period, and beside them what was last recorded of configuration and catalogue before its end, and
 * which reports of it were issued, or raised, whenever that was, and whatever says of one of their artefacts that it was
 * erased.
 */
export async function selectEvidence(store: Store, size: number, period: Period | null): Promise<Selected> {
  const found = new Map<number, StoredEntry>()
  const take = (each: StoredEntry): void => {
    if (each.entry.sequence < size) found.set(each.entry.sequence, each)
  }
  for await (const each of store.entries(period ? { from: period.from, to: period.to } : {})) take(each)
  for (const kind of Object.keys(recordedFiles)) {
    const query = { kinds: [kind], order: 'desc' as const, limit: 1, ...(period ? { to: period.to } : {}) }
    for await (const each of store.entries(query)) take(each)
  }
  if (period) {
    for await (const each of store.entries({ kinds: issueKinds })) {
      if ((each.entry.facts.period as { readonly id?: unknown } | undefined)?.id === period.id) take(each)
    }
  }
  const artefacts = new Set(
    [...found.values()].flatMap(({ entry }) => entry.artefacts.map(({ commitment }) => commitment)),
  )
  const erased = new Map<Sha256, number>()
  for await (const each of store.entries({ kinds: [erasureKind] })) {
    const own = erasedBy(each.entry).filter((commitment) => artefacts.has(commitment))
    if (own.length === 0 || each.entry.sequence >= size) continue
    for (const commitment of own) erased.set(commitment, each.entry.sequence)
    take(each)
  }
  const reports = new Set(
    [...found.values()].flatMap(({ entry }) => (isIssue(entry) ? (issueRecord(entry)?.id ?? []) : [])),
  )
  const sorted = [...found].sort(([a], [b]) => a - b)
  return { entries: new Map(sorted.map(([sequence, { bytes }]) => [sequence, bytes])), artefacts, erased, reports }
}

function isIssue({ kind }: StoredEntry['entry']): boolean {
  return issueKinds.some((each) => each === kind)
}
