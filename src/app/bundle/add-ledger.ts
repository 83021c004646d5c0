import { basename } from 'node:path'
import type { Checkpoint, CheckpointTimestamp, Store } from '../../ledger/store.ts'
import type { Json } from '../../model/json.ts'
import { writeReply } from '../../signing/stamp.ts'
import { proofsOf } from '../evidence.ts'
import type { BundleWriter } from './files.ts'
import type { Selected } from './select.ts'

/** Up to so many entries each get a path of their own; beyond that the ends of unbroken runs prove what lies between. */
const mostProved = 20_000

export async function addLedger(
  bundle: BundleWriter,
  store: Store,
  head: Checkpoint,
  { entries }: Selected,
): Promise<void> {
  const lines = [...entries.values()].flatMap((bytes) => [bytes, Buffer.from('\n')])
  await bundle.add('entries.jsonl', Buffer.concat(lines))
  const wanted = new Set(entries.size <= mostProved ? entries.keys() : [])
  await bundle.add('proofs.json', await proofsOf(store, [...entries], { size: head.size, wanted }))
  await bundle.add('checkpoint.txt', head.note)
}

/** Every checkpoint, with the proof that it is the beginning of the newest. */
export async function addCheckpoints(
  bundle: BundleWriter,
  store: Store,
  head: Checkpoint,
): Promise<readonly ListedCheckpoint[]> {
  const listed: ListedCheckpoint[] = []
  const proofs = new Map<number, readonly string[]>()
  for (const [index, { size, note, created }] of (await store.checkpoints()).entries()) {
    if (size > head.size) continue
    const file = `checkpoints/${String(index + 1).padStart(6, '0')}.txt`
    await bundle.add(file, note)
    listed.push({ file, size, created, note })
    if (size === 0 || proofs.has(size)) continue
    const path = await store.consistencyProof(size, head.size)
    proofs.set(
      size,
      path.map((node) => Buffer.from(node).toString('hex')),
    )
  }
  const lines = [...proofs].map(([from, path]) => JSON.stringify({ from, path }))
  await bundle.add('consistency.json', `{"version":1,"to":${head.size},"proofs":[\n${lines.join(',\n')}\n]}\n`)
  return listed
}

export type ListedCheckpoint = {
  readonly file: string
  readonly size: number
  readonly created: string
  readonly note: string
}

/** Each time stamp in a file that is called as that of its checkpoint, and counted. */
export async function addTimestamps(
  bundle: BundleWriter,
  stamps: readonly CheckpointTimestamp[],
  checkpoints: readonly ListedCheckpoint[],
): Promise<Json> {
  const listed: { file: string; checkpoint: string; received: string }[] = []
  for (const { note, token, received } of stamps) {
    const checkpoint = checkpoints.find((each) => each.note === note)?.file
    if (checkpoint === undefined) continue
    const count = listed.filter((each) => each.checkpoint === checkpoint).length + 1
    const file = `timestamps/${basename(checkpoint, '.txt')}-${count}.tsr`
    await bundle.add(file, writeReply(token))
    listed.push({ file, checkpoint, received })
  }
  return listed
}
