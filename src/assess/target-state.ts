import type { Control } from '../model/control.ts'
import type { Entry } from '../model/evidence.ts'
import type { Outcome } from '../model/finding.ts'
import { type Instant, later } from '../model/time.ts'
import type { CollectionUnit } from './collections.ts'
import type { Judged } from './compiled-rule.ts'
import type { Judger } from './judger.ts'
import type { Parts } from './parts.ts'
import { absenceOf, failureOf, outcomeOf } from './verdict.ts'

/** A judged entry with what it counts for. */
export type Shown = {
  readonly entry: Entry
  /** What the rule says of it alone. */
  readonly own: Outcome
  /** What it counts for: not its own outcome where a rule asks for only some observation to hold. */
  readonly outcome: Outcome
  /** What there is to say where it is no observation that the rule speaks about; otherwise the rule has the words. */
  readonly words: Judged | null
  readonly at: Instant
  /** Null where it does not age. */
  readonly expires: Instant | null
  /** What it is followed by from night to night: kind, subject and part. */
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
  const entries: Entry[] = []
  const outcomes: Outcome[] = []
  for (const entry of unit.byKind.get(control.rule.kind) ?? []) {
    const own = judge.outcome(entry)
    if (own === null) continue
    entries.push(entry)
    outcomes.push(own)
  }
  const broken = unit.state !== 'completed'
  const outcome = outcomeOf(control, outcomes, broken)
  const asWhole = control.rule.quantifier === 'some'
  const show = (counts?: Outcome): readonly Shown[] =>
    entries.map((entry, index): Shown => {
      const own = outcomes[index] ?? outcome
      const { part, key } = parts(entry)
      return { entry, own, outcome: counts ?? own, words: null, at: unit.at, expires: entry.expires, key, part }
    })

  if (broken || entries.length === 0) {
    const end = unit.end ?? unit.observations.at(-1)
    const expires = end?.expires ?? later(unit.at, validForMs)
    const words = broken ? troubleOf(unit) : { outcome, reason: absenceOf(control, allOf(unit)), facts: {} }
    const { outcome: own } = words
    const whole = end ? { entry: end, own, outcome: own, words, at: unit.at, expires, ...parts(end) } : null
    if (broken) return { outcome, expires, shown: asWhole ? [] : show(), trouble: whole, replaces: false }
    if (!isConclusive(outcome)) return { outcome, expires, shown: [], trouble: whole, replaces: false }
    return { outcome, expires, shown: whole ? [whole] : [], trouble: null, replaces: true }
  }
  const shown = show(asWhole ? outcome : undefined)
  const deciding = shown.find(({ own }) => own === outcome) ?? shown[0]
  const expires = deciding?.expires ?? null
  if (asWhole && !isConclusive(outcome)) {
    return { outcome, expires, shown: [], trouble: deciding ?? null, replaces: false }
  }
  return { outcome, expires, shown, trouble: null, replaces: true }
}

function troubleOf({ end }: CollectionUnit): Judged {
  if (end) return failureOf(end)
  return { outcome: 'error', reason: 'The collection was interrupted before it ended.', facts: {} }
}

function allOf({ observations, end }: CollectionUnit): readonly Entry[] {
  return end ? [...observations, end] : observations
}
