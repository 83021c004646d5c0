import type Database from 'better-sqlite3'
import type { EntryRow } from './schema.ts'

/**
 * The one place that writes to SQLite beside Kysely: rows of entries, which are by far the most, inside a transaction
 * that is under way on the same file. Kysely's own way takes a promise and a compiled query a statement, which costs
 * more than SQLite does; PostgreSQL gets a file of its own with the same function.
 */
export function insertEntries(file: Database.Database, rows: readonly EntryRow[]): void {
  const insert = statementOf(file)
  for (const { sequence, run, component, target, kind, collected, leaf, bytes } of rows) {
    insert.run(sequence, run, component, target, kind, collected, leaf, bytes)
  }
}

const statements = new WeakMap<Database.Database, Database.Statement>()

function statementOf(file: Database.Database): Database.Statement {
  const known = statements.get(file)
  if (known) return known
  const columns = 'sequence, run, component, target, kind, collected, leaf, bytes'
  const statement = file.prepare(`INSERT INTO entries (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  statements.set(file, statement)
  return statement
}
