import type { Kysely } from 'kysely'
import type { Entry } from '../model/evidence.ts'
import { columnNames, columnsOf } from './append.ts'
import { describeFlippedBit, findFlippedEntryBit } from './diagnose.ts'
import { decodeEntry } from './entry.ts'
import { isContentFailure, messageOf } from './failure.ts'
import { leafHash, sameHash } from './merkle.ts'
import type { ProblemList, StoreProblem } from './problem.ts'
import type { EntryRow, Tables } from './schema.ts'

const pageSize = 500

/** What the entries are checked against, and what is done with those that could be read. */
export type EntryCheck = {
  readonly origin: string
  /** More entries than this cannot be in a file of its size, whatever it says. */
  readonly most: number
  readonly problems: ProblemList
  /** The checked entries of one page, in order. */
  readonly take: (entries: readonly CheckedEntry[]) => Promise<void>
}

/** A row's leaf hash, made of the bytes that are there, and its entry where they are one. */
export type CheckedEntry = {
  readonly sequence: number
  readonly leaf: Uint8Array
  readonly entry?: Entry | undefined
  /** Its bytes have already been found wrong. */
  readonly accused: boolean
}

/** Goes through the entries page by page and names every one that is missing, unreadable or not what was written. */
export async function verifyEntries(tables: Kysely<Tables>, check: EntryCheck): Promise<void> {
  let expected = 0
  for (;;) {
    const { rows, damaged } = await readPage(tables, expected, check)
    for (const row of rows) {
      if (row.sequence < expected) {
        // Only a damaged table answers so, and it would do so for ever.
        const message = `the table of entries is out of order behind entry ${expected - 1}`
        check.problems.add({ code: 'entry-unreadable', entry: expected, message, looksLike: 'damage' })
        return
      }
      if (row.sequence > expected && !damaged) reportMissing(expected, row.sequence - 1, check.problems)
      expected = row.sequence + 1
    }
    await check.take(rows.map((row) => verifyRow(row, check)))
    if (damaged) expected = damaged.next
    if (damaged ? damaged.next >= check.most : rows.length < pageSize) return
  }
}

type Page = { readonly rows: readonly EntryRow[]; readonly damaged?: { readonly next: number } }

async function readPage(tables: Kysely<Tables>, from: number, check: EntryCheck): Promise<Page> {
  const entries = tables.selectFrom('entries').selectAll()
  try {
    return { rows: await entries.where('sequence', '>=', from).orderBy('sequence').limit(pageSize).execute() }
  } catch (error) {
    if (!isContentFailure(error)) throw error
    return await readOneByOne(tables, from, check)
  }
}

/** A damaged page of the file makes whole queries fail: so each entry is asked for by itself, to name the ones it hits. */
async function readOneByOne(tables: Kysely<Tables>, from: number, { most, problems }: EntryCheck): Promise<Page> {
  const next = Math.min(from + pageSize, most)
  const rows: EntryRow[] = []
  for (let sequence = from; sequence < next; sequence += 1) {
    try {
      const entry = tables.selectFrom('entries').selectAll().where('sequence', '=', sequence)
      const row = await entry.executeTakeFirst()
      if (row) rows.push(row)
    } catch (error) {
      if (!isContentFailure(error)) throw error
      const message = `entry ${sequence} cannot be read: ${messageOf(error)}`
      problems.add({ code: 'entry-unreadable', entry: sequence, message, looksLike: 'damage' })
    }
  }
  return { rows, damaged: { next } }
}

function reportMissing(from: number, to: number, problems: ProblemList): void {
  const message = from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`
  problems.add({ code: 'entry-missing', entry: from, message, looksLike: 'tampering' })
}

function verifyRow(row: EntryRow, { origin, problems }: EntryCheck): CheckedEntry {
  const at = row.sequence
  if (!(row.bytes instanceof Uint8Array) || !(row.leaf instanceof Uint8Array)) {
    problems.add({ code: 'entry-unreadable', entry: at, message: `entry ${at} holds no bytes`, looksLike: 'damage' })
    return { sequence: at, leaf: leafHash(new Uint8Array()), accused: true }
  }
  const leaf = leafHash(row.bytes)
  const { entry, why } = decode(row.bytes)
  if (!sameHash(leaf, row.leaf)) {
    problems.add(changedEntry(row, entry !== undefined))
    return { sequence: at, leaf, entry, accused: true }
  }
  if (!entry) problems.add({ code: 'entry-form', entry: at, message: `entry ${at}: ${why}`, looksLike: 'tampering' })
  else verifyPlace(row, entry, origin, problems)
  return { sequence: at, leaf, entry, accused: false }
}

function changedEntry({ sequence, bytes, leaf }: EntryRow, stillAnEntry: boolean): StoreProblem {
  const flipped = findFlippedEntryBit(bytes, leaf)
  const how = flipped ? describeFlippedBit(flipped) : 'they are not the bytes that were hashed'
  const message = `the bytes of entry ${sequence} were changed: ${how}`
  const code = 'entry-bytes'
  if (flipped) return { code, entry: sequence, message, looksLike: stillAnEntry ? 'unknown' : 'damage' }
  return { code, entry: sequence, message, looksLike: stillAnEntry ? 'tampering' : 'unknown' }
}

function verifyPlace(row: EntryRow, entry: Entry, origin: string, problems: ProblemList): void {
  const at = row.sequence
  if (entry.sequence !== at || entry.origin !== origin) {
    const message = `entry ${at} says of itself that it is entry ${entry.sequence} of ${entry.origin}`
    problems.add({ code: 'entry-place', entry: at, message, looksLike: 'tampering' })
    return
  }
  const columns = columnsOf(entry)
  for (const name of columnNames.filter((each) => row[each] !== columns[each])) {
    const message = `entry ${at} would be found under another \`${name}\` than its bytes say`
    problems.add({ code: 'entry-columns', entry: at, message, looksLike: 'unknown' })
  }
}

function decode(bytes: Uint8Array): { entry?: Entry; why?: string } {
  try {
    return { entry: decodeEntry(bytes) }
  } catch (error) {
    return { why: messageOf(error) }
  }
}
