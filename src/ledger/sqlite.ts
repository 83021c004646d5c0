import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type Kysely,
  Kysely as KyselyDatabase,
  SqliteDialect,
  SqliteDriver,
  type Transaction,
  type TransactionSettings,
} from 'kysely'
import { StoreError } from '../model/errors.ts'
import { isBusy } from './failure.ts'
import type { Tables } from './schema.ts'

/** One open SQLite file. `file` is for what Kysely has no words for: pragmas and the schema. */
export type Connection = {
  readonly path: string
  readonly file: Database.Database
  readonly tables: Kysely<Tables>
  /** How long to wait for other processes' transactions. */
  readonly lockTimeoutMs: number
  /** The file that is open, and those that SQLite keeps beside it once they were seen: device and number of each. */
  readonly places: Map<string, string>
  /** What else must hold before anything is written; each throws where it does not. */
  readonly guards: Set<() => void>
}

/** SQLite waits this long by itself, and stops the event loop meanwhile; longer waits are ours. */
const busyTimeoutMs = 200

/** Opens a database file that exists; `read` changes nothing on the disk beside SQLite's own -wal and -shm. */
export function connect(path: string, mode: 'write' | 'read', lockTimeoutMs: number): Connection {
  const file = open(path, mode === 'read')
  try {
    file.pragma('trusted_schema = OFF')
    file.pragma('cell_size_check = ON')
    file.pragma('foreign_keys = ON')
    if (mode === 'read') file.pragma('query_only = ON')
    const tables = new KyselyDatabase<Tables>({ dialect: dialect(file) })
    return { path, file, tables, lockTimeoutMs, places: new Map([[path, placeOf(path)]]), guards: new Set() }
  } catch (error) {
    file.close()
    throw error
  }
}

/** Makes every commit reach the disk before it is acknowledged. */
export function makeDurable({ file }: Connection): void {
  file.pragma('journal_mode = WAL')
  // The build's default for WAL is NORMAL, which loses the newest commits when the power fails.
  file.pragma('synchronous = FULL')
  // On macOS plain fsync does not reach the disk; elsewhere these change nothing.
  file.pragma('fullfsync = ON')
  file.pragma('checkpoint_fullfsync = ON')
}

/** Creates an empty file that only its owner can read; false where there is one already. SQLite's own files follow it. */
export function createFile(path: string): boolean {
  if (!existsSync(dirname(path))) throw folderMissing(path)
  try {
    // Never opened where it exists: closing it again would drop the POSIX locks that SQLite holds in this process.
    closeSync(openSync(path, 'wx', 0o600))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Does some work again and again while another process is in its way, as long as agreed. */
export async function patiently<Result>(lockTimeoutMs: number, work: () => Result | Promise<Result>): Promise<Result> {
  const deadline = performance.now() + lockTimeoutMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
      await sleep(5 + Math.random() * 20)
    }
  }
}

/**
 * Runs a transaction that takes the write lock at its start, waiting for other processes as long as agreed. StoreError
 * `AFD_STORE_MOVED`, and nothing written, where the store's files are no longer where they were opened; a guard's error
 * where one does not hold.
 */
export async function writeTransaction<Result>(
  connection: Connection,
  work: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  const { tables, lockTimeoutMs, guards } = connection
  return await patiently(lockTimeoutMs, () =>
    tables.transaction().execute(async (transaction) => {
      const result = await work(transaction)
      assertInPlace(connection)
      for (const guard of guards) guard()
      return result
    }),
  )
}

/**
 * Throws StoreError `AFD_STORE_MOVED` where the store's files are no longer the ones that were opened: SQLite would go on
 * writing into files that were deleted or moved, and all of it would be gone with the process.
 */
export function assertInPlace({ path, places }: Connection): void {
  for (const each of [path, `${path}-wal`, `${path}-shm`]) {
    const place = placeOf(each)
    const opened = places.get(each) ?? place
    places.set(each, opened)
    if (place !== '' && place === opened) continue
    throw new StoreError('AFD_STORE_MOVED', `${each} was moved, replaced or deleted while it was open`, {
      hint: 'What was in hand was not written. Put the store back, together with its -wal file, or restore a backup; then run again.',
      subject: path,
    })
  }
}

/** What tells a file from another one under the same name; empty where there is none. */
export function placeOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  return found ? `${found.dev} ${found.ino}` : ''
}

/** Runs reads that all see the same state. */
export async function readTransaction<Result>(
  { tables }: Connection,
  work: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return await tables.transaction().setAccessMode('read only').execute(work)
}

function open(path: string, readonly: boolean): Database.Database {
  if (!existsSync(dirname(path))) throw folderMissing(path)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) {
    throw new StoreError('AFD_STORE_MISSING', `there is no evidence store at ${path}`, {
      hint: 'Collect with `affidavit run`, which makes it, or check `store` in affidavit.yaml.',
      subject: path,
    })
  }
  if (!found.isFile()) {
    throw new StoreError('AFD_STORE_UNREADABLE', `${path} is not a file`, {
      hint: 'Check `store` in affidavit.yaml: it names the file itself, not its folder.',
      subject: path,
    })
  }
  return new Database(path, { readonly, fileMustExist: true, timeout: busyTimeoutMs })
}

function folderMissing(path: string): StoreError {
  return new StoreError(
    'AFD_STORE_FOLDER_MISSING',
    `the folder of the evidence store does not exist: ${dirname(path)}`,
    {
      hint: 'Create the folder, or check `store` in affidavit.yaml.',
      subject: path,
    },
  )
}

function dialect(file: Database.Database): SqliteDialect {
  const config = { database: withStatementCache(file) }
  const plain = new SqliteDialect(config)
  return Object.assign(plain, { createDriver: (): Driver => new ImmediateDriver(config, file) })
}

/** Kysely prepares every query anew; ours are few, so they are kept. */
function withStatementCache(file: Database.Database) {
  const statements = new Map<string, Database.Statement>()
  return {
    close: () => void file.close(),
    prepare(sql: string): Database.Statement {
      const known = statements.get(sql)
      if (known) return known
      const statement = file.prepare(sql)
      if (statements.size < 200) statements.set(sql, statement)
      return statement
    },
  }
}

/** Transactions take the write lock at once: one that began by reading could not be retried when it meets another. */
class ImmediateDriver extends SqliteDriver {
  readonly #file: Database.Database

  constructor(config: ConstructorParameters<typeof SqliteDriver>[0], file: Database.Database) {
    super(config)
    this.#file = file
  }

  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    const begin = settings?.accessMode === 'read only' ? 'begin' : 'begin immediate'
    await connection.executeQuery(CompiledQuery.raw(begin))
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // SQLite rolls back by itself when the disk is full; a second rollback would hide why.
    if (this.#file.inTransaction) await super.rollbackTransaction(connection)
  }
}
