import type { Kysely, Selectable } from 'kysely'
import type { LedgerState } from '../model/assessment.ts'
import type { Sha256 } from '../model/digest.ts'
import { IntegrityError, StoreError } from '../model/errors.ts'
import type { Clock, Instant } from '../model/time.ts'
import { append } from './append.ts'
import { formatTreeHead, type TreeHead } from './checkpoint.ts'
import { erase, findErasure, heldArtefacts } from './erase.ts'
import { withStoreErrors } from './failure.ts'
import { lockRuns } from './lock.ts'
import { type Frontier, rootOf, sameHash } from './merkle.ts'
import { signNote } from './note.ts'
import { consistencyProof, inclusionProof, type RangeHash } from './proof.ts'
import { findArtefact, findEntry, queryEntries } from './query.ts'
import type { CheckpointRow, Tables } from './schema.ts'
import { scrub } from './scrub.ts'
import { type Connection, readTransaction, writeTransaction } from './sqlite.ts'
import type { Checkpoint, Store } from './store.ts'
import { keepTimestamp, keptTimestamps } from './timestamps.ts'
import { rangeHash, readFrontier } from './tree.ts'

/** The store over an open SQLite file whose schema is in order; disposing of it closes the file. */
export function sqliteStore(
  connection: Connection,
  { origin, clock, writable }: { readonly origin: string; readonly clock: Clock; readonly writable: boolean },
): Store {
  const { path, tables, file } = connection
  const told = <Result>(work: () => Promise<Result>): Promise<Result> => withStoreErrors(path, work)
  const writing = <Result>(work: () => Promise<Result>): Promise<Result> =>
    told(async () => {
      if (writable) return await work()
      throw new StoreError('AFD_STORE_READ_ONLY', `${path} was opened for reading only`, { subject: path })
    })
  const range = rememberedRange(tables)
  return {
    origin,
    append: (entries, options) => writing(() => append(connection, origin, entries, options)),
    entries: (query = {}) => tellingErrors(path, queryEntries(tables, query)),
    entry: (sequence) => told(() => findEntry(tables, sequence)),
    artefact: (commitment) => told(() => findArtefact(tables, commitment)),
    artefacts: () => told(() => heldArtefacts(tables)),
    erase: (entries, asOf) => writing(() => erase(connection, origin, entries, asOf)),
    erasure: (commitment) => told(() => findErasure(tables, commitment)),
    scrub: () => writing(() => scrub(connection)),
    state: () => told(() => readTransaction(connection, (reads) => readState(reads, origin))),
    checkpoint: async (signer) => {
      const head = await writing(() => headToSign(connection, origin))
      // Outside of any transaction: a key in hardware takes its time, and the ledger may grow meanwhile.
      const note = await signNote(formatTreeHead(head), signer)
      return await writing(() => keepCheckpoint(connection, clock, head, note))
    },
    checkpoints: () => told(async () => (await checkpointRows(tables)).map(toCheckpoint)),
    keepTimestamp: (stamp) => writing(() => keepTimestamp(connection, clock, stamp)),
    timestamps: () => told(() => keptTimestamps(tables)),
    inclusionProof: (sequence, size) => told(() => inclusionProof(sequence, size, range)),
    consistencyProof: (from, to) => told(() => consistencyProof(from, to, range)),
    lockRuns: () => writing(() => lockRuns(connection)),
    async [Symbol.asyncDispose]() {
      await tables.destroy()
      file.close()
    },
  }
}

/** Proofs of neighbouring entries share nearly all their nodes, and what has been appended never changes. */
function rememberedRange(tables: Kysely<Tables>): RangeHash {
  const known = new Map<string, Uint8Array>()
  return async (from, to) => {
    const key = `${from}-${to}`
    const remembered = known.get(key)
    if (remembered) return remembered
    const hash = await rangeHash(tables, from, to)
    if (known.size >= mostRememberedNodes) known.clear()
    known.set(key, hash)
    return hash
  }
}

/** About a megabyte. */
const mostRememberedNodes = 8192

async function* tellingErrors<Item>(path: string, items: AsyncIterable<Item>): AsyncIterable<Item> {
  const iterator = items[Symbol.asyncIterator]()
  for (;;) {
    const next = await withStoreErrors(path, () => iterator.next())
    if (next.done) return
    yield next.value
  }
}

async function readState(tables: Kysely<Tables>, origin: string): Promise<LedgerState> {
  const frontier = await readFrontier(tables)
  const newest = await newestCheckpoint(tables)
  return { origin, size: frontier.size, root: toHex(rootOf(frontier)), checkpoint: newest?.note ?? null }
}

async function headToSign(connection: Connection, origin: string): Promise<TreeHead> {
  return await readTransaction(connection, async (tables) => {
    const frontier = await readFrontier(tables)
    await assertConsistent(tables, frontier)
    return { origin, size: frontier.size, root: rootOf(frontier) }
  })
}

async function keepCheckpoint(
  connection: Connection,
  clock: Clock,
  { size, root }: TreeHead,
  note: string,
): Promise<Checkpoint> {
  return await writeTransaction(connection, async (tables) => {
    const known = await tables.selectFrom('checkpoints').selectAll().where('note', '=', note).executeTakeFirst()
    if (known) return toCheckpoint(known)
    const created = clock.now()
    await tables.insertInto('checkpoints').values({ size, root, note, created }).execute()
    return { size, root: toHex(root), note, created }
  })
}

/** A log must never sign what contradicts an earlier signature, tlog-checkpoint; so both trees are computed afresh. */
async function assertConsistent(tables: Kysely<Tables>, frontier: Frontier): Promise<void> {
  const newest = await newestCheckpoint(tables)
  const sound =
    sameHash(await rangeHash(tables, 0, frontier.size), rootOf(frontier)) &&
    (!newest || (newest.size <= frontier.size && sameHash(await rangeHash(tables, 0, newest.size), newest.root)))
  if (sound) return
  throw new IntegrityError('AFD_LEDGER_INCONSISTENT', 'the ledger no longer contains what its checkpoint stated', {
    hint: 'Nothing was signed. `affidavit verify --store` names the entries; keep a copy of the file as it is.',
  })
}

async function newestCheckpoint(tables: Kysely<Tables>): Promise<Selectable<CheckpointRow> | undefined> {
  return await tables
    .selectFrom('checkpoints')
    .selectAll()
    .orderBy('size', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

async function checkpointRows(tables: Kysely<Tables>): Promise<readonly Selectable<CheckpointRow>[]> {
  return await tables.selectFrom('checkpoints').selectAll().orderBy('id').execute()
}

function toCheckpoint({ size, root, note, created }: Selectable<CheckpointRow>): Checkpoint {
  return { size, root: toHex(root), note, created: created as Instant }
}

function toHex(hash: Uint8Array): Sha256 {
  return Buffer.from(hash).toString('hex') as Sha256
}
