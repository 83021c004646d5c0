import type { Control } from '../model/control.ts'
import type { Entry } from '../model/evidence.ts'
import type { Decision, Outcome } from '../model/finding.ts'
import { type Instant, later } from '../model/time.ts'
import type { CollectionUnit } from './collections.ts'
import type { Judged } from './compiled-rule.ts'
import type { Judger } from './judger.ts'
import type { Parts } from './parts.ts'
import { absenceOf, decisionOf, failureOf, outcomeOf } from './verdict.ts'

/** A judged entry with what it counts for. */
export type Shown = {
  readonly entry: Entry
  readonly judged: Judged
  /** What it counts for; differs from `judged.outcome` where a rule asks for only some observation to hold. */
  readonly outcome: Outcome
  readonly at: Instant
  /** Null where it does not age. */
  readonly expires: Instant | null
  readonly key: string
  readonly part: string | undefined
}

/** What one collection came to. */
export type TimelinePoint = {
  readonly run: string
  readonly target: string
  readonly at: Instant
  readonly outcome: Outcome
  /** Until when it counts. */
  readonly expires: Instant | null
}

type Items = ReadonlyMap<string, { readonly conclusive: Shown | null; readonly transient: Shown | null }>

/** How one target stands under one control after its collections, read oldest first. */
export type TargetState = {
  readonly target: string
  /** By subject and part: the newest conclusive judgement, and a newer one that concluded nothing. */
  readonly items: Items
  /** The newest collection, where it concluded nothing as a whole. */
  readonly trouble: Shown | null
  /** The newest failing judgement of each key. */
  readonly failures: ReadonlyMap<string, Shown>
  readonly timeline: readonly TimelinePoint[]
}

/** What reading a target's collections needs to know. */
export type Reading = {
  readonly control: Control
  readonly judge: Judger
  readonly parts: Parts
  readonly validForMs: number
}

/**
 * Reads a target's collections, oldest first. A completed collection replaces what was known, subject by subject; one
 * that failed adds only what it saw failing; what could not be determined leaves the earlier conclusion standing.
 */
export function readTarget(target: string, units: readonly CollectionUnit[], reading: Reading): TargetState {
  let items: Items = new Map()
  let trouble: Shown | null = null
  const failures = new Map<string, Shown>()
  const timeline: TimelinePoint[] = []

  for (const unit of units) {
    const seen = read(unit, reading)
    timeline.push({ run: unit.run, target, at: unit.at, outcome: seen.outcome, expires: seen.expires })
    for (const shown of seen.shown) if (shown.outcome === 'not-satisfied') failures.set(shown.key, shown)
    trouble = seen.trouble
    items = seen.replaces ? replaced(items, seen.shown) : withFailing(items, seen.shown)
  }
  return { target, items, trouble, failures, timeline }
}

/** What stands for each subject at a moment: a failure until something newer holds, a conclusion while it is fresh. */
export function standingOf(state: TargetState, asOf: Instant): readonly Shown[] {
  const standing = new Set<Shown>()
  for (const { conclusive, transient } of state.items.values()) {
    const lasts = conclusive && (conclusive.outcome === 'not-satisfied' || isFresh(conclusive, asOf))
    const shown = lasts ? conclusive : (state.trouble ?? transient ?? conclusive)
    if (shown) standing.add(shown)
  }
  if (standing.size === 0 && state.trouble) standing.add(state.trouble)
  return [...standing]
}

/** The newest judgement of a target that concluded something, whether or not it still stands. */
export function newestConclusion({ items }: TargetState): Shown | undefined {
  return latest([...items.values()].flatMap(({ conclusive }) => conclusive ?? []))
}

/** The newest of several; the first of those where several are. */
export function latest(list: readonly Shown[]): Shown | undefined {
  return list.reduce<Shown | undefined>((newest, each) => (!newest || each.at > newest.at ? each : newest), undefined)
}

/** Whether something judged still counts at a moment. */
export function isFresh({ expires }: { readonly expires: Instant | null }, asOf: Instant): boolean {
  return expires === null || expires > asOf
}

/** Whether an outcome says something, be it good or bad. */
export function isConclusive(outcome: Outcome): boolean {
  return outcome === 'satisfied' || outcome === 'not-satisfied' || outcome === 'not-applicable'
}

/** Something shown as a decision. */
export function shownDecision({ entry, judged, part }: Shown): Decision {
  return decisionOf(entry, judged, part)
}

/** Only what was seen now remains; a conclusion outlives a newer look that could not determine the same. */
function replaced(before: Items, shown: readonly Shown[]): Items {
  return new Map(
    shown.map((each) => {
      const conclusive = isConclusive(each.outcome) ? each : (before.get(each.key)?.conclusive ?? null)
      return [each.key, { conclusive, transient: conclusive === each ? null : each }]
    }),
  )
}

function withFailing(before: Items, shown: readonly Shown[]): Items {
  const failing = shown.filter(({ outcome }) => outcome === 'not-satisfied')
  return new Map([...before, ...failing.map((each) => [each.key, { conclusive: each, transient: null }] as const)])
}

type Seen = {
  readonly outcome: Outcome
  readonly expires: Instant | null
  readonly shown: readonly Shown[]
  readonly trouble: Shown | null
  /** Whether what is shown is all there is now. */
  readonly replaces: boolean
}

function read(unit: CollectionUnit, { control, judge, parts, validForMs }: Reading): Seen {
  const judged = unit.observations
    .filter(({ kind }) => kind === control.rule.kind)
    .flatMap((entry) => {
      const result = judge(entry)
      return result ? [{ entry, judged: result }] : []
    })
  const broken = unit.state !== 'completed'
  const outcome = outcomeOf(control, judged, broken)
  const asWhole = control.rule.quantifier === 'some'
  const show = (entry: Entry, result: Judged, counts: Outcome, expires: Instant | null): Shown => {
    const part = parts(entry)
    const key = `${entry.kind}\n${entry.subject}\n${part ?? ''}`
    return { entry, judged: result, outcome: counts, at: unit.at, expires, key, part }
  }
  const word = unit.end ?? unit.observations.at(-1)
  const ends = word?.expires ?? later(unit.at, validForMs)
  const whole = (result: Judged): Shown | null => (word ? show(word, result, result.outcome, ends) : null)

  if (broken) {
    const trouble = whole(word && unit.end ? failureOf(word) : interruption)
    const shown = asWhole
      ? []
      : judged.map((each) => show(each.entry, each.judged, each.judged.outcome, each.entry.expires))
    return { outcome, expires: ends, shown, trouble, replaces: false }
  }
  if (judged.length === 0) {
    const reason = absenceOf(control, [...unit.observations, ...(unit.end ? [unit.end] : [])])
    const shown = whole({ outcome, reason, facts: {} })
    if (!isConclusive(outcome)) return { outcome, expires: ends, shown: [], trouble: shown, replaces: false }
    return { outcome, expires: ends, shown: shown ? [shown] : [], trouble: null, replaces: true }
  }
  const shown = judged.map((each) =>
    show(each.entry, each.judged, asWhole ? outcome : each.judged.outcome, each.entry.expires),
  )
  const deciding = shown.find((each) => each.judged.outcome === outcome) ?? shown[0]
  const expires = deciding?.expires ?? null
  if (asWhole && !isConclusive(outcome))
    return { outcome, expires, shown: [], trouble: deciding ?? null, replaces: false }
  return { outcome, expires, shown, trouble: null, replaces: true }
}

const interruption: Judged = {
  outcome: 'error',
  reason: 'The collection was interrupted before it ended.',
  facts: {},
}
