import type { Schedule } from './schedule.ts'

/** How far a probe may go: safe in production; safe with a test identity; staging or explicit opt-in only. */
export const safetyClasses = ['passive', 'test-identity', 'staging'] as const
export type SafetyClass = (typeof safetyClasses)[number]

/** Bounds on what one collection may send and receive. */
export type Limits = {
  /** Wall time of the whole collection. */
  readonly timeoutMs: number
  /** Connections open at the same time. */
  readonly concurrency: number
  readonly connections: number
  readonly requests: number
  /** Bytes sent and received together. */
  readonly bytes: number
}

/** A part of the system under audit. */
export type Component = {
  /** `system/component`. */
  readonly ref: string
  readonly system: string
  readonly id: string
  readonly name: string
  readonly owner: string | null
}

/** The thing under audit. */
export type System = {
  readonly id: string
  readonly name: string
  readonly owner: string | null
  readonly description: string | null
  /** Data classes handled: `personal`, `payment`, ... in the organisation's words. */
  readonly data: readonly string[]
  readonly components: readonly Component[]
}

/** One entry of the plan: which collector looks at which component, with what, how often, and for how long it holds. */
export type PlannedTarget = {
  /** `system/component/target`, unique in the configuration. */
  readonly id: string
  readonly component: string
  readonly collector: string
  /** The collector's own validated target; opaque here. */
  readonly target: unknown
  /** Null where it is only collected by hand. */
  readonly schedule: Schedule | null
  /** Evidence older than this is stale. */
  readonly validForMs: number
}
