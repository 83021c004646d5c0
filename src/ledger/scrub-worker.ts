// The thread of `scrub`: a connection of its own, so that the one that waits for it stays free.
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { remnants, type ScrubAnswer, type ScrubTask } from './scrub.ts'
import { connect, makeDurable, patiently } from './sqlite.ts'

const { path, lockTimeoutMs } = workerData as ScrubTask

async function work(file: Database.Database): Promise<boolean> {
  const seen = remnants(file)
  await patiently(lockTimeoutMs, () => void file.exec('VACUUM'))
  if (!(await emptyLog(file))) return false
  // Another process may have erased more meanwhile, which this has not scrubbed.
  const done = file.transaction(() => {
    if (remnants(file) === seen) file.pragma('user_version = 0')
  })
  await patiently(lockTimeoutMs, () => done.immediate())
  return true
}

async function emptyLog(file: Database.Database): Promise<boolean> {
  const deadline = performance.now() + lockTimeoutMs
  for (;;) {
    const [result] = file.pragma('wal_checkpoint(TRUNCATE)') as readonly { readonly busy: number }[]
    if (result?.busy === 0) return true
    if (performance.now() >= deadline) return false
    await sleep(20)
  }
}

async function answer(): Promise<ScrubAnswer> {
  try {
    const connection = connect(path, 'write', lockTimeoutMs)
    try {
      makeDurable(connection)
      return { done: await work(connection.file) }
    } finally {
      connection.file.close()
    }
  } catch (error) {
    // An error loses its class and its code on the way to another thread.
    if (error instanceof Database.SqliteError) return { code: error.code, message: error.message }
    throw error
  }
}

parentPort?.postMessage(await answer())
