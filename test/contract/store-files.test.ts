import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../src/ledger/migrate.ts'
import { openStore } from '../../src/ledger/open.ts'
import { connect, makeDurable } from '../../src/ledger/sqlite.ts'
import { sqliteStore } from '../../src/ledger/sqlite-store.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import {
  artefact,
  clock,
  entriesOf,
  newEntries,
  newEntry,
  origin,
  persistentFolder,
  rejectionOf,
  signer,
  temporaryFolder,
} from '../helpers/ledger.ts'
import { tamper } from '../helpers/ledger-tamper.ts'

const newPath = () => join(temporaryFolder(), 'evidence.db')
const modes = ['create', 'write', 'read'] as const

async function madeStore(path: string): Promise<void> {
  await using store = await openStore({ path, origin, clock, mode: 'create' })
  await store.append(newEntries(3))
}

function edit(path: string, sql: string): void {
  const file = new Database(path)
  file.exec(sql)
  file.close()
}

test('only the owner can read the files of a store, whatever the umask', async () => {
  const umask = process.umask(0)
  onTestFinished(() => void process.umask(umask))
  const path = newPath()
  await using store = await openStore({ path, origin, clock, mode: 'create' })
  await store.append(newEntries(3))
  await using _lock = await store.lockRuns()
  const files = readdirSync(join(path, '..'))
  expect(files.sort()).toEqual(['evidence.db', 'evidence.db-shm', 'evidence.db-wal', 'evidence.db.lock'])
  for (const file of files) expect(statSync(join(path, '..', file)).mode & 0o777).toBe(0o600)
})

test('creating a store where there is one opens it', async () => {
  const path = newPath()
  await madeStore(path)
  await using store = await openStore({ path, origin, clock, mode: 'create' })
  expect(await entriesOf(store)).toHaveLength(3)
})

test('two processes that create the same store at once make one', async () => {
  const path = newPath()
  const stores = await Promise.all([1, 2, 3].map(() => openStore({ path, origin, clock, mode: 'create' })))
  await Promise.all(stores.map((store) => store.append(newEntries(2))))
  for (const store of stores) await store[Symbol.asyncDispose]()
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: 6 })
})

test('a store that was being created when the power went is created again', async () => {
  const path = newPath()
  writeFileSync(path, '')
  await madeStore(path)
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: 3 })
})

test('commits reach the disk before they are acknowledged', async () => {
  const path = newPath()
  await madeStore(path)
  const connection = connect(path, 'write', 0)
  onTestFinished(() => void connection.file.close())
  makeDurable(connection)
  expect(connection.file.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(connection.file.pragma('synchronous', { simple: true })).toBe(2)
  expect(connection.file.pragma('foreign_keys', { simple: true })).toBe(1)
})

test('a store that is not there is missing, and is not made by the way', async () => {
  const path = newPath()
  for (const mode of ['write', 'read'] as const) {
    expect(await rejectionOf(openStore({ path, origin, clock, mode }))).toMatchObject({
      code: 'AFD_STORE_MISSING',
      exitCode: 3,
      hint: expect.any(String),
    })
  }
  expect(await rejectionOf(verifyStore({ path }))).toMatchObject({ code: 'AFD_STORE_MISSING' })
  expect(existsSync(path)).toBe(false)
})

test.each(modes)('a folder that is not there is told (%s)', async (mode) => {
  const path = join(temporaryFolder(), 'missing', 'evidence.db')
  const refusal = { code: 'AFD_STORE_FOLDER_MISSING', exitCode: 3, hint: expect.any(String) }
  expect(await rejectionOf(openStore({ path, origin, clock, mode }))).toMatchObject(refusal)
})

test.each(modes)('a file that is no database is refused and left alone (%s)', async (mode) => {
  const path = newPath()
  writeFileSync(path, 'precious notes, certainly not a database\n'.repeat(100))
  const before = readFileSync(path)
  const refusal = { code: 'AFD_STORE_NOT_A_DATABASE', exitCode: 3, hint: expect.any(String) }
  expect(await rejectionOf(openStore({ path, origin, clock, mode }))).toMatchObject(refusal)
  expect(readFileSync(path)).toEqual(before)
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'refused', problems: [{ code: 'file-unreadable' }] })
})

test.each(modes)('the database of another program is refused and left alone (%s)', async (mode) => {
  const path = newPath()
  edit(path, 'CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES (1)')
  const before = readFileSync(path)
  const refusal = { code: 'AFD_STORE_FOREIGN', exitCode: 3, hint: expect.any(String) }
  expect(await rejectionOf(openStore({ path, origin, clock, mode }))).toMatchObject(refusal)
  expect(readFileSync(path)).toEqual(before)
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'refused', problems: [{ code: 'file-foreign' }] })
})

test('an empty file is no store to write to', async () => {
  const path = newPath()
  writeFileSync(path, '')
  expect(await rejectionOf(openStore({ path, origin, clock, mode: 'write' }))).toMatchObject({
    code: 'AFD_STORE_FOREIGN',
  })
})

test.each(modes)('a folder in place of the file is told (%s)', async (mode) => {
  const refusal = { code: 'AFD_STORE_UNREADABLE', exitCode: 3, hint: expect.any(String) }
  expect(await rejectionOf(openStore({ path: temporaryFolder(), origin, clock, mode }))).toMatchObject(refusal)
})

test.each(modes)('a store of a newer Affidavit is refused and left alone (%s)', async (mode) => {
  const path = newPath()
  await madeStore(path)
  edit(path, "INSERT INTO migrations (version, name, applied) VALUES (999, 'later', '')")
  const refusal = { code: 'AFD_STORE_NEWER', exitCode: 3, hint: expect.any(String) }
  expect(await rejectionOf(openStore({ path, origin, clock, mode }))).toMatchObject(refusal)
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'refused', problems: [{ code: 'schema-newer' }] })
})

test('a store of an older Affidavit must be brought up to date before it can be read', async () => {
  const path = newPath()
  await madeStore(path)
  tamper(path, 'DELETE FROM migrations')
  const refusal = { code: 'AFD_STORE_OLDER', exitCode: 3, hint: expect.any(String) }
  expect(await rejectionOf(openStore({ path, origin, clock, mode: 'read' }))).toMatchObject(refusal)
})

test('the ledger of another origin is refused', async () => {
  const path = newPath()
  await madeStore(path)
  const work = openStore({ path, origin: 'example.org/other', clock, mode: 'write' })
  expect(await rejectionOf(work)).toMatchObject({ code: 'AFD_STORE_ORIGIN', exitCode: 3, hint: expect.any(String) })
})

test('an origin that could not stand in a checkpoint is a mistake in the configuration', async () => {
  const work = openStore({ path: newPath(), origin: 'two words', clock, mode: 'create' })
  expect(await rejectionOf(work)).toMatchObject({ code: 'AFD_CONFIG_ORIGIN', exitCode: 2 })
})

test('another process that holds the write lock too long is told of, and nothing is lost', async () => {
  const path = newPath()
  await madeStore(path)
  await using store = await openStore({ path, origin, clock, mode: 'write', lockTimeoutMs: 0 })
  const other = new Database(path)
  onTestFinished(() => void other.close())
  other.exec('BEGIN IMMEDIATE')
  expect(await rejectionOf(store.append(newEntries(1)))).toMatchObject({
    code: 'AFD_STORE_LOCKED',
    exitCode: 3,
    hint: expect.any(String),
  })
  expect(await entriesOf(store)).toHaveLength(3)
  other.exec('ROLLBACK')
  await store.append(newEntries(1))
  expect(await entriesOf(store)).toHaveLength(4)
})

test('a lock that is given back in time is waited for', async () => {
  const path = newPath()
  await madeStore(path)
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  const other = new Database(path)
  onTestFinished(() => void other.close())
  other.exec('BEGIN IMMEDIATE')
  const appended = store.append(newEntries(1))
  setTimeout(() => other.exec('ROLLBACK'), 50)
  expect(await appended).toHaveLength(1)
})

test('a store that another program holds for itself cannot be opened', async () => {
  const path = newPath()
  await madeStore(path)
  const other = new Database(path)
  onTestFinished(() => void other.close())
  other.pragma('locking_mode = EXCLUSIVE')
  other.exec('BEGIN EXCLUSIVE')
  const work = openStore({ path, origin, clock, mode: 'write', lockTimeoutMs: 0 })
  expect(await rejectionOf(work)).toMatchObject({ code: 'AFD_STORE_LOCKED', exitCode: 3 })
})

test('a full disk is told of, and what had been acknowledged is still there', async () => {
  const path = newPath()
  await madeStore(path)
  const connection = connect(path, 'write', 0)
  connection.file.pragma(`max_page_count = ${Number(connection.file.pragma('page_count', { simple: true })) + 20}`)
  await using store = sqliteStore(connection, { origin, clock, writable: true })
  const big = (n: number) => newEntry(n, { artefacts: [artefact('a', `${n}`.repeat(20_000))] })
  let acknowledged = 3
  let refusal: unknown
  while (refusal === undefined && acknowledged < 50) {
    refusal = await rejectionOf(store.append([big(acknowledged)]))
    if (refusal === undefined) acknowledged += 1
  }
  expect(refusal).toMatchObject({ code: 'AFD_STORE_FULL', exitCode: 3, hint: expect.any(String) })
  expect(await store.state()).toMatchObject({ size: acknowledged })
  connection.file.pragma('max_page_count = 100000')
  await store.append([big(acknowledged)])
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: acknowledged + 1 })
})

test.each(['', '-wal', '-shm'])(
  'a store whose file (%s) is taken away while it is open takes nothing more',
  async (end) => {
    const path = newPath()
    await using store = await openStore({ path, origin, clock, mode: 'create' })
    await store.append(newEntries(3))
    renameSync(`${path}${end}`, `${path}.elsewhere`)
    const refusal = { code: 'AFD_STORE_MOVED', exitCode: 3, hint: expect.any(String) }
    expect(await rejectionOf(store.append(newEntries(1, 3)))).toMatchObject(refusal)
    expect(await rejectionOf(store.checkpoint(signer))).toMatchObject(refusal)
    renameSync(`${path}.elsewhere`, `${path}${end}`)
    expect(await store.append(newEntries(1, 3))).toMatchObject([{ sequence: 3 }])
    expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: 4 })
  },
)

test('a store that another one was put in the place of takes nothing more, and the other one is left alone', async () => {
  const path = newPath()
  await using store = await openStore({ path, origin, clock, mode: 'create' })
  await store.append(newEntries(3))
  for (const end of ['', '-wal', '-shm']) renameSync(`${path}${end}`, `${path}.old${end}`)
  await madeStore(path)
  expect(await rejectionOf(store.append(newEntries(1)))).toMatchObject({ code: 'AFD_STORE_MOVED' })
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: 3 })
})

test.each(['.lock', '-wal'])(
  'where a store is gone and its %s is left, no new ledger begins in its place',
  async (end) => {
    const path = newPath()
    await madeStore(path)
    renameSync(path, `${path}.elsewhere`)
    writeFileSync(`${path}${end}`, '')
    const refusal = { code: 'AFD_STORE_GONE', exitCode: 3, hint: expect.stringContaining(`${path}${end}`) }
    expect(await rejectionOf(openStore({ path, origin, clock, mode: 'create' }))).toMatchObject(refusal)
    expect(existsSync(path)).toBe(false)
    rmSync(`${path}${end}`)
    await madeStore(path)
  },
)

test('a store behind a link takes entries, and there is one right to run for all of its names', async () => {
  const path = newPath()
  await madeStore(path)
  const link = join(temporaryFolder(), 'link.db')
  symlinkSync(path, link)
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  await using linked = await openStore({ path: link, origin, clock, mode: 'create' })
  expect(await linked.append(newEntries(1, 3))).toMatchObject([{ sequence: 3 }])
  await using _ = await store.lockRuns()
  expect(await rejectionOf(linked.lockRuns())).toMatchObject({ code: 'AFD_STORE_RUN_IN_PROGRESS' })
  expect(await verifyStore({ path: link })).toMatchObject({ verdict: 'verified', entries: 4 })
})

test('who holds the right to run keeps it where the file of the lock is deleted', async () => {
  const path = newPath()
  await madeStore(path)
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  await using other = await openStore({ path, origin, clock, mode: 'write' })
  const lock = await store.lockRuns()
  rmSync(`${path}.lock`)
  expect(await store.append(newEntries(1, 3))).toMatchObject([{ sequence: 3 }])
  expect(await rejectionOf(other.lockRuns())).toMatchObject({ code: 'AFD_STORE_RUN_IN_PROGRESS' })
  await lock[Symbol.asyncDispose]()
  await (await other.lockRuns())[Symbol.asyncDispose]()
})

test('where another took the right to run because the file of the lock was deleted, the first writes nothing more', async () => {
  const path = newPath()
  await madeStore(path)
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  await using other = await openStore({ path, origin, clock, mode: 'write' })
  const lock = await store.lockRuns()
  rmSync(`${path}.lock`)
  const taken = await other.lockRuns()
  await other.append(newEntries(1, 3))
  const refusal = { code: 'AFD_STORE_RUN_IN_PROGRESS', exitCode: 3 }
  expect(await rejectionOf(store.append(newEntries(1, 4)))).toMatchObject(refusal)
  expect(await rejectionOf(store.checkpoint(signer))).toMatchObject(refusal)
  // Whatever the other one wrote of what it found, this one does not contradict it afterwards.
  await taken[Symbol.asyncDispose]()
  expect(await rejectionOf(store.append(newEntries(1, 4)))).toMatchObject(refusal)
  await lock[Symbol.asyncDispose]()
  await store.append(newEntries(1, 4))
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: 5 })
})

test('a store opens for writing while another process writes for long', async () => {
  const path = newPath()
  await madeStore(path)
  const other = new Database(path)
  onTestFinished(() => void other.close())
  other.exec('BEGIN IMMEDIATE')
  await using store = await openStore({ path, origin, clock, mode: 'create', lockTimeoutMs: 0 })
  expect(await entriesOf(store)).toHaveLength(3)
})

/** Opens stores as nobody where the tests run as root, who may write everywhere; returns the codes. */
function openAsOrdinaryUser(stores: readonly { readonly path: string; readonly mode: string }[]): readonly string[] {
  const code = `
    const { openStore } = await import(${JSON.stringify(new URL('../../src/ledger/open.ts', import.meta.url).href)})
    const { verifyStore } = await import(${JSON.stringify(new URL('../../src/ledger/verify.ts', import.meta.url).href)})
    const options = { origin: '${origin}', clock: { now: () => '' } }
    for (const store of ${JSON.stringify(stores)}) {
      const done = store.mode === 'verify' ? verifyStore(store) : openStore({ ...options, ...store })
      await done.then((result) => console.log(result.verdict ?? 'opened'), (error) => console.log(error.code))
    }`
  const uid = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
    ...uid,
  })
  return (stdout || stderr).trim().split('\n')
}

test.runIf(process.platform !== 'win32')('files and folders that may not be read or written are told of', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  const inFolder = async (name: string, folderMode: number, fileMode?: number) => {
    const path = join(folder, name, 'evidence.db')
    mkdirSync(join(folder, name))
    if (fileMode !== undefined) await madeStore(path)
    if (fileMode !== undefined) chmodSync(path, fileMode)
    if (process.getuid?.() === 0) chownSync(join(folder, name), 65_534, 65_534)
    chmodSync(join(folder, name), folderMode)
    return path
  }
  const closed = await inFolder('closed-folder', 0o555)
  const closedWithStore = await inFolder('closed-folder-with-store', 0o555, 0o644)
  const readable = await inFolder('read-only-file', 0o755, 0o444)
  const secret = await inFolder('secret-file', 0o755, 0o000)
  const codes = openAsOrdinaryUser([
    { path: closed, mode: 'create' },
    { path: closedWithStore, mode: 'write' },
    { path: closedWithStore, mode: 'read' },
    { path: closedWithStore, mode: 'verify' },
    { path: readable, mode: 'write' },
    { path: readable, mode: 'read' },
    { path: secret, mode: 'read' },
  ])
  expect(codes).toEqual([
    'AFD_STORE_NOT_WRITABLE',
    'AFD_STORE_NOT_WRITABLE',
    'AFD_STORE_NOT_WRITABLE',
    'AFD_STORE_NOT_WRITABLE',
    'AFD_STORE_NOT_WRITABLE',
    'opened',
    'AFD_STORE_UNREADABLE',
  ])
  chmodSync(join(folder, 'closed-folder'), 0o755)
})

describe('plain SQL cannot change what is kept', () => {
  const folder = persistentFolder()
  const path = join(folder.path, 'evidence.db')
  beforeAll(async () => {
    await using store = await openStore({ path, origin, clock, mode: 'create' })
    await store.append([newEntry(0, { artefacts: [artefact('a', 'bytes')] }), ...newEntries(256, 1)])
    await store.checkpoint(signer)
  })
  afterAll(async () => {
    expect(await verifyStore({ path, publicKey: signer.publicKey })).toMatchObject({ verdict: 'verified' })
    folder.remove()
  })

  test.each([
    "UPDATE entries SET kind = 'x'",
    "UPDATE entries SET bytes = x'00' WHERE sequence = 1",
    'DELETE FROM entries WHERE sequence = 2',
    'INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE sequence = 2',
    'INSERT INTO entries SELECT 9, run, component, target, kind, collected, leaf, bytes FROM entries LIMIT 1',
    "UPDATE blobs SET bytes = x'00', size = 1",
    'DELETE FROM blobs',
    'INSERT OR REPLACE INTO blobs SELECT * FROM blobs',
    "UPDATE checkpoints SET note = ''",
    'DELETE FROM checkpoints',
    'INSERT OR REPLACE INTO checkpoints SELECT * FROM checkpoints',
    'DELETE FROM frontier',
    'UPDATE frontier SET size = size - 1',
    'INSERT OR REPLACE INTO frontier SELECT * FROM frontier',
    'DELETE FROM tiles',
    'UPDATE tiles SET root = zeroblob(32)',
    'INSERT OR REPLACE INTO tiles SELECT * FROM tiles',
    "UPDATE ledger SET origin = 'other'",
    'DELETE FROM ledger',
    'DELETE FROM migrations',
  ])('%s', (sql) => {
    expect(() => edit(path, sql)).toThrow(/the ledger only grows/)
  })
})

test('migrating twice changes nothing', async () => {
  const path = newPath()
  await madeStore(path)
  const file = new Database(path)
  onTestFinished(() => void file.close())
  const dump = () => file.prepare('SELECT * FROM migrations').all()
  const before = dump()
  migrate(file, origin, clock)
  expect(dump()).toEqual(before)
})
