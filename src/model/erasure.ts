import type { Sha256 } from './digest.ts'
import type { Entry } from './evidence.ts'
import { type Instant, instant } from './time.ts'

/** The kind of entry that says which artefact bytes were erased. */
export const erasureKind = 'artefact.erased'

/** What made an erasure happen: a person who applied the policies, the daemon's schedule, or a demand for single bytes. */
export const erasureTriggers = ['by-hand', 'schedule', 'demand'] as const
export type ErasureTrigger = (typeof erasureTriggers)[number]

/** One artefact whose salt, bytes and digest were removed from the store. */
export type ErasedArtefact = {
  readonly commitment: Sha256
  /** Bytes. */
  readonly size: number
  /** Sequences of all entries that refer to it, ascending. */
  readonly entries: readonly number[]
}

/** The facts of an `artefact.erased` entry. */
export type ErasureFacts = {
  /** Id of the policy; null where the bytes were demanded under none. */
  readonly policy: string | null
  /** The law or contract that the erasure rests on. */
  readonly basis: string
  /** How long the policy keeps, as it is written; null without a policy. */
  readonly keep: string | null
  /** Why these bytes were demanded; null where a policy was applied. */
  readonly reason: string | null
  readonly trigger: ErasureTrigger
  /** Who gave the command, as the operating system calls them; null for the daemon. */
  readonly by: string | null
  /** The moment up to which ages were measured. */
  readonly asOf: Instant
  /** Ids of the legal holds that were in force and covered none of these artefacts. */
  readonly holds: readonly string[]
  readonly artefacts: readonly ErasedArtefact[]
}

const hex = /^[0-9a-f]{64}$/

/** The artefacts that an entry says were erased; none where it is no such entry, whatever else it holds. */
export function erasedArtefacts(
  entry: Pick<Entry, 'kind' | 'collector' | 'facts'>,
): readonly Pick<ErasedArtefact, 'commitment' | 'entries'>[] {
  if (entry.kind !== erasureKind || entry.collector.id !== 'affidavit') return []
  const { artefacts } = entry.facts
  if (!Array.isArray(artefacts)) return []
  return artefacts.flatMap((artefact) => {
    const { commitment, entries } = (artefact ?? {}) as Partial<ErasedArtefact>
    if (typeof commitment !== 'string' || !hex.test(commitment)) return []
    return [{ commitment, entries: Array.isArray(entries) ? entries : [] }]
  })
}

/** Their commitments. */
export function erasedBy(entry: Pick<Entry, 'kind' | 'collector' | 'facts'>): readonly Sha256[] {
  return erasedArtefacts(entry).map(({ commitment }) => commitment)
}

/** One act of erasure as verdicts and reports name it. */
export type Erasure = {
  /** Sequence of its entry. */
  readonly entry: number
  readonly at: Instant
  readonly policy: string | null
  readonly basis: string
  readonly reason: string | null
  /** How many artefacts it took. */
  readonly artefacts: number
  /** For each of them the sequences of the entries that refer to it. */
  readonly behind: readonly (readonly number[])[]
}

/** What an `artefact.erased` entry tells; texts that are not there are empty, so that nothing a file holds can break it. */
export function erasureOf(entry: Entry): Erasure {
  const { policy, basis, reason } = entry.facts
  const erased = erasedArtefacts(entry)
  return {
    entry: entry.sequence,
    at: instant(entry.collected),
    policy: typeof policy === 'string' ? policy : null,
    basis: typeof basis === 'string' ? basis : '',
    reason: typeof reason === 'string' ? reason : null,
    artefacts: erased.length,
    behind: erased.map(({ entries }) => entries.filter((each) => typeof each === 'number')),
  }
}

/** `on 2026-11-29 under policy raw-personal (E-12)`, the day in UTC. */
export function erasureText({ entry, at, policy }: Pick<Erasure, 'entry' | 'at' | 'policy'>): string {
  return `on ${at.slice(0, 10)} ${policy === null ? 'on demand' : `under policy ${policy}`} (E-${entry})`
}
