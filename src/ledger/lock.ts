import Database from 'better-sqlite3'
import { StoreError } from '../model/errors.ts'
import { isBusy, storeFailure } from './failure.ts'
import { type Connection, createFile, placeOf } from './sqlite.ts'

/**
 * Takes the right to run, or throws StoreError `AFD_STORE_RUN_IN_PROGRESS`. It is SQLite's lock on a file of its own
 * beside the store, which the operating system takes back when the process ends, so that no crash leaves it behind.
 *
 * Somebody may delete that file all the same, and then another process could take the right as well. So the connection
 * looks before each write: where the file is gone the right is taken anew, and where another one has taken its place,
 * another process has begun since, and this one writes nothing more.
 */
export async function lockRuns({ path: store, guards }: Connection): Promise<AsyncDisposable> {
  const path = `${store}.lock`
  const held = [take(store, path)]
  const guard = () => {
    const place = placeOf(path)
    if (place === held.at(-1)?.place) return
    if (place !== '') throw inProgress(store)
    held.push(take(store, path))
  }
  guards.add(guard)
  return {
    async [Symbol.asyncDispose]() {
      guards.delete(guard)
      for (const { file } of held) file.close()
    },
  }
}

type Held = { readonly file: Database.Database; readonly place: string }

function take(store: string, path: string): Held {
  try {
    for (;;) {
      createFile(path)
      const place = placeOf(path)
      const file = hold(path)
      // Between the two it may have been deleted and made again by another process.
      if (place !== '' && placeOf(path) === place) return { file, place }
      file.close()
    }
  } catch (error) {
    if (!isBusy(error)) throw storeFailure(error, path)
    throw inProgress(store, error)
  }
}

function inProgress(store: string, cause?: unknown): StoreError {
  return new StoreError('AFD_STORE_RUN_IN_PROGRESS', `another run, or an erasure, is writing to ${store}`, {
    hint: 'Wait until it has finished. The lock ends with its process, so that there is no lock file to delete.',
    subject: store,
    cause,
  })
}

function hold(path: string): Database.Database {
  const file = new Database(path, { timeout: 0, fileMustExist: true })
  try {
    // Nothing is ever written to it, so that it needs no journal file beside it.
    file.pragma('journal_mode = MEMORY')
    file.exec('BEGIN EXCLUSIVE')
    return file
  } catch (error) {
    file.close()
    throw error
  }
}
