import { mapTexts } from '../../collect/check-observation.ts'
import type { Collector } from '../../collect/contract.ts'
import { readExchange } from '../../collect/read-exchange.ts'
import { createRedactor } from '../../collect/redact.ts'
import type { Entry, Observation } from '../../model/evidence.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Derived, NotDerived, Recording } from '../../model/replay.ts'
import { type Matched, matchDerived } from './match.ts'
import type { OmittedObservation, ReplayedEntry, ReplayOutcome } from './outcome.ts'
import type { EvidenceSource } from './source.ts'

/** What was derived of one collection. */
export type ReplayedCollection = {
  readonly entries: readonly ReplayedEntry[]
  /** Derived, and told by none of the entries given. */
  readonly omitted: readonly OmittedObservation[]
}

/** Bytes of one collection that are held at the same time; what claims more is not replayed. */
const mostBytes = 512 * 1_024 * 1_024

/** The entries that say how a collection ended. */
export function isEnding({ kind }: Entry): boolean {
  return kind === 'collection.completed' || kind === 'collection.failed'
}

/**
 * Derives the observations of one collection again, from entries of one run and target. Never throws for what the
 * artefacts hold.
 */
export async function replayCollection(
  entries: readonly Entry[],
  source: EvidenceSource,
  collectors: ReadonlyMap<string, Collector>,
): Promise<ReplayedCollection> {
  const observed = entries.filter((entry) => !isEnding(entry))
  const all = (outcome: ReplayOutcome, reason: string): ReplayedCollection => ({
    entries: observed.map((entry) => replayed(entry, { outcome, reason })),
    omitted: [],
  })
  const [first] = entries
  if (!first) return { entries: [], omitted: [] }
  const { id, version } = first.collector
  const collector = collectors.get(id)
  if (!collector) return all('cannot', `this Affidavit has no collector ${id}`)
  if (entries.some((entry) => entry.collector.id !== id || entry.collector.version !== version)) {
    return all('unreadable', 'one collection names several collectors or versions')
  }
  if (collector.version !== version) {
    return all('other-version', `recorded by ${id} ${version}, and here is ${id} ${collector.version}`)
  }
  if (!collector.replay) return all('cannot', `the collector ${id} offers no replay`)
  const loaded = await loadArtefacts(entries, source)
  if (typeof loaded === 'string') return all('unreadable', loaded)
  const { artefacts, gone } = loaded
  const lost = new Map(observed.flatMap((entry) => lossOf(entry, gone)))
  const there = observed.filter((entry) => !lost.has(entry))
  const derived = derive(collector, there.map(toObservation), artefacts)
  const unreadable = typeof derived === 'string' ? derived : null
  const matched = typeof derived === 'string' ? undefined : matchDerived(there, derived)
  return {
    entries: observed.map((entry) => {
      const loss = lost.get(entry)
      if (loss) return replayed(entry, loss)
      if (unreadable !== null) return replayed(entry, { outcome: 'unreadable', reason: unreadable })
      return replayed(entry, verdictOf(matched?.found.get(entry)))
    }),
    omitted: (matched?.left ?? []).map(({ kind, subject, facts }) => ({
      run: first.run,
      target: first.target ?? '',
      collector: id,
      kind,
      subject,
      facts,
    })),
  }
}

type Verdict = Pick<ReplayedEntry, 'outcome' | 'reason'> & Partial<Pick<ReplayedEntry, 'differences' | 'open'>>

function replayed(entry: Entry, { outcome, reason, differences = [], open = {} }: Verdict): ReplayedEntry {
  const { sequence, kind, subject, target, run, collector } = entry
  return {
    entry: sequence,
    kind,
    subject,
    target: target ?? '',
    run,
    collector: collector.id,
    outcome,
    differences,
    open,
    reason,
  }
}

function verdictOf(match: Matched | undefined): Verdict {
  if (!match) return { outcome: 'unfounded', reason: 'no such observation follows from its artefacts' }
  if ('why' in match) return { outcome: 'cannot', reason: match.why }
  const { differences, open } = match
  if (differences.length > 0) return { outcome: 'differs', reason: null, differences, open }
  return { outcome: Object.keys(open).length > 0 ? 'partly' : 'same', reason: null, open }
}

type Gone = 'erased' | 'absent' | 'altered'

async function loadArtefacts(
  entries: readonly Entry[],
  source: EvidenceSource,
): Promise<{ readonly artefacts: Map<string, Uint8Array>; readonly gone: Map<string, Gone> } | string> {
  const named = new Map<string, Entry['artefacts'][number]>()
  for (const reference of entries.flatMap((entry) => entry.artefacts)) {
    const known = named.get(reference.name)
    if (known && known.commitment !== reference.commitment) {
      return `two artefacts of one collection are called ${reference.name}`
    }
    named.set(reference.name, reference)
  }
  const size = [...named.values()].reduce((sum, reference) => sum + reference.size, 0)
  if (size > mostBytes) return `its artefacts have ${size} bytes, more than one collection can`
  const artefacts = new Map<string, Uint8Array>()
  const gone = new Map<string, Gone>()
  for (const reference of named.values()) {
    const bytes = await source.artefact(reference)
    if (typeof bytes === 'string') gone.set(reference.name, bytes)
    else artefacts.set(reference.name, bytes)
  }
  return { artefacts, gone }
}

const losses: { readonly [gone in Gone]: string } = {
  altered: 'is not what the entry committed to',
  absent: 'is not there, and no entry says that it was erased',
  erased: 'was erased',
}

function lossOf(entry: Entry, gone: ReadonlyMap<string, Gone>): (readonly [Entry, Verdict])[] {
  const lost = entry.artefacts.flatMap(({ name }) => {
    const how = gone.get(name)
    return how ? [{ name, how }] : []
  })
  const worst = (['altered', 'absent', 'erased'] as const).flatMap(
    (how) => lost.find((each) => each.how === how) ?? [],
  )[0]
  return worst ? [[entry, { outcome: worst.how, reason: `${worst.name} ${losses[worst.how]}` }]] : []
}

function toObservation({ kind, subject, methods, collected, facts, artefacts }: Entry): Observation {
  return { kind, subject, methods, collected, facts, evidence: artefacts.map(({ name }) => name) }
}

/** What the collector makes of the bytes, redacted like everything that it yields; a sentence where it can make nothing of them. */
function derive(
  collector: Collector,
  observations: readonly Observation[],
  artefacts: ReadonlyMap<string, Uint8Array>,
): readonly (Derived | NotDerived)[] | string {
  const redact = createRedactor().text
  const recording: Recording = {
    observations,
    artefacts,
    http(name) {
      const bytes = artefacts.get(name)
      if (!bytes) throw new TypeError(`there is no artefact ${name}`)
      return readExchange(bytes)
    },
  }
  try {
    return (collector.replay?.(recording) ?? []).map((each) => ({
      ...each,
      subject: redact(each.subject),
      ...('facts' in each ? { facts: mapTexts(each.facts, redact) as JsonObject } : {}),
    }))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return `its artefacts are not what the collector ${collector.id} records: ${redact(message)}`
  }
}
