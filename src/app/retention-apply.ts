import { userInfo } from 'node:os'
import type { NoteSigner, Store } from '../ledger/store.ts'
import type { Sha256 } from '../model/digest.ts'
import type { ErasureFacts, ErasureTrigger } from '../model/erasure.ts'
import { erasureKind } from '../model/erasure.ts'
import { StoreError } from '../model/errors.ts'
import type { Entry, NewEntry } from '../model/evidence.ts'
import type { JsonObject } from '../model/json.ts'
import { inForce, type Now } from '../model/retention.ts'
import { ownEntry } from './own-entries.ts'
import type { Project } from './project.ts'
import { type Planned, planRetention, type RetentionPlan, type StoredArtefact } from './retention-plan.ts'
import { type RetentionSlot, type RetentionSlotFacts, retentionEntry } from './retention-slot.ts'
import { populationEntries } from './run.ts'

export type AppliedRetention = {
  /** One entry for each policy, or several where one has very much to erase. */
  readonly erasures: readonly { readonly entry: number; readonly policy: string | null; readonly artefacts: number }[]
  readonly artefacts: number
  /** Bytes. */
  readonly size: number
  /** Why the store's files could not be rewritten, so that applying again has to do it; null where they were. */
  readonly unscrubbed: string | null
}

/** Artefacts that one entry names. */
const mostInOneEntry = 200

/**
 * Erases what the configuration's policies say, as entries of the ledger, signs a checkpoint over them, and rewrites the
 * store's files without what was erased. For a slot the ledger then says that it is done, whatever was due. While a run
 * goes on it throws StoreError; what was erased until an error or the signal came stays erased, with its entry.
 */
export async function applyRetention(
  project: Project,
  store: Store,
  ledgerKey: NoteSigner,
  options: {
    readonly trigger: Exclude<ErasureTrigger, 'demand'>
    /** Only these, as somebody saw them in a plan; all that is due where absent. */
    readonly only?: ReadonlySet<Sha256>
    /** The daemon's slot that this is done for. */
    readonly slot?: RetentionSlot
    readonly signal: AbortSignal
  },
): Promise<AppliedRetention & { readonly plan: RetentionPlan }> {
  await using _ = await store.lockRuns()
  const frame = { run: erasureId(project), slot: null }
  const population = await populationEntries(project, store, frame)
  const plan = await planRetention(project, store)
  const due = plan.due.filter(({ commitment }) => options.only?.has(commitment) ?? true)
  // Which policies and holds applied can then be read in the ledger; where nothing is due and said it needs not know.
  if (due.length > 0 || options.slot) await store.append(population)
  const erased: Entry[] = []
  for (const batch of batchesOf(due)) {
    options.signal.throwIfAborted()
    const facts = policyFacts(project, batch, plan.now, options.trigger)
    erased.push(...(await store.erase([erasureEntry(project, frame.run, facts)], plan.size)))
  }
  const applied = await conclude(store, ledgerKey, erased, due)
  if (options.slot) {
    await store.append([retentionEntry(project, frame.run, options.slot, slotFacts(project, plan.now, applied))])
    await store.checkpoint(ledgerKey)
  }
  return { ...applied, plan }
}

function slotFacts(project: Project, now: Now, applied: AppliedRetention): RetentionSlotFacts {
  const { erasures, artefacts, size, unscrubbed } = applied
  return {
    asOf: now.earliest,
    policies: project.config.retention.policies.map(({ id }) => id),
    holds: holdsInForce(project, now),
    artefacts,
    size,
    entries: erasures.map(({ entry }) => entry),
    scrubbed: unscrubbed === null,
  }
}

/** The entry of one act of erasure. */
export function erasureEntry(project: Project, id: string, facts: ErasureFacts): NewEntry {
  return ownEntry(project, { run: id, slot: null }, erasureKind, facts as unknown as JsonObject)
}

/** `erasure-20261124T022342Z`. */
export function erasureId(project: Project): string {
  return `erasure-${project.clock.now().replaceAll(/[-:]|\.\d+/g, '')}`
}

/** Signs for what was erased, and takes it out of the files. */
export async function conclude(
  store: Store,
  ledgerKey: NoteSigner,
  erased: readonly Entry[],
  artefacts: readonly StoredArtefact[],
): Promise<AppliedRetention> {
  if (erased.length > 0) await store.checkpoint(ledgerKey)
  return {
    erasures: erased.map(({ sequence, facts }) => {
      const { policy, artefacts: named } = facts as unknown as ErasureFacts
      return { entry: sequence, policy, artefacts: named.length }
    }),
    artefacts: artefacts.length,
    size: artefacts.reduce((sum, { size }) => sum + size, 0),
    unscrubbed: await unscrubbed(store),
  }
}

/** What was erased stays erased whether or not its remnants could be removed, so that this is no failure. */
async function unscrubbed(store: Store): Promise<string | null> {
  try {
    return (await store.scrub()) ? null : 'another process has the store open'
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    if (error.code !== 'AFD_STORE_FULL') return error.message
    return 'there is no room for further copies, beside the store and in the folder for temporary files (SQLITE_TMPDIR)'
  }
}

/** What an erasure's entry says of its artefacts. */
export function erasedFacts(artefacts: readonly StoredArtefact[]): ErasureFacts['artefacts'] {
  return artefacts.map(({ commitment, size, uses }) => ({
    commitment,
    size,
    entries: [...new Set(uses.map(({ entry }) => entry))],
  }))
}

/** Ids of the holds that were asked. */
export function holdsInForce({ config }: Project, now: Now): readonly string[] {
  return config.retention.holds.filter((hold) => inForce(hold, now)).map(({ id }) => id)
}

/** The operating system's name of who is at work; null where it has none. */
export function operator(): string | null {
  try {
    return userInfo().username
  } catch {
    // A container may run under a number that has no name.
    return process.getuid ? `uid ${process.getuid()}` : null
  }
}

function batchesOf(due: readonly Planned<'due'>[]): readonly (readonly Planned<'due'>[])[] {
  const byPolicy = [...Map.groupBy(due, ({ ruling }) => ruling.policy).values()]
  return byPolicy.flatMap((all) =>
    Array.from({ length: Math.ceil(all.length / mostInOneEntry) }, (_, index) =>
      all.slice(index * mostInOneEntry, (index + 1) * mostInOneEntry),
    ),
  )
}

function policyFacts(
  project: Project,
  batch: readonly Planned<'due'>[],
  now: Now,
  trigger: ErasureTrigger,
): ErasureFacts {
  const id = batch[0]?.ruling.policy
  const policy = project.config.retention.policies.find((each) => each.id === id)
  if (!policy) throw new TypeError(`no policy ${id}`)
  return {
    policy: policy.id,
    basis: policy.basis,
    keep: policy.keep.text,
    reason: null,
    trigger,
    by: trigger === 'schedule' ? null : operator(),
    asOf: now.earliest,
    holds: holdsInForce(project, now),
    artefacts: erasedFacts(batch),
  }
}
