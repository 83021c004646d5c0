import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { makeFolder } from '../disk/make-folder.ts'
import { verifierKey } from '../ledger/note.ts'
import type { Checkpoint, NoteSigner, Store } from '../ledger/store.ts'
import { ConfigError } from '../model/errors.ts'
import type { Project } from './project.ts'
import { replyOver, type Stamping, type StampingParts, stampCheckpoint } from './stamp-ledger.ts'

/** What an organisation says of its ledger, to be handed out and kept elsewhere. */
export type CheckpointStatement = {
  readonly checkpoint: Checkpoint
  /** The key that verifies it, as a C2SP signed-note verifier key. */
  readonly key: string
  readonly stamping: Stamping
  /** A TimeStampResp over the note's bytes; null where no authority has stamped it. */
  readonly reply: Uint8Array | null
}

/** Signs the ledger as it is and has that timestamped unless it is already. Throws StoreError or SigningError. */
export async function stateCheckpoint(
  project: Project,
  store: Store,
  parts: StampingParts & { readonly ledgerKey: NoteSigner },
): Promise<CheckpointStatement> {
  const checkpoint = await store.checkpoint(parts.ledgerKey)
  const key = verifierKey(parts.ledgerKey)
  const stamping = await stampCheckpoint(project, store, checkpoint, parts)
  return { checkpoint, key, stamping, reply: (await replyOver(store, checkpoint.note)) ?? null }
}

/**
 * Writes a statement into a folder as `checkpoint-<size>.txt`, its `.tsr` where there is one, and `ledger-key.txt`; what is
 * there already must be the same. Throws ConfigError `AFD_CHECKPOINT_WRITE`.
 */
export async function writeCheckpoint(folder: string, statement: CheckpointStatement): Promise<readonly string[]> {
  const { checkpoint, key, reply } = statement
  const name = `checkpoint-${checkpoint.size}`
  const files: readonly (readonly [string, Uint8Array])[] = [
    [`${name}.txt`, Buffer.from(checkpoint.note)],
    ...(reply ? [[`${name}.tsr`, reply] as const] : []),
    ['ledger-key.txt', Buffer.from(`${key}\n`)],
  ]
  const written: string[] = []
  for (const [file, bytes] of files) {
    const path = join(resolve(folder), file)
    await keep(path, bytes)
    written.push(path)
  }
  return written
}

async function keep(path: string, bytes: Uint8Array): Promise<void> {
  try {
    makeFolder(resolve(path, '..'))
    const there = existsSync(path) ? await readFile(path) : undefined
    if (there && Buffer.compare(there, bytes) === 0) return
    // A beginning of the very same statement is what a crash or a full disk left of it.
    const torn = there && Buffer.compare(there, bytes.subarray(0, there.length)) === 0
    await writeFile(path, bytes, { flag: torn ? 'w' : 'wx' })
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    throw new ConfigError('AFD_CHECKPOINT_WRITE', `${path} cannot be written: ${cause.message}`, {
      hint: 'name another folder; a file that says something else is never overwritten',
      subject: path,
      cause,
    })
  }
}
