import type Database from 'better-sqlite3'
import { StoreError } from '../model/errors.ts'
import type { Clock } from '../model/time.ts'
import { applicationId, migrations } from './schema.ts'

/** What a database file is to us. */
export type Standing =
  | { readonly state: 'empty' }
  | { readonly state: 'foreign' }
  /** `version` of the newest migration that it has been through. */
  | { readonly state: 'ours'; readonly version: number }

export const newestVersion = Math.max(...migrations.map((migration) => migration.version))

/** Finds out whether a file is a store of ours, and of which version, without changing it. */
export function standingOf(file: Database.Database): Standing {
  const id = file.pragma('application_id', { simple: true })
  const names = file.prepare('SELECT name FROM sqlite_schema').pluck().all()
  if (id === 0 && names.length === 0) return { state: 'empty' }
  if (id !== applicationId || !names.includes('migrations') || !names.includes('ledger')) return { state: 'foreign' }
  return { state: 'ours', version: Number(file.prepare('SELECT max(version) FROM migrations').pluck().get()) }
}

/** Refuses what is not a store that this program can read; throws StoreError. */
export function assertReadable(file: Database.Database, path: string): void {
  const standing = standingOf(file)
  if (standing.state !== 'ours') {
    const what = standing.state === 'empty' ? 'an empty file' : 'a database of another program'
    throw new StoreError('AFD_STORE_FOREIGN', `${path} is ${what}, not an evidence store`, {
      hint: 'Check `store` in affidavit.yaml; Affidavit never writes into databases that it did not make.',
      subject: path,
    })
  }
  if (standing.version > newestVersion) {
    throw new StoreError(
      'AFD_STORE_NEWER',
      `${path} was written by a newer Affidavit (schema ${standing.version}, this one knows ${newestVersion})`,
      { hint: 'Update Affidavit. An older program would not understand all of the evidence.', subject: path },
    )
  }
}

/** Refuses a store that a writing command must bring up to date first; throws StoreError. */
export function assertCurrent(file: Database.Database, path: string): void {
  const standing = standingOf(file)
  if (standing.state === 'ours' && standing.version === newestVersion) return
  throw new StoreError(
    'AFD_STORE_OLDER',
    `${path} was written by an older Affidavit and is not yet brought up to date`,
    {
      hint: 'Make a backup, then run a command that writes, for instance `affidavit run`; it converts the store.',
      subject: path,
    },
  )
}

/** Brings the schema up to date in one transaction; two processes that do so at once do it once. */
export function migrate(file: Database.Database, origin: string, clock: Clock): void {
  // Nearly always it is, and then nobody waits for the write lock only to open the store.
  const now = standingOf(file)
  if (now.state === 'ours' && now.version >= newestVersion) return
  const run = file.transaction(() => {
    const standing = standingOf(file)
    const from = standing.state === 'ours' ? standing.version : 0
    for (const migration of migrations.filter(({ version }) => version > from)) {
      for (const statement of migration.statements) file.exec(statement)
      file
        .prepare('INSERT INTO migrations (version, name, applied) VALUES (?, ?, ?)')
        .run(migration.version, migration.name, clock.now())
    }
    if (from > 0) return
    file.prepare('INSERT INTO ledger (id, origin, created) VALUES (1, ?, ?)').run(origin, clock.now())
    file.prepare('INSERT INTO frontier (id, size, hashes) VALUES (1, 0, ?)').run(Buffer.alloc(0))
  })
  run.immediate()
}
