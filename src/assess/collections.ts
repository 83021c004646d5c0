import type { Entry } from '../model/evidence.ts'
import type { Instant } from '../model/time.ts'

/** One collection of one target within one run: the unit that rules judge and that schedules expect. */
export type CollectionUnit = {
  readonly run: string
  readonly target: string
  readonly component: string
  readonly collector: string
  readonly slot: Instant | null
  /** When it ended; where it never did, its last sign of life. */
  readonly at: Instant
  /** `interrupted`: it left observations behind, but no word of how it ended. */
  readonly state: 'completed' | 'failed' | 'interrupted'
  /** The `collection.completed` or `collection.failed` entry. */
  readonly end: Entry | null
  readonly observations: readonly Entry[]
  readonly byKind: ReadonlyMap<string, readonly Entry[]>
}

/** The collections that the entries tell of, oldest first; entries of different collections may stand in any order. */
export function collectionsFrom(entries: readonly Entry[]): readonly CollectionUnit[] {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    if (entry.target === null || entry.component === null) continue
    const key = `${entry.run}\n${entry.target}`
    const group = groups.get(key)
    if (group) group.push(entry)
    else groups.set(key, [entry])
  }
  return [...groups.values()].map(collectionOf).sort(byTime)
}

function collectionOf(entries: readonly Entry[]): CollectionUnit {
  // Where a collection was retried within its run, its last end counts.
  const end = entries.findLast(({ kind }) => isEnd(kind)) ?? null
  const last = end ?? entries.reduce((newest, entry) => (entry.collected > newest.collected ? entry : newest))
  const observations = entries.filter(({ kind }) => !isEnd(kind))
  return {
    run: last.run,
    target: last.target ?? '',
    component: last.component ?? '',
    collector: last.collector.id,
    slot: last.slot,
    at: last.collected,
    state: end === null ? 'interrupted' : end.kind === 'collection.completed' ? 'completed' : 'failed',
    end,
    observations,
    byKind: Map.groupBy(observations, ({ kind }) => kind),
  }
}

function isEnd(kind: string): boolean {
  return kind === 'collection.completed' || kind === 'collection.failed'
}

function byTime(a: CollectionUnit, b: CollectionUnit): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1
  if (a.run !== b.run) return a.run < b.run ? -1 : 1
  return a.target < b.target ? -1 : a.target > b.target ? 1 : 0
}
