import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { assertInPlace, type Connection } from './sqlite.ts'

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

/** What the thread that scrubs is given. */
export type ScrubTask = { readonly path: string; readonly lockTimeoutMs: number }

/** What it answers: whether all is gone, or SQLite's code and message. */
export type ScrubAnswer = { readonly done: boolean } | { readonly code: string; readonly message: string }

/**
 * Rewrites the whole file without what was erased, and empties the write-ahead log. Overwriting freed cells is not
 * enough: when SQLite splits or joins pages, it leaves copies of cells behind in the free middle of pages. False where
 * another process that reads kept the log from being emptied; then it is to be done again. Needs room for two further
 * copies, one of them in the folder for temporary files; other processes can read meanwhile, and wait to write.
 */
export async function scrub(connection: Connection): Promise<boolean> {
  const { path, file, lockTimeoutMs } = connection
  if (remnants(file) === 0) return true
  assertInPlace(connection)
  // SQLite keeps its thread busy until a large file is rewritten: schedules and the health endpoint must go on.
  const { promise, resolve, reject } = Promise.withResolvers<ScrubAnswer>()
  const workerData: ScrubTask = { path, lockTimeoutMs }
  const worker = new Worker(new URL(`./scrub-worker${extname(import.meta.url)}`, import.meta.url), { workerData })
  worker.once('message', resolve).once('error', reject)
  worker.once('exit', (code) => reject(new Error(`the thread that scrubs ended with ${code}`)))
  const answer = await promise
  if ('done' in answer) return answer.done
  throw new Database.SqliteError(answer.message, answer.code)
}

/** The number of erasures since the file was last scrubbed; 0 for none. */
export function remnants(file: Database.Database): number {
  return Number(file.pragma('user_version', { simple: true }))
}
