import { resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Sha256 } from '../model/digest.ts'
import type { Entry } from '../model/evidence.ts'
import { messageOf, storeFailure } from './failure.ts'
import { emptyRoot, leafHash } from './merkle.ts'
import { type ProblemList, problemList, type StoreProblem } from './problem.ts'
import type { EntryRow, Tables } from './schema.ts'
import { type Connection, connect, patiently, readTransaction } from './sqlite.ts'
import { verifyArtefacts } from './verify-artefacts.ts'
import { verifyCheckpoints } from './verify-checkpoints.ts'
import { verifyEntryRow, verifyReferences } from './verify-entries.ts'
import { verifyFile } from './verify-file.ts'
import { type TreeCheck, treeCheck } from './verify-tree.ts'

export type VerifyOptions = {
  readonly path: string
  /** The ledger's Ed25519 key, 32 bytes, or all that it has had. Without one, checkpoints cannot be accepted. */
  readonly publicKey?: Uint8Array | readonly Uint8Array[]
  /** Entries and artefacts done, of so many. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** `verified` only where everything in the store was recomputed and nothing was amiss. */
export type StoreVerification = {
  readonly verdict: 'verified' | 'refused'
  readonly entries: number
  readonly artefacts: number
  readonly checkpoints: number
  /** The tree head recomputed from the entries. */
  readonly root: Sha256
  /** Entries behind the newest sound checkpoint: nobody has signed for them yet. */
  readonly unsigned: number
  readonly problems: readonly StoreProblem[]
}

/**
 * Recomputes the whole store from its bytes and changes nothing. Whatever is in the file, the answer is a verdict;
 * StoreError only where the file cannot be judged at all (missing, locked, no right to read), or the signal's reason.
 */
export async function verifyStore(options: VerifyOptions): Promise<StoreVerification> {
  const path = resolve(options.path)
  const problems = problemList()
  let connection: Connection | undefined
  try {
    connection = await patiently(10_000, () => connect(path, 'read', 0))
    return await verifyConnection(connection, options, problems)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isContent(error)) throw storeFailure(error, path)
    const message = `the file cannot be read to its end: ${messageOf(error)}`
    problems.add({ code: 'file-unreadable', message, looksLike: 'damage' })
    return verdict({ entries: 0, artefacts: 0, checkpoints: 0, root: emptyRoot, signed: 0 }, problems)
  } finally {
    connection?.file.close()
  }
}

const pageSize = 500

async function verifyConnection(
  connection: Connection,
  options: VerifyOptions,
  problems: ProblemList,
): Promise<StoreVerification> {
  return await readTransaction(connection, async (tables) => {
    const origin = verifyFile(connection.file, problems)
    if (origin === undefined) {
      return verdict({ entries: 0, artefacts: 0, checkpoints: 0, root: emptyRoot, signed: 0 }, problems)
    }
    const total = (await countOf(tables, 'entries')) + (await countOf(tables, 'blobs'))
    const pause = async (done: number): Promise<void> => {
      options.signal?.throwIfAborted()
      options.onProgress?.(done, total)
      await nextTurn()
    }
    const rows = await tables.selectFrom('checkpoints').selectAll().execute()
    const named = new Set<number>()
    const tree = treeCheck(tables, new Set(rows.map((row) => row.size)), problems)
    const entries = await verifyEntries(tables, { origin, tree, named, problems, pause })
    await tree.finish()
    const artefacts = await verifyArtefacts(tables, named, problems, async (done) => await pause(entries + done))
    const signed = verifyCheckpoints(rows, { origin, size: tree.size, roots: tree.roots }, keysOf(options), problems)
    return verdict({ entries, artefacts, checkpoints: rows.length, root: tree.root(), signed }, problems)
  })
}

type EntryCheck = {
  readonly origin: string
  readonly tree: TreeCheck
  readonly named: Set<number>
  readonly problems: ProblemList
  readonly pause: (done: number) => Promise<void>
}

/** Goes through the entries page by page; returns how many there are. */
async function verifyEntries(tables: Kysely<Tables>, check: EntryCheck): Promise<number> {
  let expected = 0
  let count = 0
  for (;;) {
    const page = await tables
      .selectFrom('entries')
      .selectAll()
      .where('sequence', '>=', expected)
      .orderBy('sequence')
      .limit(pageSize)
      .execute()
    const entries: Entry[] = []
    for (const row of page) {
      if (row.sequence !== expected) reportMissing(expected, row.sequence - 1, check.problems)
      expected = row.sequence + 1
      count += 1
      const entry = verifyEntryRow(row, check.origin, check.problems)
      if (entry) entries.push(entry)
      await check.tree.add(leafOf(row))
    }
    await verifyReferences(tables, entries, check.named, check.problems)
    await check.pause(count)
    if (page.length < pageSize) return count
  }
}

/** Always of the bytes that are there, never of what is stored beside them. */
function leafOf({ bytes }: EntryRow): Uint8Array {
  return leafHash(bytes instanceof Uint8Array ? bytes : new Uint8Array())
}

function reportMissing(from: number, to: number, problems: ProblemList): void {
  const message = from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`
  problems.add({ code: 'entry-missing', entry: from, message, looksLike: 'tampering' })
}

async function countOf(tables: Kysely<Tables>, table: 'entries' | 'blobs'): Promise<number> {
  const row = await tables
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirst()
  return row?.count ?? 0
}

function keysOf({ publicKey }: VerifyOptions): readonly Uint8Array[] {
  if (publicKey === undefined) return []
  return publicKey instanceof Uint8Array ? [publicKey] : publicKey
}

type Counts = {
  readonly entries: number
  readonly artefacts: number
  readonly checkpoints: number
  readonly root: Uint8Array
  readonly signed: number
}

function verdict({ root, signed, ...counts }: Counts, problems: ProblemList): StoreVerification {
  const list = problems.list()
  // On a damaged disk a missing row is no sign of anybody's doing.
  const damaged = list.some(({ code }) => code === 'file-integrity' || code === 'file-unreadable')
  return {
    verdict: list.length === 0 ? 'verified' : 'refused',
    ...counts,
    root: Buffer.from(root).toString('hex') as Sha256,
    unsigned: Math.max(0, counts.entries - signed),
    problems: list.map((each) =>
      damaged && each.looksLike === 'tampering' ? { ...each, looksLike: 'unknown' } : each,
    ),
  }
}

/** Whether an error tells of what is in the file, rather than of the way to it. */
function isContent(error: unknown): boolean {
  return !(
    error instanceof Error &&
    'code' in error &&
    /^(?:AFD_|SQLITE_(?:BUSY|LOCKED|CANTOPEN|PERM|AUTH|READONLY)|E[A-Z]+$)/.test(String(error.code))
  )
}
