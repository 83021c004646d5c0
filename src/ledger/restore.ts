import { existsSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { keepPart, partOf } from '../disk/part.ts'
import { type Sha256, sha256 } from '../model/digest.ts'
import { erasedBy } from '../model/erasure.ts'
import { StoreError } from '../model/errors.ts'
import type { Clock, Instant } from '../model/time.ts'
import { columnsOf } from './append.ts'
import { parseTreeHead } from './checkpoint.ts'
import { decodeEntry } from './entry.ts'
import { storeFailure } from './failure.ts'
import { leafHash } from './merkle.ts'
import { migrate } from './migrate.ts'
import { parseNote } from './note.ts'
import { type Connection, connect, createFile, makeDurable, writeTransaction } from './sqlite.ts'
import { insertEntries } from './sqlite-entries.ts'
import type { CheckpointTimestamp } from './store.ts'
import { growTree, readFrontier } from './tree.ts'
import { type StoreVerification, type VerifyOptions, verifyStore } from './verify.ts'

/** A whole ledger outside of a store. */
export type WholeLedger = {
  readonly origin: string
  /** The canonical bytes of every entry, from the first one on. */
  readonly entries: readonly Uint8Array[]
  readonly artefacts: AsyncIterable<{ readonly salt: Uint8Array; readonly bytes: Uint8Array }>
  /** Oldest first. */
  readonly checkpoints: readonly { readonly note: string; readonly created: Instant }[]
  /** Oldest first, each over one of the checkpoints. */
  readonly timestamps: readonly CheckpointTimestamp[]
}

const batch = 500

/**
 * Makes a store of a whole ledger, verifies it, and only then gives it its name; throws StoreError `AFD_STORE_EXISTS`
 * where there is something already. What does not verify is removed again, and the verification says why.
 */
export async function restoreStore(
  ledger: WholeLedger,
  options: Pick<VerifyOptions, 'path' | 'checkStamp'> & { readonly publicKey: Uint8Array; readonly clock: Clock },
): Promise<StoreVerification> {
  const { path, publicKey, checkStamp, clock } = options
  const unfinished = partOf(path)
  assertFree(path)
  try {
    createFile(unfinished)
    const connection = connect(unfinished, 'write', 0)
    try {
      makeDurable(connection)
      migrate(connection.file, ledger.origin, clock)
      await fill(connection, ledger)
      // What a full disk kept in a write-ahead log would be left behind with it.
      connection.file.pragma('journal_mode = DELETE')
    } finally {
      connection.file.close()
    }
    const result = await verifyStore({ path: unfinished, publicKey, checkStamp })
    assertFree(path)
    if (result.verdict === 'verified') await keepPart(unfinished, path)
    return result
  } catch (error) {
    throw storeFailure(error, path)
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) await rm(`${unfinished}${end}`, { force: true })
  }
}

function assertFree(path: string): void {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
  if (log && log.size > 0) {
    throw new StoreError('AFD_STORE_EXISTS', `the write-ahead log of another store is still there: ${path}-wal`, {
      hint: 'SQLite would write it into the restored store. Move it away, together with the store that it belongs to.',
      subject: path,
    })
  }
  if (!existsSync(path)) return
  throw new StoreError('AFD_STORE_EXISTS', `there is already an evidence store at ${path}`, {
    hint: 'Nothing is ever put into a ledger beside what was collected: move that file away, or name another `store`.',
    subject: path,
  })
}

async function fill(
  connection: Connection,
  { entries, artefacts, checkpoints, timestamps }: WholeLedger,
): Promise<void> {
  const erased = new Map<Sha256, number>()
  for (let from = 0; from < entries.length; from += batch) {
    const rows = entries.slice(from, from + batch).map((bytes) => {
      const entry = decodeEntry(bytes)
      for (const commitment of erasedBy(entry)) erased.set(commitment, entry.sequence)
      return { ...columnsOf(entry), leaf: leafHash(bytes), bytes }
    })
    await writeTransaction(connection, async (tables) => {
      const before = await readFrontier(tables)
      insertEntries(connection.file, rows)
      await growTree(
        tables,
        before,
        rows.map(({ leaf }) => leaf),
      )
    })
  }
  // What the entries say of erasures, as the table beside them.
  for (const [commitment, entry] of erased) {
    await connection.tables
      .insertInto('erasures')
      .values({ commitment: hashOf(commitment), entry })
      .execute()
  }
  for await (const { salt, bytes } of artefacts) {
    const [commitment, digest] = [hashOf(sha256(salt, bytes)), hashOf(sha256(bytes))]
    await connection.tables
      .insertInto('blobs')
      .values({ commitment, sha256: digest, salt, size: bytes.length, bytes })
      .execute()
  }
  for (const { note, created } of checkpoints) {
    const { size, root } = parseTreeHead(parseNote(note).text)
    await connection.tables.insertInto('checkpoints').values({ size, root, note, created }).execute()
  }
  for (const { note, token, received } of timestamps) {
    const { id } = await connection.tables
      .selectFrom('checkpoints')
      .select('id')
      .where('note', '=', note)
      .executeTakeFirstOrThrow()
    await connection.tables.insertInto('timestamps').values({ checkpoint: id, token, received }).execute()
  }
}

function hashOf(digest: Sha256): Uint8Array {
  return Buffer.from(digest, 'hex')
}
