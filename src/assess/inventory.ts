import { type InventoryItem, inventoryKinds } from '../model/assessment.ts'
import type { Entry } from '../model/evidence.ts'
import type { CollectionUnit } from './collections.ts'

/**
 * What the newest collection of each target saw of each kind, whole: a version or a chain that a target no longer shows
 * is not in it. Collections oldest first; the items stand by kind, then as the targets first appeared.
 */
export function inventoryOf(collections: readonly CollectionUnit[]): readonly InventoryItem[] {
  const newest = new Map<string, readonly Entry[]>()
  for (const { target, byKind } of collections) {
    for (const kind of inventoryKinds) {
      const entries = byKind.get(kind)
      if (entries) newest.set(`${kind}\n${target}`, entries)
    }
  }
  return inventoryKinds.flatMap((kind) =>
    [...newest.values()].flatMap((entries) =>
      entries.filter((entry) => entry.kind === kind).map((entry) => item(entry, kind)),
    ),
  )
}

function item(entry: Entry, kind: InventoryItem['kind']): InventoryItem {
  return {
    entry: entry.sequence,
    kind,
    subject: entry.subject,
    component: entry.component ?? '',
    target: entry.target ?? '',
    collected: entry.collected,
    facts: entry.facts,
  }
}
