import type { Control } from './control.ts'
import type { Sha256 } from './digest.ts'
import type { Finding, ResolvedException, Standing } from './finding.ts'
import type { Json, JsonObject } from './json.ts'
import type { Period } from './period.ts'
import type { System } from './plan.ts'
import type { Instant } from './time.ts'

/** What became of one scheduled collection of one target. */
export const slotStates = ['collected', 'late', 'failed', 'interrupted', 'missing'] as const
export type SlotState = (typeof slotStates)[number]

/** Consecutive slots of one target without evidence, explained: [from, to), from the first such slot to the next other one. */
export type Gap = {
  readonly target: string
  readonly component: string
  readonly from: Instant
  readonly to: Instant
  /** 0 where nothing was expected: before a target entered the plan and after it left. */
  readonly slots: number
  readonly state: 'failed' | 'interrupted' | 'missing'
  /** A plain sentence: what the ledger says of it. */
  readonly explanation: string
}

/** How completely one target was collected: expected = collected + failed + missing. */
export type TargetCoverage = {
  readonly target: string
  readonly component: string
  readonly collector: string
  readonly subject: string
  /** `nightly (0 2 * * *)`, or `once a period` where nothing is scheduled. */
  readonly expectation: string
  readonly expected: number
  /** The late ones included. */
  readonly collected: number
  readonly late: number
  readonly failed: number
  /** The interrupted ones included. */
  readonly missing: number
  /** Collections that were asked for by hand; they fill no slot. */
  readonly byHand: number
  readonly first: Instant | null
  readonly last: Instant | null
}

/** One calendar day of the period in the organisation's zone: its scheduled slots; future days expect nothing. */
export type DayCoverage = {
  readonly day: string
  readonly expected: number
  readonly collected: number
}

/** What should have been collected against what was: complete by construction. */
export type Coverage = {
  readonly expected: number
  readonly collected: number
  readonly days: readonly DayCoverage[]
  readonly targets: readonly TargetCoverage[]
  readonly gaps: readonly Gap[]
}

/** How many findings stand how. */
export type Tally = { readonly [standing in Standing]: number }

/** One run within the period, for the trend. */
export type TrendPoint = {
  readonly run: string
  readonly at: Instant
  readonly satisfied: number
  readonly notSatisfied: number
  readonly undetermined: number
}

/** A run as the ledger tells of it. */
export type RunRecord = {
  readonly run: string
  readonly slot: Instant | null
  readonly late: boolean
  readonly started: Instant
  readonly finished: Instant | null
  readonly state: 'running' | 'finished' | 'interrupted'
  readonly targets: number
  readonly completed: number
  readonly failed: number
}

/** The ledger's state that an assessment rests on. */
export type LedgerState = {
  readonly origin: string
  /** Entries. */
  readonly size: number
  /** Merkle tree head, RFC 9162 section 2.1. */
  readonly root: Sha256
  /** The signed note, C2SP tlog-checkpoint; null where none has been made yet. */
  readonly checkpoint: string | null
}

/** A control that no target feeds, so that nothing can be said of it for this system. */
export type Unmeasured = { readonly control: string; readonly system: string; readonly reason: string }

/** The newest observation of one thing, kept whole for the tables that show every target side by side. */
export type InventoryItem = {
  /** Sequence of the ledger entry. */
  readonly entry: number
  readonly kind: (typeof inventoryKinds)[number]
  readonly subject: string
  readonly component: string
  readonly target: string
  readonly collected: Instant
  readonly facts: JsonObject
}

/** The kinds of observation that the inventory keeps. */
export const inventoryKinds = ['tls.protocol', 'tls.certificate', 'log.source'] as const

/** The judgement of a period: everything a report shows, as plain data. */
export type Assessment = {
  readonly version: 1
  readonly organisation: string
  readonly timeZone: string
  readonly period: Period
  /** The moment of judgement: the period's end, or now where it is still running. */
  readonly asOf: Instant
  readonly systems: readonly System[]
  readonly controls: readonly Control[]
  readonly findings: readonly Finding[]
  readonly unmeasured: readonly Unmeasured[]
  readonly exceptions: readonly ResolvedException[]
  readonly coverage: Coverage
  readonly runs: readonly RunRecord[]
  readonly trend: readonly TrendPoint[]
  readonly tally: Tally
  readonly catalogue: Sha256
  readonly ledger: LedgerState
  /** What the newest collection of each target with such observations saw; absent in assessments made before it existed. */
  readonly inventory?: readonly InventoryItem[]
}

export const changeKinds = ['fixed', 'regressed', 'persisting', 'new', 'no-longer-measured', 'unchanged'] as const
export type ChangeKind = (typeof changeKinds)[number]

/** One fact that differs between two periods. */
export type FactChange = {
  readonly kind: string
  readonly subject: string
  /** As in `Decision`. */
  readonly part?: string
  readonly path: string
  readonly before: Json | null
  readonly after: Json | null
}

/** How one finding moved between two periods, and why. */
export type Change = {
  readonly finding: string
  readonly control: string
  readonly component: string
  readonly change: ChangeKind
  readonly before: Standing | null
  readonly after: Standing | null
  /**
   * The facts that differ; another version of the collector, whose facts may mean something else; the rule, the
   * parameters, the population, the evidence, or an exception.
   */
  readonly cause: 'target' | 'collector' | 'rule' | 'parameters' | 'population' | 'evidence' | 'exception' | 'none'
  /** A plain sentence. */
  readonly reason: string
  readonly facts: readonly FactChange[]
}

/** Whether a change is for the worse: a finding that regressed, or one that is new and does not hold. */
export function isWorse({ change, after }: Pick<Change, 'change' | 'after'>): boolean {
  return change === 'regressed' || (change === 'new' && (after === 'not-satisfied' || after === 'excepted'))
}

/** Two periods side by side. */
export type Comparison = {
  readonly before: Period
  readonly after: Period
  readonly changes: readonly Change[]
  readonly counts: { readonly [change in ChangeKind]: number }
}
