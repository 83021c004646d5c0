import type { Level, RiskArea } from './control.ts'
import type { ArtefactReference, Method } from './evidence.ts'
import type { JsonObject } from './json.ts'
import type { Instant } from './time.ts'

/** What the evidence says; `error` is a collection or rule that failed, never a pass and never a fail. */
export const outcomes = ['satisfied', 'not-satisfied', 'error', 'not-measured', 'not-applicable'] as const
export type Outcome = (typeof outcomes)[number]

/** Whether the newest evidence is still young enough at the assessment's moment. */
export const freshnesses = ['fresh', 'stale', 'missing'] as const
export type Freshness = (typeof freshnesses)[number]

/** What became of a finding: open, accepted until a date, or closed because the newest evidence holds again. */
export const dispositions = ['open', 'excepted', 'closed'] as const
export type Disposition = (typeof dispositions)[number]

/**
 * The one label that every view shows, resolved from the three axes in assess/resolve.ts and nowhere else.
 * `closed`: failed within the period and holds again at its end.
 */
export const standings = ['satisfied', 'not-satisfied', 'excepted', 'closed', 'undetermined', 'not-applicable'] as const
export type Standing = (typeof standings)[number]

/** What one observation contributed to a verdict: the facts that the rule read, and what followed. */
export type Decision = {
  /** Sequence of the ledger entry. */
  readonly entry: number
  readonly kind: string
  readonly subject: string
  /** What tells it apart from others of its kind and subject: `TLSv1.0`; absent where nothing needs to. */
  readonly part?: string
  readonly target: string
  /** What collected it; absent where the facts are an example. */
  readonly collector?: { readonly id: string; readonly version: number }
  readonly methods: readonly Method[]
  readonly collected: Instant
  readonly outcome: Outcome
  /** Only the facts that the rule read, by path: `{ 'offered': 'yes' }`. */
  readonly facts: JsonObject
  /** A plain sentence. */
  readonly reason: string
  readonly artefacts: readonly ArtefactReference[]
}

/** How a control stood at one collection of a component. */
export type HistoryPoint = { readonly run: string; readonly at: Instant; readonly outcome: Outcome }

/** A dated, approved, expiring acceptance of a finding. It never rewrites an outcome. */
export type Exception = {
  readonly id: string
  readonly control: string
  /** `system/component`, or null for every component that the control applies to. */
  readonly component: string | null
  readonly reason: string
  readonly approver: string
  readonly approvedOn: Instant
  readonly expiresOn: Instant
  readonly compensatingControl: string | null
}

/** An exception as it stood at the assessment's moment; one that has expired counts as none, and says so. */
export type ResolvedException = Exception & { readonly state: 'active' | 'expired' | 'not-yet' | 'unused' }

/** The judgement of one control for one component over one period. */
export type Finding = {
  /** `TLS-01@customer-data-api/gateway`; the same in every period. */
  readonly id: string
  readonly control: string
  readonly component: string
  readonly outcome: Outcome
  readonly freshness: Freshness
  readonly disposition: Disposition
  readonly standing: Standing
  /** Why, as one or two plain sentences. */
  readonly reason: string
  /** The newest decision for each subject, failing ones first. */
  readonly decisions: readonly Decision[]
  /** Decisions that failed earlier in the period and hold now. */
  readonly healed: readonly Decision[]
  readonly history: readonly HistoryPoint[]
  /** First and last collection within the period at which it failed. */
  readonly firstFailed: Instant | null
  readonly lastFailed: Instant | null
  readonly lastCollected: Instant | null
  readonly exception: ResolvedException | null
  readonly risk: { readonly area: RiskArea; readonly likelihood: Level; readonly impact: Level; readonly level: Level }
  readonly parameters: JsonObject
  /** Commands with the target filled in. */
  readonly reperform: readonly string[]
  /** Expected and made collections of the targets that feed the control. */
  readonly coverage: { readonly expected: number; readonly collected: number }
}
