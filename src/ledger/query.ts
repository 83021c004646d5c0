import { type Kysely, sql } from 'kysely'
import { type Sha256, sha256 } from '../model/digest.ts'
import { IntegrityError } from '../model/errors.ts'
import { decodeEntry } from './entry.ts'
import { leafHash, sameHash } from './merkle.ts'
import type { EntryRow, Tables } from './schema.ts'
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
    for (const row of page) {
      // Only a damaged table answers with what was not asked for, and it would do so for ever.
      if (row.sequence < range.from || row.sequence > range.to) throw notWritten(row.sequence)
      left -= 1
      range = ascending ? { ...range, from: row.sequence + 1 } : { ...range, to: row.sequence - 1 }
      yield toStoredEntry(row)
    }
    if (page.length < pageSize || range.from > range.to) return
  }
}

/** One entry by its sequence. */
export async function findEntry(tables: Kysely<Tables>, sequence: number): Promise<StoredEntry | undefined> {
  const row = await tables.selectFrom('entries').select(stored).where('sequence', '=', sequence).executeTakeFirst()
  return row && toStoredEntry(row)
}

/** The salt and the bytes behind a commitment. */
export async function findArtefact(
  tables: Kysely<Tables>,
  commitment: Sha256,
): Promise<{ salt: Uint8Array; bytes: Uint8Array } | undefined> {
  const key = Buffer.from(commitment, 'hex')
  const found = tables.selectFrom('blobs').select(['salt', 'bytes']).where('commitment', '=', key)
  const blob = await found.executeTakeFirst()
  if (!blob || sha256(blob.salt, blob.bytes) === commitment) return blob
  throw new IntegrityError(
    'AFD_LEDGER_ARTEFACT',
    `the bytes behind ${commitment} are not the ones that were collected`,
    {
      hint: verifyHint,
      subject: commitment,
    },
  )
}

type StoredRow = Pick<EntryRow, 'sequence' | 'leaf' | 'bytes'>
const stored = ['sequence', 'leaf', 'bytes'] as const
const verifyHint = 'Run `affidavit verify --store` to see all that is affected; keep a copy of the store as it is.'

/** Nothing leaves the store that is not what was put in, so that no judgement rests on it. */
function toStoredEntry({ sequence, leaf, bytes }: StoredRow): StoredEntry {
  if (sameHash(leafHash(bytes), leaf)) {
    const entry = decodeEntry(bytes)
    if (entry.sequence === sequence) return { entry, bytes }
  }
  throw notWritten(sequence)
}

function notWritten(sequence: number): IntegrityError {
  return new IntegrityError('AFD_LEDGER_ENTRY', `entry ${sequence} is not what was written`, {
    hint: verifyHint,
    subject: `entry ${sequence}`,
  })
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
): Promise<readonly StoredRow[]> {
  let page = tables
    .selectFrom('entries')
    .select(stored)
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
  return await page.execute()
}
