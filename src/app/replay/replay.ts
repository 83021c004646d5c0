import type { Collector } from '../../collect/contract.ts'
import type { EntryQuery } from '../../ledger/store.ts'
import type { Entry } from '../../model/evidence.ts'
import { isEnding, replayCollection } from './collection.ts'
import type { ReplayEvent } from './outcome.ts'
import type { EvidenceSource } from './source.ts'

/** Which observations are replayed; every condition given must hold. */
export type ReplaySelection = Pick<EntryQuery, 'from' | 'to' | 'component' | 'target' | 'run'> & {
  /** These entries only. */
  readonly sequences?: readonly number[]
}

/**
 * Derives facts again from the artefacts that entries commit to and holds them against those that were recorded, one
 * collection after the other, in the order of the ledger. Touches no network and needs no secret. Of a completed
 * collection it tells what its artefacts show and no entry says, but where single entries were asked for.
 */
export async function* replayEvidence(
  source: EvidenceSource,
  selection: ReplaySelection,
  { collectors, signal }: { readonly collectors: ReadonlyMap<string, Collector>; readonly signal: AbortSignal },
): AsyncIterable<ReplayEvent> {
  const { sequences, ...query } = selection
  const wanted = sequences && new Set(sequences)
  const groups = sequences ? collectionsOf(source, sequences) : collections(source.entries(query))
  for await (const group of groups) {
    signal.throwIfAborted()
    const { entries, omitted } = await replayCollection(group, source, collectors)
    for (const entry of entries) if (!wanted || wanted.has(entry.entry)) yield { type: 'entry', ...entry }
    if (omitted.length === 0 || wanted || !(await isWhole(group, source))) continue
    for (const each of omitted) yield { type: 'omitted', ...each }
  }
}

/** Neighbours in the ledger of one run and target: a collection is appended as a whole, its ending last. */
async function* collections(entries: AsyncIterable<Entry>): AsyncIterable<readonly Entry[]> {
  let group: Entry[] = []
  for await (const entry of entries) {
    const [first] = group
    const last = group.at(-1)
    if (first && last && (isEnding(last) || !isSameCollection(first, entry))) {
      yield group
      group = []
    }
    if (entry.target !== null) group.push(entry)
  }
  if (group.length > 0) yield group
}

/** The collections that single entries belong to, each once. */
async function* collectionsOf(source: EvidenceSource, sequences: readonly number[]): AsyncIterable<readonly Entry[]> {
  const done = new Set<number>()
  for (const sequence of [...sequences].sort((a, b) => a - b)) {
    const entry = done.has(sequence) ? undefined : await source.entry(sequence)
    if (!entry || entry.target === null) continue
    for await (const group of collections(source.entries({ run: entry.run, target: entry.target }))) {
      if (!group.some((each) => each.sequence === sequence)) continue
      for (const each of group) done.add(each.sequence)
      yield group
    }
  }
}

function isSameCollection(one: Entry, other: Entry): boolean {
  return one.run === other.run && one.target === other.target
}

/** Whether these are all entries of a collection that came to its end, so that what is not among them was left out. */
async function isWhole(group: readonly Entry[], source: EvidenceSource): Promise<boolean> {
  const [first] = group
  if (!first || group.at(-1)?.kind !== 'collection.completed') return false
  if (group.some(({ sequence }, index) => sequence !== first.sequence + index)) return false
  if (first.sequence === 0) return true
  const before = await source.entry(first.sequence - 1)
  return before !== undefined && !isSameCollection(before, first)
}
