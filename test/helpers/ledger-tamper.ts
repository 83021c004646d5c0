import Database from 'better-sqlite3'
import { openStore } from '../../src/ledger/open.ts'
import { artefact, clock, newEntries, newEntry, origin, signer } from './ledger.ts'

/** A small store with everything in it: two tiles' worth of entries, artefacts, two checkpoints, entries behind them. */
export async function makeSampleStore(path: string, entries = 300): Promise<void> {
  await using store = await openStore({ path, origin, clock, mode: 'create' })
  await store.append([
    newEntry(0, { artefacts: [artefact('a', 'first artefact'), artefact('b', 'second artefact')] }),
    newEntry(1, { artefacts: [artefact('c', 'first artefact')] }),
    ...newEntries(8, 2),
  ])
  await store.checkpoint(signer)
  await store.append(newEntries(entries - 12, 10))
  await store.checkpoint(signer)
  await store.append(newEntries(2, entries - 2))
}

/** Changes the file as somebody would who knows SQLite and takes the guard rails down, and puts them back up. */
export function tamper(path: string, ...statements: readonly (string | readonly [string, ...unknown[]])[]): void {
  const file = new Database(path)
  const triggers = file.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all() as readonly {
    name: string
    sql: string
  }[]
  for (const { name } of triggers) file.exec(`DROP TRIGGER ${name}`)
  for (const statement of statements) {
    const [sql, ...parameters] = typeof statement === 'string' ? [statement] : statement
    file.prepare(sql).run(...parameters)
  }
  for (const { sql } of triggers) file.exec(sql)
  file.close()
}
