import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { backupStore } from '../../src/ledger/backup.ts'
import { openStore } from '../../src/ledger/open.ts'
import type { Store } from '../../src/ledger/store.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import {
  artefact,
  clock,
  newEntries,
  newEntry,
  origin,
  rejectionOf,
  signer,
  temporaryFolder,
} from '../helpers/ledger.ts'

const { publicKey } = signer
const never = new AbortController().signal

test('a backup is one verified file with all that had been acknowledged, for its owner only', async () => {
  const { folder, path, store } = await ledger(40)
  const target = join(folder, 'backup.db')
  const made = await backupStore({ path, target, publicKey, signal: never })
  expect(made).toMatchObject({ verdict: 'verified', entries: 41, artefacts: 1, checkpoints: 1, path: target })
  expect((await stat(target)).mode & 0o777).toBe(0o600)
  expect((await readdir(folder)).filter((name) => name.startsWith('backup'))).toEqual(['backup.db'])
  expect(made.root).toBe((await store.state()).root)
})

test('a backup that is made while others append is the ledger as it was at one moment', async () => {
  const { folder, path, store } = await ledger(2000)
  const work = backupStore({ path, target: join(folder, 'backup.db'), publicKey, signal: never })
  for (let number = 2001; number < 2021; number += 1) {
    await store.append([newEntry(number)])
    await nextTurn()
  }
  const made = await work
  expect(made.verdict).toBe('verified')
  expect(made.entries).toBeGreaterThanOrEqual(2001)
  expect((await store.state()).size).toBe(2021)
})

test('a restored backup goes on where it was', async () => {
  const { folder, path } = await ledger(3)
  await backupStore({ path, target: join(folder, 'backup.db'), publicKey, signal: never })
  const restored = join(folder, 'restored.db')
  await copyFile(join(folder, 'backup.db'), restored)
  {
    await using store = await openStore({ path: restored, origin, clock, mode: 'write' })
    await store.append(newEntries(2, 4))
    await store.checkpoint(signer)
  }
  expect(await verifyStore({ path: restored, publicKey })).toMatchObject({
    verdict: 'verified',
    entries: 6,
    unsigned: 0,
  })
})

test('a damaged store makes no backup, and an earlier file is never overwritten', async () => {
  const { folder, path, store } = await ledger(5)
  await store[Symbol.asyncDispose]()
  const target = join(folder, 'backup.db')
  await writeFile(target, 'an earlier one')
  const work = () => backupStore({ path, target, publicKey, signal: never })
  expect(await rejectionOf(work())).toMatchObject({ code: 'AFD_BACKUP_EXISTS', exitCode: 3 })
  expect(await readFile(target, 'utf8')).toBe('an earlier one')
  const astray = backupStore({ path, target: join(folder, 'unmounted', 'backup.db'), publicKey, signal: never })
  expect(await rejectionOf(astray)).toMatchObject({ code: 'AFD_BACKUP_FOLDER_MISSING', exitCode: 3 })
  const file = new Database(path)
  file.exec('DROP TRIGGER entries_no_update')
  file.prepare("UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), 'TLSv1.2', 'TLSv1.3') AS BLOB)").run()
  file.close()
  const refused = backupStore({ path, target: join(folder, 'other.db'), publicKey, signal: never })
  expect(await rejectionOf(refused)).toMatchObject({ code: 'AFD_BACKUP_REFUSED', exitCode: 4 })
  expect((await readdir(folder)).filter((name) => name.startsWith('other'))).toEqual([])
})

test('a backup can be interrupted, and leaves nothing behind', async () => {
  const { folder, path } = await ledger(5)
  const target = join(folder, 'backup.db')
  const stopped = backupStore({ path, target, publicKey, signal: AbortSignal.abort() })
  expect(await rejectionOf(stopped)).toMatchObject({ name: 'AbortError' })
  expect((await readdir(folder)).filter((name) => name.startsWith('backup'))).toEqual([])
})

test.runIf(process.platform === 'linux')('a folder that takes no files is told as that of the backup', async () => {
  const { path } = await ledger(1)
  const nowhere = backupStore({ path, target: '/proc/backup.db', publicKey, signal: never })
  expect(await rejectionOf(nowhere)).toMatchObject({ code: 'AFD_BACKUP_WRITE', exitCode: 3 })
})

async function ledger(size: number): Promise<{ folder: string; path: string; store: Store }> {
  const folder = temporaryFolder()
  const path = join(folder, 'evidence.db')
  const store = await openStore({ path, origin, clock, mode: 'create' })
  await store.append(newEntries(size))
  await store.append([newEntry(size, { artefacts: [artefact('http-001.txt', 'GET /')] })])
  await store.checkpoint(signer)
  return { folder, path, store }
}
