import type Database from 'better-sqlite3'
import type { Kysely } from 'kysely'
import type { Sha256 } from '../model/digest.ts'
import { type Erasure, erasedBy, erasureOf } from '../model/erasure.ts'
import type { Entry } from '../model/evidence.ts'
import { findErasure } from './erase.ts'
import { isContentFailure, messageOf } from './failure.ts'
import type { ProblemList } from './problem.ts'
import type { Tables } from './schema.ts'

/** Holds what the entries say of erasures against what the tables hold, while the entries pass by in order. */
export type ErasureCheck = {
  /** Whether an entry behind `sequence` is said to have erased the artefact; `finish` finds out whether it did. */
  explains(commitment: Sha256, sequence: number): Promise<boolean>
  /** Takes the next entries. */
  take(entries: readonly Entry[]): Promise<void>
  finish(): Promise<void>
  /** The acts of erasure so far. */
  readonly erasures: readonly Erasure[]
}

/** Stores of before there were erasures have no table of them, and no such entries either. */
export function erasureCheck(file: Database.Database, tables: Kysely<Tables>, problems: ProblemList): ErasureCheck {
  const known = file.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'erasures'").get()
  const erasures: Erasure[] = []
  let listed = 0

  const rowOf = async (commitment: Sha256): Promise<number | undefined> => {
    if (!known) return undefined
    const row = tables.selectFrom('erasures').select('entry').where('commitment', '=', Buffer.from(commitment, 'hex'))
    return (await row.executeTakeFirst())?.entry
  }
  const takeOne = async (commitment: Sha256, entry: number): Promise<void> => {
    const what = `entry ${entry} says that the artefact with commitment ${commitment.slice(0, 16)}… was erased`
    if ((await rowOf(commitment)) === entry) listed += 1
    else {
      const message = `${what}, but the table of erasures does not have it so`
      problems.add({ code: 'erasure-unlisted', entry, message, looksLike: 'tampering' })
    }
    const blob = tables.selectFrom('blobs').select('id').where('commitment', '=', Buffer.from(commitment, 'hex'))
    if (!(await blob.executeTakeFirst())) return
    const message = `${what}, but the store holds its bytes`
    problems.add({ code: 'erasure-undone', entry, message, looksLike: 'tampering' })
  }
  return {
    erasures,
    explains: async (commitment, sequence) => ((await rowOf(commitment)) ?? -1) > sequence,
    async take(entries) {
      for (const entry of entries) {
        const commitments = erasedBy(entry)
        if (commitments.length === 0) continue
        erasures.push(erasureOf(entry))
        for (const commitment of commitments) await takeOne(commitment, entry.sequence)
      }
    },
    async finish() {
      if (!known) return
      const { rows } = await tables
        .selectFrom('erasures')
        .select(({ fn }) => fn.countAll<number>().as('rows'))
        .executeTakeFirstOrThrow()
      // Each row that an entry bears out was counted; only where there are others is it worth looking for them.
      if (rows !== listed) await nameUnfounded(tables, problems)
    },
  }
}

async function nameUnfounded(tables: Kysely<Tables>, problems: ProblemList): Promise<void> {
  for (const row of await tables.selectFrom('erasures').selectAll().execute()) {
    const commitment = Buffer.from(row.commitment).toString('hex') as Sha256
    const what = `the table of erasures says that entry ${row.entry} erased the artefact with commitment ${commitment.slice(0, 16)}…`
    try {
      if (await findErasure(tables, commitment)) continue
      const message = `${what}, but no such entry says so`
      problems.add({ code: 'erasure-unfounded', entry: row.entry, message, looksLike: 'tampering' })
    } catch (error) {
      if (!isContentFailure(error)) throw error
      const message = `${what}, which cannot be read: ${messageOf(error)}`
      problems.add({ code: 'erasure-unfounded', entry: row.entry, message, looksLike: 'unknown' })
    }
  }
}
