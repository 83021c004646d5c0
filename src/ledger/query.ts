import { type Kysely, sql } from 'kysely'
import type { Sha256 } from '../model/digest.ts'
import { decodeEntry } from './entry.ts'
import type { Tables } from './schema.ts'
import type { EntryQuery, StoredEntry } from './store.ts'

/** Entries read at a time: enough to be quick, few enough to keep memory flat. */
const pageSize = 250

/** Entries that meet every condition, in order of sequence, up to the size that the ledger has at the first page. */
export async function* queryEntries(tables: Kysely<Tables>, query: EntryQuery): AsyncIterable<StoredEntry> {
  const ascending = (query.order ?? 'asc') === 'asc'
  let range = await sequenceRange(tables, query)
  let left = query.limit ?? Number.POSITIVE_INFINITY
  while (range && left > 0) {
    const page = await readPage(tables, query, range, Math.min(left, pageSize))
    for (const bytes of page) {
      left -= 1
      const entry = decodeEntry(bytes)
      range = ascending ? { ...range, from: entry.sequence + 1 } : { ...range, to: entry.sequence - 1 }
      yield { entry, bytes }
    }
    if (page.length < pageSize || range.from > range.to) return
  }
}

/** One entry by its sequence. */
export async function findEntry(tables: Kysely<Tables>, sequence: number): Promise<StoredEntry | undefined> {
  const row = await tables.selectFrom('entries').select('bytes').where('sequence', '=', sequence).executeTakeFirst()
  return row && { entry: decodeEntry(row.bytes), bytes: row.bytes }
}

/** The salt and the bytes behind a commitment. */
export async function findArtefact(
  tables: Kysely<Tables>,
  commitment: Sha256,
): Promise<{ salt: Uint8Array; bytes: Uint8Array } | undefined> {
  const key = Buffer.from(commitment, 'hex')
  return await tables.selectFrom('blobs').select(['salt', 'bytes']).where('commitment', '=', key).executeTakeFirst()
}

/** Both ends inclusive. */
type Range = { readonly from: number; readonly to: number }

/**
 * The sequences that can match at all. Entries are appended roughly as they are collected, so that a period, found in a
 * narrow index, is a narrow range of the ledger; a few outliers only widen it.
 */
async function sequenceRange(tables: Kysely<Tables>, query: EntryQuery): Promise<Range | undefined> {
  let ends = tables
    .selectFrom('entries')
    .select(({ fn }) => [fn.min('sequence').as('from'), fn.max('sequence').as('to')])
  if (query.from !== undefined) ends = ends.where('collected', '>=', query.from)
  if (query.to !== undefined) ends = ends.where('collected', '<', query.to)
  const row = await ends.executeTakeFirst()
  if (row?.from == null || row.to == null) return undefined
  const { after, order = 'asc' } = query
  if (after === undefined) return { from: row.from, to: row.to }
  return order === 'asc'
    ? { from: Math.max(row.from, after + 1), to: row.to }
    : { from: row.from, to: Math.min(row.to, after - 1) }
}

async function readPage(
  tables: Kysely<Tables>,
  query: EntryQuery,
  range: Range,
  limit: number,
): Promise<readonly Uint8Array[]> {
  let page = tables
    .selectFrom('entries')
    .select('bytes')
    .where('sequence', '>=', range.from)
    .where('sequence', '<=', range.to)
    .orderBy('sequence', query.order ?? 'asc')
    .limit(limit)
  // Inside the range the order of the ledger is the quickest way; an index on text would have to be sorted for each page.
  if (query.from !== undefined) page = page.where(sql`collected || ''`, '>=', query.from)
  if (query.to !== undefined) page = page.where(sql`collected || ''`, '<', query.to)
  const [kind, ...moreKinds] = query.kinds ?? []
  if (query.kinds?.length === 0) page = page.where('sequence', '<', 0)
  if (kind !== undefined && moreKinds.length === 0) page = page.where('kind', '=', kind)
  if (kind !== undefined && moreKinds.length > 0) page = page.where(sql`kind || ''`, 'in', [kind, ...moreKinds])
  if (query.component !== undefined) page = page.where('component', '=', query.component)
  if (query.target !== undefined) page = page.where('target', '=', query.target)
  if (query.run !== undefined) page = page.where('run', '=', query.run)
  return (await page.execute()).map((row) => row.bytes)
}
