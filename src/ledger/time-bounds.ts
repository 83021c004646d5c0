import type { StampRevocation } from '../model/stamp-revocation.ts'
import { type Instant, instant, millis } from '../model/time.ts'

/** What a time stamp that holds says of the ledger. */
export type TimeBound = {
  /** The entries before this sequence existed at the latest at `time`. */
  readonly size: number
  readonly time: Instant
  /** How far the time may be off, in milliseconds; null where the authority does not say. */
  readonly accuracyMs: number | null
  readonly authority: string
  /** Whether a given certificate vouches for the authority. */
  readonly anchored: boolean
  /** When a certificate behind it ran out, where one has: the stamp alone no longer shows when it was made. */
  readonly ended?: Instant
  /** Whether a certificate behind it was revoked, as far as that is known; absent where nobody looked. */
  readonly revocation?: StampRevocation
}

/** Whether a revocation took the stamp with it. */
export const isVoid = ({ revocation }: Pick<TimeBound, 'revocation'>): boolean =>
  revocation?.status === 'revoked' && revocation.voids

/** Whether a reader can rely on it today. */
export const isProven = (bound: TimeBound): boolean => bound.anchored && bound.ended === undefined && !isVoid(bound)

/** Times that cannot all be right: the machine's clock was wrong, or somebody made them up. */
export type TimeContradiction = { readonly message: string; readonly entry?: number }

/** Clocks that are kept in step differ by less. */
export const clockToleranceMs = 300_000

/** Until when something may say that it was made although the bound already covers it. */
export function latestCredible({ time, accuracyMs }: Pick<TimeBound, 'time' | 'accuracyMs'>): Instant {
  return instant(millis(time) + (accuracyMs ?? 0) + clockToleranceMs)
}
