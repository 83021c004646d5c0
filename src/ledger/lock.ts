import Database from 'better-sqlite3'
import { StoreError } from '../model/errors.ts'
import { isBusy, storeFailure } from './failure.ts'
import { createFile } from './sqlite.ts'

/**
 * Takes the right to run, or throws StoreError `AFD_STORE_RUN_IN_PROGRESS`. It is SQLite's lock on a file of its own
 * beside the store, which the operating system takes back when the process ends, so that no crash leaves it behind.
 */
export async function lockRuns(store: string): Promise<AsyncDisposable> {
  const path = `${store}.lock`
  try {
    createFile(path)
    return hold(new Database(path, { timeout: 0, fileMustExist: true }))
  } catch (error) {
    if (!isBusy(error)) throw storeFailure(error, path)
    throw new StoreError('AFD_STORE_RUN_IN_PROGRESS', `another run, or an erasure, is writing to ${store}`, {
      hint: 'Wait until it has finished. The lock ends with its process, so that there is no lock file to delete.',
      subject: store,
      cause: error,
    })
  }
}

function hold(file: Database.Database): AsyncDisposable {
  try {
    // Nothing is ever written to it, so that it needs no journal file beside it.
    file.pragma('journal_mode = MEMORY')
    file.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    file.close()
    throw error
  }
  return {
    async [Symbol.asyncDispose]() {
      file.close()
    },
  }
}
