import type { Selectable } from 'kysely'
import { instant } from '../model/time.ts'
import { parseTreeHead, type TreeHead } from './checkpoint.ts'
import { messageOf } from './failure.ts'
import { sameHash } from './merkle.ts'
import { type NoteKey, parseNote, verifyNote } from './note.ts'
import type { ProblemList, StoreProblem } from './problem.ts'
import type { CheckpointRow } from './schema.ts'

/** What the entries themselves amount to. */
export type Recomputed = {
  readonly origin: string
  readonly size: number
  /** The root at every size that a checkpoint states, as far as the entries reach. */
  readonly roots: ReadonlyMap<number, Uint8Array>
}

/** Holds every checkpoint against the entries and the keys; returns the size of the newest one that is sound. */
export function verifyCheckpoints(
  rows: readonly Selectable<CheckpointRow>[],
  ledger: Recomputed,
  publicKeys: readonly Uint8Array[],
  problems: ProblemList,
): number {
  for (const [index, { id }] of rows.toSorted((a, b) => a.id - b.id).entries()) {
    // They are counted without gaps, and never go.
    if (id === index + 1) continue
    const message = `checkpoints before the one numbered ${id} are missing: there are ${index}`
    problems.add({ code: 'checkpoint-missing', message, looksLike: 'tampering' })
    break
  }
  let sound = 0
  for (const row of rows.toSorted((a, b) => a.size - b.size)) {
    const problem = verifyCheckpoint(row, ledger, publicKeys, sound)
    if (problem) problems.add(problem)
    else sound = row.size
  }
  if (rows.length > 0 && publicKeys.length === 0) {
    const message = `no public key was given, so that the signatures of ${rows.length} checkpoints could not be checked`
    problems.add({ code: 'checkpoint-unchecked', message, looksLike: 'unknown' })
  }
  return sound
}

function verifyCheckpoint(
  row: Selectable<CheckpointRow>,
  { origin, size, roots }: Recomputed,
  publicKeys: readonly Uint8Array[],
  sound: number,
): StoreProblem | undefined {
  const name = `the checkpoint at ${row.size} entries`
  const head = readHead(row)
  if (!head || head.origin !== origin) {
    const message = `${name} is not a checkpoint of ${origin}, or is stored under another size or root`
    return { code: 'checkpoint-form', message, looksLike: 'unknown' }
  }
  const wrong = publicKeys.length === 0 ? undefined : signatureProblem(row.note, publicKeys)
  if (wrong) return { code: 'checkpoint-signature', message: `${name}: ${wrong}`, looksLike: 'tampering' }
  if (head.size > size) {
    const message = `${name} was signed, but only ${size} entries are there: ${head.size - size} were taken out`
    return { code: 'checkpoint-ahead', message, looksLike: 'tampering' }
  }
  const root = roots.get(head.size)
  if (root && sameHash(root, head.root)) return undefined
  const message = `${name} states another root than its entries have: one of entries ${sound} to ${head.size - 1} was changed or taken out`
  return { code: 'checkpoint-root', message, looksLike: 'tampering' }
}

function readHead(row: Selectable<CheckpointRow>): TreeHead | undefined {
  try {
    const head = parseTreeHead(parseNote(row.note).text)
    return head.size === row.size && sameHash(head.root, row.root) && instant(row.created) === row.created
      ? head
      : undefined
  } catch {
    return undefined
  }
}

/** The key is what counts, not the name that a signature line gives it. */
function signatureProblem(note: string, publicKeys: readonly Uint8Array[]): string | undefined {
  try {
    const names = parseNote(note).signatures.map((line) => line.name)
    const keys: NoteKey[] = names.flatMap((name) => publicKeys.map((publicKey) => ({ name, publicKey })))
    verifyNote(note, keys)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
