import { randomBytes } from 'node:crypto'
import type { Transaction } from 'kysely'
import { type Sha256, sha256 } from '../model/digest.ts'
import { StoreError } from '../model/errors.ts'
import type { Artefact, ArtefactReference, Entry, NewEntry } from '../model/evidence.ts'
import { encodeEntry } from './entry.ts'
import { leafHash } from './merkle.ts'
import type { EntryRow, Tables } from './schema.ts'
import { type Connection, writeTransaction } from './sqlite.ts'
import { insertEntries } from './sqlite-entries.ts'
import { growTree, readFrontier } from './tree.ts'

/** Writes entries, their artefacts and the grown tree in one transaction; the ledger gives them their sequence. */
export async function append(
  connection: Connection,
  origin: string,
  entries: readonly NewEntry[],
  { newRun = false }: { readonly newRun?: boolean } = {},
): Promise<readonly Entry[]> {
  if (entries.length === 0) return []
  return await writeTransaction(connection, async (tables) => {
    if (newRun) await assertNewRuns(connection, tables, entries)
    return await appendWithin(connection, tables, origin, entries)
  })
}

async function assertNewRuns(
  { path }: Connection,
  tables: Transaction<Tables>,
  entries: readonly NewEntry[],
): Promise<void> {
  const runs = [...new Set(entries.map(({ run }) => run))]
  const taken = await tables.selectFrom('entries').select('run').where('run', 'in', runs).executeTakeFirst()
  if (!taken) return
  throw new StoreError('AFD_STORE_RUN_TAKEN', `the ledger has entries of ${taken.run} already`, { subject: path })
}

/** The same inside a transaction that is under way on the connection, so that more can be done in it. */
export async function appendWithin(
  connection: Connection,
  tables: Transaction<Tables>,
  origin: string,
  entries: readonly NewEntry[],
): Promise<readonly Entry[]> {
  const before = await readFrontier(tables)
  const placed: Entry[] = []
  for (const [index, { artefacts, ...rest }] of entries.entries()) {
    const references: ArtefactReference[] = []
    for (const artefact of artefacts) references.push(await keepArtefact(tables, artefact))
    placed.push({ ...rest, version: 1, origin, sequence: before.size + index, artefacts: references })
  }
  const rows = placed.map(toRow)
  insertEntries(connection.file, rows)
  await growTree(
    tables,
    before,
    rows.map((row) => row.leaf),
  )
  return placed
}

/** What an entry can be searched by. */
export const columnNames = ['sequence', 'run', 'component', 'target', 'kind', 'collected'] as const

/** The columns of an entry's row, all of them taken from the entry. */
export function columnsOf(entry: Entry): Omit<EntryRow, 'leaf' | 'bytes'> {
  const { sequence, run, component, target, kind, collected } = entry
  return { sequence, run, component, target, kind, collected }
}

function toRow(entry: Entry): EntryRow {
  const bytes = encodeEntry(entry)
  return { ...columnsOf(entry), leaf: leafHash(bytes), bytes }
}

/** The same bytes are kept once: a second time they get the salt and so the commitment of the first. */
async function keepArtefact(tables: Transaction<Tables>, artefact: Artefact): Promise<ArtefactReference> {
  const { name, mediaType, bytes } = artefact
  const digest = Buffer.from(sha256(bytes), 'hex')
  const known = await tables.selectFrom('blobs').select('commitment').where('sha256', '=', digest).executeTakeFirst()
  const commitment = known?.commitment ?? (await insertBlob(tables, digest, bytes))
  return { name, mediaType, size: bytes.length, commitment: Buffer.from(commitment).toString('hex') as Sha256 }
}

async function insertBlob(tables: Transaction<Tables>, digest: Uint8Array, bytes: Uint8Array): Promise<Uint8Array> {
  const salt = randomBytes(32)
  const commitment = Buffer.from(sha256(salt, bytes), 'hex')
  await tables.insertInto('blobs').values({ commitment, sha256: digest, salt, size: bytes.length, bytes }).execute()
  return commitment
}
