import type { Json, JsonObject } from '../../model/json.ts'

/**
 * What became of one observation when its facts were derived again. `same`: every fact follows from the artefacts.
 * `partly`: those that follow are the same, and the others are named. `differs`: a fact is another one. `unfounded`: no
 * such observation follows. `altered`, `absent`: bytes that are not those that the entry committed to, or gone without an
 * entry that says so. `unreadable`: bytes that are not what the collector records. `erased`: bytes that were erased, as
 * an entry says. `other-version`: recorded by another version of the collector. `cannot`: for the reason given.
 */
export const replayOutcomes = [
  'same',
  'partly',
  'differs',
  'unfounded',
  'altered',
  'absent',
  'unreadable',
  'erased',
  'other-version',
  'cannot',
] as const
export type ReplayOutcome = (typeof replayOutcomes)[number]

/** Whether an outcome speaks against the evidence. */
export function isContradiction(outcome: ReplayOutcome): boolean {
  return ['differs', 'unfounded', 'altered', 'absent', 'unreadable'].includes(outcome)
}

/** Where the recorded and the recomputed differ; undefined on the side that has nothing there. */
export type Difference = {
  /** `facts.offered`, `facts.suites[2]`, `subject`. */
  readonly path: string
  readonly recorded?: Json
  readonly recomputed?: Json
}

/** One entry, replayed. */
export type ReplayedEntry = {
  readonly entry: number
  readonly kind: string
  readonly subject: string
  readonly target: string
  readonly run: string
  readonly collector: string
  readonly outcome: ReplayOutcome
  readonly differences: readonly Difference[]
  /** Facts that do not follow from what was recorded, by path, each with the reason as a clause. */
  readonly open: { readonly [path: string]: string }
  /** Why there is nothing to compare, as a clause; null where there is. */
  readonly reason: string | null
}

/** Something that the artefacts of a completed collection show and that none of its entries tells. */
export type OmittedObservation = {
  readonly run: string
  readonly target: string
  readonly collector: string
  readonly kind: string
  readonly subject: string
  readonly facts: JsonObject
}

export type ReplayEvent =
  | ({ readonly type: 'entry' } & ReplayedEntry)
  | ({ readonly type: 'omitted' } & OmittedObservation)
