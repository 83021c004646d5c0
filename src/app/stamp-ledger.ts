import type { Checkpoint, Store } from '../ledger/store.ts'
import { clockToleranceMs } from '../ledger/time-bounds.ts'
import { SigningError } from '../model/errors.ts'
import { dayOf, type Instant, millis } from '../model/time.ts'
import type { Timestamper } from '../signing/signer.ts'
import { type StampStatement, stampBytes, verifyStamp, writeReply } from '../signing/stamp.ts'
import type { Project } from './project.ts'

/** What became of the wish to have a checkpoint timestamped. */
export type Stamping =
  | {
      readonly state: 'stamped'
      /** Entries that existed by then. */
      readonly size: number
      readonly time: Instant
      readonly authority: string
      /** How far this machine's clock was ahead of the authority's, in milliseconds, where that is more than clocks differ. */
      readonly clockAheadMs: number | null
    }
  /** No authority gave a stamp: `reason` is a sentence. What is pending is asked for again later. */
  | { readonly state: 'pending'; readonly size: number; readonly reason: string }
  | { readonly state: 'none' }

export const noStamping: Stamping = { state: 'none' }

/** Opens the configured authorities only when they are needed. */
export type StampingParts = {
  readonly timestamper: () => Promise<Timestamper | undefined>
  readonly signal: AbortSignal
}

/**
 * Has a checkpoint timestamped, unless it is already, and keeps the stamp. Whatever hinders it, an authority that cannot be reached or believed
 * or a signal, never stops anything: it leaves the checkpoint pending. Throws StoreError only.
 */
export async function stampCheckpoint(
  project: Project,
  store: Store,
  { note, size }: Pick<Checkpoint, 'note' | 'size'>,
  parts: StampingParts,
): Promise<Stamping> {
  const known = await knownStamp(store, note)
  if (known) return { state: 'stamped', size, time: known.time, authority: known.authority, clockAheadMs: null }
  const stated = await ask(note, parts)
  if (stated === undefined) return noStamping
  if (typeof stated === 'string') return { state: 'pending', size, reason: stated }
  const { token, time, authority, accuracyMs } = stated
  const aheadMs = millis(project.clock.now()) - millis(time)
  const clockAheadMs = Math.abs(aheadMs) > clockToleranceMs + (accuracyMs ?? 0) ? aheadMs : null
  await store.keepTimestamp({ note, token })
  return { state: 'stamped', size, time, authority, clockAheadMs }
}

/** The same for what is handed out, however many checkpoints of that day were stamped; `none` where stamps are off. */
export async function stampHandedOut(
  project: Project,
  store: Store,
  checkpoint: Pick<Checkpoint, 'note' | 'size'>,
  parts: StampingParts,
): Promise<Stamping> {
  if (project.config.signing.timestamp?.checkpoints === 'off') return noStamping
  return await stampCheckpoint(project, store, checkpoint, parts)
}

/** What the store has of the checkpoint already; what does not hold any more is asked for anew. */
async function knownStamp(store: Store, note: string): Promise<StampStatement | undefined> {
  for (const stamp of (await store.timestamps()).filter((each) => each.note === note)) {
    try {
      return await verifyStamp(stamp.token, Buffer.from(note), [])
    } catch (error) {
      if (!(error instanceof SigningError)) throw error
    }
  }
  return undefined
}

/** What an authority states, or why none does; undefined where none is configured. */
async function ask(
  note: string,
  { timestamper, signal }: StampingParts,
): Promise<(StampStatement & { readonly token: Uint8Array }) | string | undefined> {
  try {
    const opened = await timestamper()
    return opened && (await stampBytes(Buffer.from(note), opened, signal))
  } catch (error) {
    if (signal.aborted) return 'it was stopped before an authority answered'
    if (error instanceof SigningError) return error.message
    throw error
  }
}

/**
 * Has the newest checkpoint timestamped where the configuration wants that: always, or where no other one of its calendar
 * day in the organisation's zone has been, since authorities are everybody's. Throws StoreError only.
 */
export async function stampWhenDue(project: Project, store: Store, parts: StampingParts): Promise<Stamping> {
  const wanted = project.config.signing.timestamp?.checkpoints ?? 'off'
  if (wanted === 'off') return noStamping
  const checkpoints = await store.checkpoints()
  const stamped = new Set((await store.timestamps()).map(({ note }) => note))
  const newest = checkpoints.at(-1)
  if (!newest || stamped.has(newest.note)) return noStamping
  const day = ({ created }: Checkpoint) => dayOf(created, project.config.organisation.timeZone)
  const sameDay = (each: Checkpoint) => stamped.has(each.note) && day(each) === day(newest)
  if (wanted === 'daily' && checkpoints.some(sameDay)) return noStamping
  return await stampCheckpoint(project, store, newest, parts)
}

/** The newest time stamp over a checkpoint, as a file that `openssl ts -verify -in` reads; undefined where it has none. */
export async function replyOver(store: Store, note: string): Promise<Uint8Array | undefined> {
  const stamp = (await store.timestamps()).findLast((each) => each.note === note)
  return stamp && writeReply(stamp.token)
}
