import type { Store } from '../ledger/store.ts'
import type { NewEntry } from '../model/evidence.ts'
import type { Instant } from '../model/time.ts'
import { ownEntry } from './own-entries.ts'
import type { Project } from './project.ts'

/** A slot of the schedule on which the daemon applies the retention policies. */
export type RetentionSlot = {
  /** Id of the schedule. */
  readonly schedule: string
  readonly slot: Instant
  /** Whether it was caught up after the daemon had been down. */
  readonly late: boolean
}

/** The facts of a `retention.applied` entry, beside those of the slot: what was applied and what became of it. */
export type RetentionSlotFacts = {
  /** The moment up to which ages were measured. */
  readonly asOf: Instant
  readonly policies: readonly string[]
  /** Ids of the legal holds in force. */
  readonly holds: readonly string[]
  /** How many were erased, their bytes, and the `artefact.erased` entries that name them. */
  readonly artefacts: number
  readonly size: number
  readonly entries: readonly number[]
  /** Whether the store's files were rewritten without what was erased. */
  readonly scrubbed: boolean
}

const kind = 'retention.applied'

/** The entry that says that the policies were applied for a slot, also where nothing was due. */
export function retentionEntry(
  project: Project,
  run: string,
  { schedule, slot, late }: RetentionSlot,
  facts: RetentionSlotFacts,
): NewEntry {
  return ownEntry(project, { run, slot }, kind, { schedule, late, ...facts })
}

/** Whether the ledger says that the policies were applied for a slot. */
export async function isRetentionApplied(
  store: Store,
  { schedule, slot }: Pick<RetentionSlot, 'schedule' | 'slot'>,
): Promise<boolean> {
  for await (const { entry } of store.entries({ kinds: [kind], order: 'desc' })) {
    if (entry.slot === slot && entry.facts.schedule === schedule) return true
    if (entry.slot !== null && entry.slot < slot) return false
  }
  return false
}

/** Since when the ledger has had the configuration that is in force now; null where it has another one, or none. */
export async function configuredSince({ config }: Project, store: Store): Promise<Instant | null> {
  for await (const { entry } of store.entries({ kinds: ['configuration.recorded'], order: 'desc', limit: 1 })) {
    return entry.facts.digest === config.digest ? entry.collected : null
  }
  return null
}
