import { type Kysely, sql, type Transaction } from 'kysely'
import type { Sha256 } from '../model/digest.ts'
import { erasedBy, erasureKind } from '../model/erasure.ts'
import { StoreError } from '../model/errors.ts'
import type { Entry, NewEntry } from '../model/evidence.ts'
import { appendWithin } from './append.ts'
import { decodeEntry } from './entry.ts'
import { findEntry } from './query.ts'
import type { Tables } from './schema.ts'
import { markRemnants } from './scrub.ts'
import { type Connection, writeTransaction } from './sqlite.ts'

/**
 * Appends entries, and removes salt, bytes and digest of every artefact that an `artefact.erased` entry among them names,
 * in one transaction. Throws StoreError, and does nothing, where an entry from sequence `asOf` on refers to one of them
 * as well, or where the store does not hold one.
 */
export async function erase(
  connection: Connection,
  origin: string,
  entries: readonly NewEntry[],
  asOf: number,
): Promise<readonly Entry[]> {
  // What is freed is overwritten with zeros even if the rewriting of the whole file afterwards should fail.
  connection.file.pragma('secure_delete = ON')
  return await writeTransaction(connection, async (tables) => {
    const commitments = new Set(entries.flatMap((entry) => erasedBy(entry)))
    await assertNotReferredSince(tables, asOf, commitments)
    const placed = await appendWithin(connection, tables, origin, entries)
    for (const entry of placed) assertRefersToNone(entry, commitments)
    for (const entry of placed) {
      for (const commitment of erasedBy(entry)) await eraseOne(tables, commitment, entry.sequence)
    }
    markRemnants(connection.file)
    return placed
  })
}

async function eraseOne(tables: Transaction<Tables>, commitment: Sha256, entry: number): Promise<void> {
  const key = Buffer.from(commitment, 'hex')
  const known = await tables.selectFrom('erasures').select('entry').where('commitment', '=', key).executeTakeFirst()
  if (known) throw notErasable(commitment, `was erased before, as E-${known.entry} says`)
  await tables.insertInto('erasures').values({ commitment: key, entry }).execute()
  const { numDeletedRows } = await tables.deleteFrom('blobs').where('commitment', '=', key).executeTakeFirstOrThrow()
  if (numDeletedRows !== 1n) throw notErasable(commitment, 'is not in the store')
}

async function assertNotReferredSince(
  tables: Transaction<Tables>,
  asOf: number,
  commitments: ReadonlySet<Sha256>,
): Promise<void> {
  const since = tables.selectFrom('entries').select('bytes').where('sequence', '>=', asOf)
  // Acts of erasure refer to no artefacts, and where very much is erased they are nearly all that came meanwhile.
  const rows = await since.where('kind', '!=', erasureKind).execute()
  for (const { bytes } of rows) assertRefersToNone(decodeEntry(bytes), commitments)
}

function assertRefersToNone({ sequence, artefacts }: Entry, commitments: ReadonlySet<Sha256>): void {
  const again = artefacts.find(({ commitment }) => commitments.has(commitment))
  if (again) throw notErasable(again.commitment, `is referred to by E-${sequence}, which came meanwhile`)
}

function notErasable(commitment: Sha256, why: string): StoreError {
  return new StoreError('AFD_STORE_ERASE', `the artefact with commitment ${commitment.slice(0, 16)}… ${why}`, {
    hint: 'Nothing was erased by this step; look at the plan again: affidavit retention plan',
    subject: commitment,
  })
}

/** The entry that says that a commitment's bytes were erased; undefined where none does. */
export async function findErasure(tables: Kysely<Tables>, commitment: Sha256): Promise<Entry | undefined> {
  const row = await tables
    .selectFrom('erasures')
    .select('entry')
    .where('commitment', '=', Buffer.from(commitment, 'hex'))
    .executeTakeFirst()
  const entry = row && (await findEntry(tables, row.entry))?.entry
  return entry && erasedBy(entry).includes(commitment) ? entry : undefined
}

/** Which of many commitments the store holds bytes of. */
export async function heldArtefacts(tables: Kysely<Tables>): Promise<ReadonlySet<Sha256>> {
  const rows = await tables.selectFrom('blobs').select(sql<string>`lower(hex(commitment))`.as('commitment')).execute()
  return new Set(rows.map(({ commitment }) => commitment as Sha256))
}
