import type { Store } from '../ledger/store.ts'
import { type Instant, millis } from '../model/time.ts'
import type { Project } from './project.ts'

/** The machine's clock says an earlier time than the ledger's newest entry: one of the two is wrong. */
export type ClockBehind = {
  readonly now: Instant
  /** Milliseconds. */
  readonly behindMs: number
  readonly newest: { readonly entry: number; readonly collected: Instant }
}

/** Clocks are set by so much in ordinary service; also what is collected while others append comes in such an order. */
const toleranceMs = 2_000

/** How far the clock is behind the ledger; undefined where it is not. */
export async function clockBehind({ clock }: Project, store: Store): Promise<ClockBehind | undefined> {
  const now = clock.now()
  for await (const { entry } of store.entries({ order: 'desc', limit: 1 })) {
    const behindMs = millis(entry.collected) - millis(now)
    if (behindMs <= toleranceMs) return undefined
    return { now, behindMs, newest: { entry: entry.sequence, collected: entry.collected } }
  }
  return undefined
}
