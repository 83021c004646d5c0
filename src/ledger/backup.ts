import { existsSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { keepPart, partOf } from '../disk/part.ts'
import { IntegrityError, StoreError } from '../model/errors.ts'
import { storeFailure } from './failure.ts'
import { assertReadable } from './migrate.ts'
import { hasRemnants } from './scrub.ts'
import { connect, createFile, patiently } from './sqlite.ts'
import { type StoreVerification, verifyStore } from './verify.ts'
import type { StampCheck } from './verify-timestamps.ts'

export type Backup = StoreVerification & {
  readonly path: string
  /** Bytes. */
  readonly size: number
}

const lockTimeoutMs = 10_000

/**
 * Copies a store that others may be writing to, as of one moment, into one file that only its owner can read, and
 * verifies the copy before it gets its name. Throws StoreError, or IntegrityError where the copy does not verify.
 */
export async function backupStore(options: {
  readonly path: string
  readonly target: string
  readonly publicKey: Uint8Array
  readonly checkStamp?: StampCheck | undefined
  readonly signal: AbortSignal
}): Promise<Backup> {
  const target = resolve(options.target)
  assertFree(target)
  const unfinished = partOf(target)
  try {
    await copy(resolve(options.path), unfinished, options.signal)
    const { publicKey, checkStamp, signal } = options
    const result = await verifyStore({ path: unfinished, publicKey, checkStamp, signal })
    if (result.verdict === 'refused') throw notVerified(options.path, result)
    assertFree(target)
    await keepPart(unfinished, target)
    return { ...result, path: target, size: (await stat(target)).size }
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) await rm(`${unfinished}${end}`, { force: true })
  }
}

function assertFree(target: string): void {
  if (!existsSync(dirname(target))) {
    throw new StoreError('AFD_BACKUP_FOLDER_MISSING', `the folder for the backup does not exist: ${dirname(target)}`, {
      hint: 'Create the folder, or name another file; an unmounted disk looks like this, too.',
      subject: target,
    })
  }
  if (!existsSync(target)) return
  throw new StoreError('AFD_BACKUP_EXISTS', `${target} exists already`, {
    hint: 'No backup is ever overwritten: name another file, for instance one with the date.',
    subject: target,
  })
}

function begin(target: string): void {
  try {
    createFile(target)
  } catch (cause) {
    throw new StoreError('AFD_BACKUP_WRITE', `no backup can be written to ${dirname(target)}`, {
      hint: 'Check that you may write there, or name a file in another folder.',
      subject: target,
      cause,
    })
  }
}

/** Pages copied between two looks at the signal. */
const pagesAtOnce = 2000

async function copy(source: string, target: string, signal: AbortSignal): Promise<void> {
  const connection = connect(source, 'read', lockTimeoutMs)
  try {
    assertReadable(connection.file, source)
    begin(target)
    // One read transaction, so that what others append meanwhile does not make the copy start again and again.
    connection.file.exec('BEGIN')
    connection.file.prepare('SELECT size FROM frontier').get()
    const progress = () => {
      signal.throwIfAborted()
      return pagesAtOnce
    }
    await patiently(lockTimeoutMs, () => connection.file.backup(target, { progress }))
    await nextTurn()
  } catch (error) {
    throw storeFailure(error, existsSync(target) ? target : source)
  } finally {
    connection.file.close()
  }
  // Without a write-ahead log the copy is one file, and can be read from where nothing can be written.
  const made = connect(target, 'write', lockTimeoutMs)
  try {
    made.file.pragma('journal_mode = DELETE')
    // What was erased, but not scrubbed out of the store yet, is not handed on.
    if (hasRemnants(made.file)) {
      made.file.exec('VACUUM')
      made.file.pragma('user_version = 0')
    }
  } finally {
    made.file.close()
  }
}

function notVerified(store: string, { problems }: StoreVerification): IntegrityError {
  const message = `the backup does not verify, and was not kept: ${problems[0]?.message ?? 'unknown'}`
  return new IntegrityError('AFD_BACKUP_REFUSED', message, {
    hint: 'The store itself may be damaged; see: affidavit verify --store. Earlier backups were left alone.',
    subject: store,
  })
}
