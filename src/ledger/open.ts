import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ConfigError, StoreError } from '../model/errors.ts'
import type { Clock } from '../model/time.ts'
import { isOrigin } from './checkpoint.ts'
import { withStoreErrors } from './failure.ts'
import { assertCurrent, assertReadable, migrate, standingOf } from './migrate.ts'
import { type Connection, connect, createFile, makeDurable, patiently } from './sqlite.ts'
import { sqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

export type StoreOptions = {
  readonly path: string
  /** The ledger's name in entries and checkpoints; must be the one that the store was made with. */
  readonly origin: string
  readonly clock: Clock
  /** `create` makes the store where there is none yet; `read` changes nothing and needs no right to write. */
  readonly mode: 'create' | 'write' | 'read'
  /** How long to wait for other processes' transactions; default 10 seconds. */
  readonly lockTimeoutMs?: number
}

/** Opens the evidence store in an SQLite file; throws StoreError with what is wrong and what to do. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const path = realPath(options.path)
  const { origin, mode } = options
  if (!isOrigin(origin)) {
    throw new ConfigError('AFD_CONFIG_ORIGIN', `not a name for a ledger: ${JSON.stringify(origin)}`, {
      hint: 'Use something like a URL without its scheme: example.org/affidavit. No spaces, no plus sign.',
    })
  }
  return await withStoreErrors(path, async () => {
    if (mode === 'create') {
      assertNotGone(path)
      createFile(path)
    }
    const connection = connect(path, mode === 'read' ? 'read' : 'write', options.lockTimeoutMs ?? 10_000)
    try {
      await patiently(connection.lockTimeoutMs, () => prepare(connection, options))
      assertOrigin(connection, origin)
      return sqliteStore(connection, { origin, clock: options.clock, writable: mode !== 'read' })
    } catch (error) {
      connection.file.close()
      throw error
    }
  })
}

/** Where a link leads: SQLite keeps its own files there, and so must the lock be, however many names a store has. */
function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path)
}

/** Nobody begins a new ledger without knowing that the one that was there is gone. */
function assertNotGone(path: string): void {
  if (existsSync(path)) return
  const left = [`${path}.lock`, `${path}-wal`].filter((each) => existsSync(each))
  if (left.length === 0) return
  throw new StoreError('AFD_STORE_GONE', `there was an evidence store at ${path}, and it is gone`, {
    hint: `Put it back, or restore a backup. To begin a new ledger in its place, remove what is left of it: ${left.join(', ')}`,
    subject: path,
  })
}

function prepare(connection: Connection, { mode, origin, clock }: StoreOptions): void {
  const { file, path } = connection
  const isNew = mode === 'create' && standingOf(file).state === 'empty'
  if (!isNew) assertReadable(file, path)
  if (mode === 'read') {
    assertCurrent(file, path)
    return
  }
  accessSync(path, constants.W_OK)
  accessSync(dirname(path), constants.W_OK)
  makeDurable(connection)
  migrate(file, origin, clock)
}

function assertOrigin({ file, path }: Connection, origin: string): void {
  const stored = file.prepare('SELECT origin FROM ledger').pluck().get()
  if (stored === origin) return
  throw new StoreError('AFD_STORE_ORIGIN', `${path} is the ledger ${JSON.stringify(stored)}, not ${origin}`, {
    hint:
      `A ledger keeps its name for good. If this is yours, under an earlier name of the organisation, write ` +
      `store: { origin: ${stored} } in affidavit.yaml; otherwise name another file under store.path.`,
    subject: path,
  })
}
