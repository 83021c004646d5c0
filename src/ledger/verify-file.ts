import Database from 'better-sqlite3'
import { isContentFailure, messageOf } from './failure.ts'
import { newestVersion, standingOf } from './migrate.ts'
import type { ProblemList } from './problem.ts'
import { migrations } from './schema.ts'

/**
 * Checks the file as SQLite sees it, and that its tables, indexes and triggers are exactly the ones that its version
 * has. Returns the ledger's origin, or undefined where its content cannot be judged.
 */
export function verifyFile(file: Database.Database, problems: ProblemList): string | undefined {
  try {
    const standing = standingOf(file)
    if (standing.state !== 'ours') {
      problems.add({ code: 'file-foreign', message: 'the file is not an evidence store', looksLike: 'unknown' })
      return undefined
    }
    if (!(standing.version >= 1 && standing.version <= newestVersion)) {
      const message = `the file claims schema ${standing.version}, which this Affidavit does not know; update it to verify`
      problems.add({ code: 'schema-newer', message, looksLike: 'unknown' })
      return undefined
    }
    verifyPages(file, problems)
    if (!verifySchema(file, standing.version, problems)) return undefined
    return verifyLedgerRow(file, standing.version, problems)
  } catch (error) {
    if (!isContentFailure(error)) throw error
    const message = `the file cannot be read: ${messageOf(error)}`
    problems.add({ code: 'file-unreadable', message, looksLike: 'damage' })
    return undefined
  }
}

function verifyPages(file: Database.Database, problems: ProblemList): void {
  for (const row of pageProblems(file)) {
    problems.add({ code: 'file-integrity', message: `SQLite reports: ${row}`, looksLike: 'damage' })
  }
}

/** A page can be so damaged that even the check gives up; everything else is then still looked at. */
function pageProblems(file: Database.Database): readonly string[] {
  try {
    const rows = file.prepare('PRAGMA integrity_check(20)').pluck().all().map(String)
    return rows.filter((row) => row !== 'ok')
  } catch (error) {
    return [messageOf(error)]
  }
}

type SchemaObject = { readonly type: string; readonly name: string; readonly tbl_name: string; readonly sql: string }

/** False where a table is not the one that we made, so that nothing read from it would mean anything. */
function verifySchema(file: Database.Database, version: number, problems: ProblemList): boolean {
  const expected = expectedSchema(version)
  const found = objectsOf(file)
  const missing = [...expected.keys()].filter((key) => !found.has(key))
  const unknown = [...found.keys()].filter((key) => !expected.has(key))
  const altered = [...expected.keys()].filter((key) => found.has(key) && found.get(key) !== expected.get(key))
  const say = (names: readonly string[], what: string) => {
    for (const name of names) {
      problems.add({ code: 'schema-altered', message: `the ${name} ${what}`, looksLike: 'tampering' })
    }
  }
  say(missing, 'is missing')
  say(unknown, 'does not belong here')
  say(altered, 'was altered')
  return (
    ![...missing, ...altered].some((name) => name.startsWith('table ')) &&
    !unknown.some((name) => name.startsWith('view '))
  )
}

const schemas = new Map<number, ReadonlyMap<string, string>>()

/** What the migrations up to a version make, found out by making it. */
function expectedSchema(version: number): ReadonlyMap<string, string> {
  const schema = schemas.get(version) ?? makeSchema(version)
  schemas.set(version, schema)
  return schema
}

function makeSchema(version: number): ReadonlyMap<string, string> {
  const model = new Database(':memory:')
  try {
    for (const migration of migrations.filter((each) => each.version <= version)) {
      for (const statement of migration.statements) model.exec(statement)
    }
    return objectsOf(model)
  } finally {
    model.close()
  }
}

function objectsOf(file: Database.Database): ReadonlyMap<string, string> {
  const rows = file.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').all() as readonly SchemaObject[]
  const ours = rows.filter(({ name }) => !/^sqlite_stat\d$/.test(name))
  return new Map(ours.map(({ type, name, tbl_name: table, sql }) => [`${type} ${name}`, `${table}: ${sql}`]))
}

function verifyLedgerRow(file: Database.Database, version: number, problems: ProblemList): string | undefined {
  const done = file.prepare('SELECT version, name FROM migrations ORDER BY version').raw().all()
  const expected = migrations.filter((each) => each.version <= version).map((each) => [each.version, each.name])
  const origins = file.prepare('SELECT origin FROM ledger').pluck().all()
  const [origin] = origins
  if (JSON.stringify(done) !== JSON.stringify(expected) || origins.length !== 1 || typeof origin !== 'string') {
    const message = 'the record of what this ledger is and how it came to be was altered'
    problems.add({ code: 'ledger-altered', message, looksLike: 'unknown' })
  }
  return typeof origin === 'string' ? origin : undefined
}
