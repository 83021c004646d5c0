import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { StoreError } from '../model/errors.ts'

/** What SQLite and the file system call a failure, and what it means to the person in front of it. */
const failures: readonly {
  readonly codes: RegExp
  readonly code: string
  readonly says: (path: string) => string
  readonly hint: string
}[] = [
  {
    codes: /^(?:SQLITE_BUSY|SQLITE_LOCKED)/,
    code: 'AFD_STORE_LOCKED',
    says: (path) => `the evidence store ${path} is locked by another process`,
    hint: 'Wait for the other process, or end it; nothing has been lost. `lsof` on the file shows who has it open.',
  },
  {
    // Even to read, SQLite needs a small file beside the store; that it could not be made any longer means a full disk.
    codes: /^(?:SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT|EFBIG)/,
    code: 'AFD_STORE_FULL',
    says: (path) => `there is no room left on the disk that holds ${path}`,
    hint: 'Free some space and run again. What had been acknowledged is kept; the batch in hand was not written.',
  },
  {
    codes: /^(?:SQLITE_NOTADB)/,
    code: 'AFD_STORE_NOT_A_DATABASE',
    says: (path) => `${path} is not an SQLite database`,
    hint: 'Check `store` in affidavit.yaml; if the file was once a store, restore it from a backup.',
  },
  {
    codes: /^(?:SQLITE_CORRUPT)/,
    code: 'AFD_STORE_DAMAGED',
    says: (path) => `the evidence store ${path} is damaged`,
    hint: 'Keep a copy, see `affidavit verify --store` for what is affected, and restore from a backup.',
  },
  {
    codes: /^(?:SQLITE_READONLY|SQLITE_PERM|SQLITE_AUTH|EACCES|EPERM|EROFS)/,
    code: 'AFD_STORE_NOT_WRITABLE',
    says: (path) => `the evidence store ${path} cannot be written, or its folder cannot`,
    hint: 'Give the user that runs Affidavit the right to write the file and its folder, or mount the disk for writing; only to look at it, use a copy.',
  },
  {
    codes: /^(?:SQLITE_CANTOPEN|EISDIR|ENOTDIR|ELOOP|ENAMETOOLONG)/,
    code: 'AFD_STORE_UNREADABLE',
    says: (path) => `the evidence store ${path} cannot be opened`,
    hint: 'Check that the path names a file, and that the user that runs Affidavit may read it and its folder.',
  },
  {
    codes: /^(?:SQLITE_TOOBIG)/,
    code: 'AFD_STORE_TOO_BIG',
    says: (path) => `an artefact or entry is too big for the evidence store ${path}`,
    hint: 'Lower the `bytes` limit of the target; one artefact may have up to 1 GB.',
  },
  {
    codes: /^(?:SQLITE_IOERR|EIO)/,
    code: 'AFD_STORE_IO',
    says: (path) => `the disk that holds ${path} failed to read or write`,
    hint: 'See the system log for disk errors. What had been acknowledged is kept; the batch in hand was not written.',
  },
]

/** The StoreError that a failure of SQLite or the file system means; anything else comes back as it is. */
export function storeFailure(error: unknown, path: string): unknown {
  const code = codeOf(error)
  // SQLite keeps two files beside the store, even to read it, and says no more of what kept it from making them.
  if (code.startsWith('SQLITE_CANTOPEN') && isUnwritable(path)) return storeFailure(refusedToWrite(error), path)
  const failure = failures.find(({ codes }) => codes.test(code))
  if (!failure) return error
  return new StoreError(failure.code, failure.says(path), { hint: failure.hint, subject: path, cause: error })
}

/** Whether a file is there to be read, in a folder that cannot be written. */
function isUnwritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
  } catch {
    return false
  }
  try {
    accessSync(dirname(path), constants.W_OK)
    return false
  } catch {
    return true
  }
}

function refusedToWrite(cause: unknown): Error {
  return Object.assign(new Error(messageOf(cause), { cause }), { code: 'EROFS' })
}

/** Runs some work and turns its failures into StoreErrors. */
export async function withStoreErrors<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw storeFailure(error, path)
  }
}

/** Whether another connection is in the way, so that trying again makes sense. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|LOCKED)/.test(codeOf(error))
}

/** Whether an error tells of what is in the file, rather than of the way to it or of somebody else's lock. */
export function isContentFailure(error: unknown): boolean {
  const code = codeOf(error)
  return !/^(?:AFD_|E[A-Z0-9]+$|SQLITE_(?:BUSY|LOCKED|CANTOPEN|PERM|AUTH|READONLY|NOMEM|INTERRUPT|FULL|IOERR_(?:SHM|(?:UN|RD)?LOCK|ACCESS|NOMEM|GETTEMPPATH)))/.test(
    code,
  )
}

function codeOf(error: unknown): string {
  if (error instanceof Database.SqliteError) return error.code
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return ''
}

/** What an error says, for messages that quote it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
