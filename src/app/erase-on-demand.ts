import type { NoteSigner, Store } from '../ledger/store.ts'
import { ConfigError } from '../model/errors.ts'
import type { Entry } from '../model/evidence.ts'
import { holdsOver, rule } from '../model/retention.ts'
import { termEnds } from '../model/term.ts'
import type { Instant } from '../model/time.ts'
import { entryNumbered } from './browse.ts'
import type { Project } from './project.ts'
import {
  type AppliedRetention,
  conclude,
  erasedFacts,
  erasureEntry,
  erasureId,
  holdsInForce,
  operator,
} from './retention-apply.ts'
import { type StoredArtefact, type StoredArtefacts, storedArtefacts } from './retention-plan.ts'
import { populationEntries } from './run.ts'

/** What somebody wants erased: an entry's artefacts, one of them, or the one behind a commitment. */
export type ErasureDemand = {
  /** `E-12`. */
  readonly entry: string | undefined
  /** An artefact's name within the entry, or a commitment. */
  readonly artefact: string | undefined
  readonly reason: string
  /** A configured policy whose basis applies; otherwise `basis` says on which law or contract the demand rests. */
  readonly policy: string | undefined
  readonly basis: string | undefined
}

/** What a demand would erase. */
export type DemandedErasure = {
  readonly artefacts: readonly (StoredArtefact & {
    /** The policy that would have kept it longer, and until when; null where none would. */
    readonly early: { readonly policy: string; readonly until: Instant } | null
  })[]
  readonly basis: string
  readonly stored: StoredArtefacts
}

/** Finds what a demand means; throws ConfigError where it means nothing, or where a legal hold forbids it. */
export async function demandedErasure(project: Project, store: Store, demand: ErasureDemand): Promise<DemandedErasure> {
  const basis = basisOf(project, demand)
  const wanted = new Set(await commitmentsOf(store, demand))
  const stored = await storedArtefacts(project, store)
  const found = stored.artefacts.filter(({ commitment }) => wanted.has(commitment))
  if (found.length === 0) {
    throw new ConfigError('AFD_ERASE_NOTHING', 'the store holds no bytes of what you named', {
      hint: 'see what an entry has, and what was erased of it, with: affidavit evidence show E-12',
    })
  }
  const { retention, systems, organisation } = project.config
  const context = { systems, endOf: termEnds(organisation.timeZone), now: stored.now }
  for (const { name, uses } of found) {
    const holds = holdsOver(uses, retention.holds, stored.now)
    if (holds.length === 0) continue
    throw new ConfigError('AFD_ERASE_HELD', `"${name}" is under legal hold ${holds.join(', ')}; nothing was erased`, {
      hint: 'a hold is lifted by whoever approved it, with `until` in affidavit.yaml',
    })
  }
  const artefacts = found.map((artefact) => {
    const ruling = rule(artefact.uses, retention, context)
    return { ...artefact, early: ruling.state === 'kept' ? { policy: ruling.policy, until: ruling.until } : null }
  })
  return { artefacts, basis, stored }
}

/** Erases what a demand means, as `applyRetention` does what policies say; only what `seen` already showed. */
export async function eraseOnDemand(
  project: Project,
  store: Store,
  ledgerKey: NoteSigner,
  demand: ErasureDemand,
  seen: DemandedErasure,
): Promise<AppliedRetention> {
  await using _ = await store.lockRuns()
  const id = erasureId(project)
  const population = await populationEntries(project, store, { run: id, slot: null })
  const { artefacts, basis, stored } = await demandedErasure(project, store, demand)
  const shown = new Set(seen.artefacts.map(({ commitment }) => commitment))
  const wanted = artefacts.filter(({ commitment }) => shown.has(commitment))
  const entry = erasureEntry(project, id, {
    ...{ policy: demand.policy ?? null, basis, keep: null, reason: demand.reason },
    ...{ trigger: 'demand', by: operator(), asOf: stored.now.earliest, holds: holdsInForce(project, stored.now) },
    artefacts: erasedFacts(wanted),
  })
  await store.append(population)
  return await conclude(store, ledgerKey, await store.erase([entry], stored.size), wanted)
}

function basisOf({ config }: Project, { policy, basis }: ErasureDemand): string {
  if (policy === undefined && basis !== undefined) return basis
  const known = config.retention.policies.find(({ id }) => id === policy)
  if (known && basis === undefined) return known.basis
  const ids = config.retention.policies.map(({ id }) => id)
  const message =
    policy === undefined || basis !== undefined
      ? 'an erasure rests either on a policy or on a basis of its own'
      : `there is no retention policy "${policy}"`
  throw new ConfigError('AFD_ERASE_BASIS', message, {
    hint: `--basis "GDPR Art. 17", or --policy ${ids.length > 0 ? `with one of: ${ids.join(', ')}` : 'once retention.policies has one'}`,
  })
}

async function commitmentsOf(store: Store, { entry: id, artefact }: ErasureDemand): Promise<readonly string[]> {
  if (id === undefined) {
    if (artefact !== undefined && /^[0-9a-f]{64}$/.test(artefact)) return [artefact]
    throw new ConfigError('AFD_ERASE_NOTHING', 'it is not said which bytes are to be erased', {
      hint: 'name an entry (E-12), one of its artefacts (E-12 --artefact http-001.txt), or --artefact COMMITMENT',
    })
  }
  const entry: Entry = await entryNumbered(store, id)
  const chosen = entry.artefacts.filter(
    ({ name, commitment }) => artefact === undefined || name === artefact || commitment === artefact,
  )
  if (chosen.length > 0) return chosen.map(({ commitment }) => commitment)
  const names = entry.artefacts.map(({ name }) => name)
  const what = artefact === undefined ? 'no artefacts' : `no artefact "${artefact}"`
  throw new ConfigError('AFD_ARTEFACT_UNKNOWN', `E-${entry.sequence} has ${what}`, {
    hint: names.length > 0 ? `it has: ${names.join(', ')}` : 'it rests on no raw bytes',
  })
}
