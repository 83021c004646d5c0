import type Database from 'better-sqlite3'
import type { EntryRow } from './schema.ts'

/** Rows a statement: what a call of SQLite costs is then shared among so many. */
const together = 20

const columns = ['sequence', 'run', 'component', 'target', 'kind', 'collected', 'leaf', 'bytes'] as const

/**
 * The one place that writes to SQLite beside Kysely: rows of entries, which are by far the most, inside a transaction
 * that is under way on the same file. Kysely's own way takes a promise and a compiled query a statement, which costs
 * more than SQLite does; PostgreSQL gets a file of its own with the same function.
 */
export function insertEntries(file: Database.Database, rows: readonly EntryRow[]): void {
  const { one, many } = statementsOf(file)
  const whole = rows.length - (rows.length % together)
  for (let from = 0; from < whole; from += together) many.run(valuesOf(rows, from, from + together))
  for (let from = whole; from < rows.length; from += 1) one.run(valuesOf(rows, from, from + 1))
}

function valuesOf(rows: readonly EntryRow[], from: number, to: number): readonly unknown[] {
  const values: unknown[] = []
  for (let index = from; index < to; index += 1) {
    const row = rows[index]
    if (row) values.push(row.sequence, row.run, row.component, row.target, row.kind, row.collected, row.leaf, row.bytes)
  }
  return values
}

type Statements = { readonly one: Database.Statement; readonly many: Database.Statement }

const statements = new WeakMap<Database.Database, Statements>()

function statementsOf(file: Database.Database): Statements {
  const known = statements.get(file)
  if (known) return known
  const row = `(${columns.map(() => '?').join(', ')})`
  const insert = (count: number) =>
    file.prepare(`INSERT INTO entries (${columns.join(', ')}) VALUES ${Array(count).fill(row).join(', ')}`)
  const made = { one: insert(1), many: insert(together) }
  statements.set(file, made)
  return made
}
