import { setTimeout as sleep } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { type Connection, patiently } from './sqlite.ts'

/**
 * Says in the file's header, within the transaction under way, that erased bytes may still stand somewhere in the file.
 * `user_version` is SQLite's field for the program's own use; the schema's version stands in `migrations`.
 */
export function markRemnants(file: Database.Database): void {
  file.pragma(`user_version = ${(remnants(file) + 1) % 0x7fff_ffff || 1}`)
}

/** Whether erased bytes may still stand in free places of the file or in its write-ahead log. */
export function hasRemnants(file: Database.Database): boolean {
  return remnants(file) !== 0
}

/**
 * Rewrites the whole file without what was erased, and empties the write-ahead log. Overwriting freed cells is not
 * enough: when SQLite splits or joins pages, it leaves copies of cells behind in the free middle of pages. False where
 * another process that reads kept the log from being emptied; then it is to be done again. Needs room for a second copy.
 */
export async function scrub({ file, lockTimeoutMs }: Connection): Promise<boolean> {
  const seen = remnants(file)
  if (seen === 0) return true
  await patiently(lockTimeoutMs, () => void file.exec('VACUUM'))
  if (!(await emptyLog(file, lockTimeoutMs))) return false
  // Another process may have erased more meanwhile, which this has not scrubbed.
  const done = file.transaction(() => {
    if (remnants(file) === seen) file.pragma('user_version = 0')
  })
  await patiently(lockTimeoutMs, () => done.immediate())
  return true
}

function remnants(file: Database.Database): number {
  return Number(file.pragma('user_version', { simple: true }))
}

async function emptyLog(file: Database.Database, lockTimeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + lockTimeoutMs
  for (;;) {
    const [result] = file.pragma('wal_checkpoint(TRUNCATE)') as readonly { readonly busy: number }[]
    if (result?.busy === 0) return true
    if (performance.now() >= deadline) return false
    await sleep(20)
  }
}
