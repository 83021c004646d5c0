import { runsFrom } from '../assess/runs.ts'
import type { EntryQuery, Store } from '../ledger/store.ts'
import type { RunRecord } from '../model/assessment.ts'
import type { Sha256 } from '../model/digest.ts'
import { type Erasure, erasureOf, erasureText } from '../model/erasure.ts'
import { ConfigError, StoreError } from '../model/errors.ts'
import type { Entry } from '../model/evidence.ts'
import type { Period } from '../model/period.ts'
import type { Instant } from '../model/time.ts'

/** Entries that match, newest first. */
export async function listEntries(
  store: Store,
  filter: {
    readonly period?: Period
    readonly component?: string
    readonly kind?: string
    readonly run?: string
    readonly last: number
  },
): Promise<readonly Entry[]> {
  return entriesOf(store, {
    ...(filter.period ? { from: filter.period.from, to: filter.period.to } : {}),
    ...(filter.component ? { component: filter.component } : {}),
    ...(filter.kind ? { kinds: [filter.kind] } : {}),
    ...(filter.run ? { run: filter.run } : {}),
    order: 'desc',
    limit: filter.last,
  })
}

/** The entry that `E-12` or `12` names; throws ConfigError. */
export async function entryNumbered(store: Store, id: string): Promise<Entry> {
  const match = /^(?:E-)?(\d{1,15})$/i.exec(id)
  const stored = match?.[1] === undefined ? undefined : await store.entry(Number(match[1]))
  if (stored) return stored.entry
  const { size } = await store.state()
  throw new ConfigError('AFD_ENTRY_UNKNOWN', `there is no entry "${id}"`, {
    hint: size === 0 ? 'the ledger is empty; collect with: affidavit run' : `the ledger has E-0 to E-${size - 1}`,
  })
}

/** The raw bytes of one of an entry's artefacts; throws ConfigError, or StoreError where they are not there. */
export async function entryArtefact(store: Store, entry: Entry, name: string): Promise<Uint8Array> {
  const reference = entry.artefacts.find((artefact) => artefact.name === name)
  if (!reference) {
    const names = entry.artefacts.map((artefact) => artefact.name)
    throw new ConfigError('AFD_ARTEFACT_UNKNOWN', `E-${entry.sequence} has no artefact "${name}"`, {
      hint: names.length > 0 ? `it has: ${names.join(', ')}` : 'it has none',
    })
  }
  const artefact = await store.artefact(reference.commitment)
  if (artefact) return artefact.bytes
  const erasure = await store.erasure(reference.commitment)
  if (erasure) {
    const { reason, basis, ...told } = erasureOf(erasure)
    throw new StoreError('AFD_ARTEFACT_ERASED', `the bytes of "${name}" were erased ${erasureText(told)}`, {
      hint: `${basis}${reason === null ? '' : `: ${reason}`}; a backup or bundle made before may still have them`,
    })
  }
  throw new StoreError('AFD_ARTEFACT_ABSENT', `the bytes of "${name}" are not in the store`, {
    hint: 'check the store with: affidavit verify --store',
  })
}

/** The erasures of an entry's artefacts, by commitment; none of those whose bytes are there. */
export async function erasuresOf(
  store: Store,
  { artefacts }: Pick<Entry, 'artefacts'>,
): Promise<ReadonlyMap<Sha256, Erasure>> {
  const erasures = new Map<Sha256, Erasure>()
  for (const { commitment } of artefacts) {
    const entry = await store.erasure(commitment)
    if (entry) erasures.set(commitment, erasureOf(entry))
  }
  return erasures
}

/** Every run that the ledger tells of, oldest first. */
export async function listRuns(store: Store): Promise<readonly RunRecord[]> {
  return runsFrom(
    await entriesOf(store, {
      kinds: ['run.started', 'run.finished', 'run.interrupted', 'collection.completed', 'collection.failed'],
    }),
  )
}

/** The slots that runs belong to and the targets they were to collect from, of runs that started since a moment. */
export async function listSlotRuns(
  store: Store,
  from?: Instant,
): Promise<
  readonly { readonly slot: Instant | null; readonly finished: boolean; readonly targets: readonly string[] }[]
> {
  const since = from === undefined ? {} : { from }
  const finished = new Set((await entriesOf(store, { ...since, kinds: ['run.finished'] })).map(({ run }) => run))
  const started = await entriesOf(store, { ...since, kinds: ['run.started'] })
  return started.map(({ run, slot, facts }) => ({
    slot,
    finished: finished.has(run),
    targets: Array.isArray(facts.targets) ? facts.targets.map(String) : [],
  }))
}

/** The entries of one run, in order; throws ConfigError where there is no such run. */
export async function runEntries(store: Store, run: string): Promise<readonly Entry[]> {
  const entries = await entriesOf(store, { run })
  if (entries.length > 0) return entries
  throw new ConfigError('AFD_RUN_UNKNOWN', `there is no run "${run}"`, { hint: 'see them with: affidavit runs list' })
}

async function entriesOf(store: Store, query: EntryQuery): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for await (const { entry } of store.entries(query)) entries.push(entry)
  return entries
}
