import type { Selectable } from 'kysely'
import { type Instant, instant, millis } from '../model/time.ts'
import { messageOf } from './failure.ts'
import type { ProblemList } from './problem.ts'
import type { CheckpointRow, TimestampRow } from './schema.ts'
import { clockToleranceMs, latestCredible, type TimeBound, type TimeContradiction } from './time-bounds.ts'

/** Judges a token (DER) over bytes; throws an error that says why it does not hold. */
export type StampCheck = (token: Uint8Array, data: Uint8Array) => Promise<Omit<TimeBound, 'size'>>

/** What the store's time stamps amount to: those that hold, by ascending size. */
export type CheckedTimestamps = {
  readonly bounds: readonly TimeBound[]
  readonly contradictions: readonly TimeContradiction[]
}

/** Holds every time stamp, given by ascending number, against the note of its checkpoint, and the machine's clock against what authorities state. */
export async function verifyTimestamps(
  rows: readonly Selectable<TimestampRow>[],
  checkpoints: readonly Selectable<CheckpointRow>[],
  check: StampCheck | undefined,
  problems: ProblemList,
): Promise<CheckedTimestamps> {
  const bounds: TimeBound[] = []
  const contradictions: TimeContradiction[] = []
  if (rows.length > 0 && !check) {
    const message = `nothing was given that checks time stamps, so that ${rows.length} of them could not be judged`
    problems.add({ code: 'timestamp-unchecked', message, looksLike: 'unknown' })
    return { bounds, contradictions }
  }
  const byId = new Map(checkpoints.map((checkpoint) => [checkpoint.id, checkpoint]))
  for (const [index, row] of rows.entries()) {
    // They are counted without gaps, and never go.
    const before = rows[index - 1]?.id ?? 0
    if (row.id !== before + 1) {
      const message = `time stamps before the one numbered ${row.id} are missing: the last one was ${before}`
      problems.add({ code: 'timestamp-missing', message, looksLike: 'tampering' })
    }
    const checkpoint = byId.get(row.checkpoint)
    const received = instantOf(row.received)
    if (!checkpoint || !received || !(row.token instanceof Uint8Array)) {
      const message = `time stamp ${row.id} is not one over a checkpoint of this store`
      problems.add({ code: 'timestamp-form', message, looksLike: 'unknown' })
      continue
    }
    try {
      const stated = await check?.(row.token, Buffer.from(checkpoint.note))
      if (!stated) continue
      bounds.push({ ...stated, size: checkpoint.size })
      contradictions.push(...clockProblems(stated, { size: checkpoint.size, created: checkpoint.created, received }))
    } catch (error) {
      const message = `time stamp ${row.id}, over the checkpoint at ${checkpoint.size} entries: ${messageOf(error)}`
      problems.add({ code: 'timestamp-token', message, looksLike: 'unknown' })
    }
  }
  return { bounds: bounds.toSorted((a, b) => a.size - b.size || millis(a.time) - millis(b.time)), contradictions }
}

/** What is wrong with what the machine's clock said when a checkpoint was signed and its stamp came. */
export function clockProblems(
  { time, accuracyMs, authority }: Omit<TimeBound, 'size'>,
  machine: { readonly size: number; readonly created: string; readonly received: Instant },
): readonly TimeContradiction[] {
  const { size, created, received } = machine
  const stamp = `the stamp of ${authority} over the checkpoint at ${size} entries`
  const found: TimeContradiction[] = []
  if (created > latestCredible({ time, accuracyMs })) {
    found.push({
      message: `the checkpoint at ${size} entries says that it was made at ${created}, but ${stamp} is of ${time}`,
    })
  }
  if (Math.abs(millis(received) - millis(time)) > clockToleranceMs + (accuracyMs ?? 0)) {
    found.push({ message: `${stamp} is of ${time}, but the machine's clock said ${received} when it came` })
  }
  return found
}

function instantOf(text: unknown): Instant | undefined {
  try {
    return typeof text === 'string' && instant(text) === text ? instant(text) : undefined
  } catch {
    return undefined
  }
}
