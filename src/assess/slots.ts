import type { RunRecord, SlotState } from '../model/assessment.ts'
import type { Entry } from '../model/evidence.ts'
import { type Schedule, slotsBetween } from '../model/schedule.ts'
import { type Instant, later } from '../model/time.ts'
import type { CollectionUnit } from './collections.ts'
import type { TargetHistory } from './population.ts'
import { targetsOfRun } from './runs.ts'
import { sentence } from './sentence.ts'

/** What became of one expected collection, and what the ledger says of it. */
export type ResolvedSlot = {
  readonly slot: Instant
  readonly state: SlotState
  /** What neighbouring slots must share to be one gap: the state, and a failure's code. */
  readonly cause: string
  /** A plain sentence where there is no evidence; empty where there is. */
  readonly explanation: string
  /** When the evidence was collected; null where there is none. */
  readonly at: Instant | null
}

/** What the ledger knows about slots, looked up by target and slot. */
export type SlotLedger = {
  readonly collections: ReadonlyMap<string, readonly CollectionUnit[]>
  readonly runs: ReadonlyMap<string, RunRecord>
  /** Runs for a slot, with the ids of the targets that they set out to collect and the words of their interruption. */
  readonly bySlot: ReadonlyMap<Instant, readonly SlotRun[]>
  /** Slots of a schedule in [from, to), remembered, because many targets share one. */
  readonly slotsOf: (schedule: Schedule, from: Instant, to: Instant) => readonly Instant[]
}

type SlotRun = {
  readonly record: RunRecord
  readonly targets: ReadonlySet<string>
  readonly interruption: string | null
}

/** A slot this young may still be about to start: a daemon needs a moment to wake, and a run to write its first word. */
const graceMs = 15 * 60_000
const maxSlots = 1_000_000
const order: readonly SlotState[] = ['collected', 'late', 'failed', 'interrupted', 'missing']

/** Indexes what the ledger says about slots. */
export function slotLedger(
  collections: readonly CollectionUnit[],
  runs: readonly RunRecord[],
  entries: readonly Entry[],
): SlotLedger {
  const started = new Map(entries.filter(({ kind }) => kind === 'run.started').map((entry) => [entry.run, entry]))
  const stopped = new Map(entries.filter(({ kind }) => kind === 'run.interrupted').map((entry) => [entry.run, entry]))
  const slotRuns = runs.flatMap((record): SlotRun[] => {
    const entry = started.get(record.run)
    if (record.slot === null || !entry) return []
    const reason = stopped.get(record.run)?.facts.reason
    return [{ record, targets: new Set(targetsOfRun(entry)), interruption: typeof reason === 'string' ? reason : null }]
  })
  return {
    collections: Map.groupBy(collections, ({ target }) => target),
    runs: new Map(runs.map((run) => [run.run, run])),
    bySlot: Map.groupBy(slotRuns, ({ record }) => record.slot ?? record.started),
    slotsOf: rememberSlots(),
  }
}

/** The slots that were expected of a target in [from, until), oldest first; those that may still come are left out. */
export function resolveSlots(
  history: TargetHistory,
  from: Instant,
  until: Instant,
  now: Instant,
  ledger: SlotLedger,
): readonly ResolvedSlot[] {
  const made = Map.groupBy(
    (ledger.collections.get(history.id) ?? []).filter(({ slot }) => slot !== null && slot >= from && slot < until),
    ({ slot }) => slot ?? until,
  )
  const scheduled = history.spans.flatMap(({ target, from: start, to }) =>
    target.schedule ? ledger.slotsOf(target.schedule, start, to) : [],
  )
  // A run may answer a slot from just before its configuration was recorded: what was made was expected.
  const slots = [...new Set([...scheduled, ...made.keys()])].sort()
  return slots.flatMap((slot) => resolveSlot(history.id, slot, made.get(slot) ?? [], now, ledger) ?? [])
}

function resolveSlot(
  target: string,
  slot: Instant,
  made: readonly CollectionUnit[],
  now: Instant,
  ledger: SlotLedger,
): ResolvedSlot | undefined {
  const results = made.map((unit) => ofCollection(unit, slot, ledger))
  const best = results.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0]
  if (best) return best

  const runs = ledger.bySlot.get(slot) ?? []
  const listed = runs.filter(({ targets }) => targets.has(target))
  if (listed.some(({ record }) => record.state === 'running')) return undefined
  const stopped = listed.find(({ record }) => record.state === 'interrupted')
  if (stopped) {
    const why = stopped.interruption === null ? '' : `: ${stopped.interruption}`
    return without(slot, 'interrupted', sentence(`The run was interrupted${why}`))
  }
  if (listed.length > 0) return without(slot, 'missing', 'The run ended without a word about this target.')
  if (runs.length > 0) return without(slot, 'missing', 'The run for this slot did not include this target.')
  if (later(slot, graceMs) > now) return undefined
  return without(slot, 'missing', 'Affidavit was not running: no run was started for this slot.')
}

function ofCollection(unit: CollectionUnit, slot: Instant, ledger: SlotLedger): ResolvedSlot {
  if (unit.state !== 'completed') return withoutEvidence(unit, slot)
  const state = ledger.runs.get(unit.run)?.late === true ? 'late' : 'collected'
  return { slot, state, cause: state, explanation: '', at: unit.at }
}

/** A slot whose collection was begun and brought nothing to rely on, in the collection's own words. */
export function withoutEvidence(unit: CollectionUnit, slot: Instant): ResolvedSlot {
  if (unit.state === 'interrupted')
    return without(slot, 'interrupted', 'The collection was interrupted before it ended.')
  const { message, code } = unit.end?.facts ?? {}
  const said = typeof message === 'string' ? message.replace(/[.\s]+$/, '') : 'no reason was recorded'
  const known = typeof code === 'string' ? code : null
  const explanation = sentence(`The collection failed: ${said}${known === null ? '' : ` (${known})`}`)
  return without(slot, 'failed', explanation, known ?? explanation)
}

/** A slot without evidence; `cause` is its explanation unless something shorter says the same. */
export function without(
  slot: Instant,
  state: 'failed' | 'interrupted' | 'missing',
  explanation: string,
  cause = explanation,
): ResolvedSlot {
  return { slot, state, cause: `${state} ${cause}`, explanation, at: null }
}

function rememberSlots(): SlotLedger['slotsOf'] {
  const known = new Map<string, readonly Instant[]>()
  return (schedule, from, to) => {
    const key = `${schedule.cron}\n${schedule.timeZone}\n${from}\n${to}`
    const slots = known.get(key) ?? slotsBetween(schedule, from, to, maxSlots)
    known.set(key, slots)
    return slots
  }
}
