import { resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import type { Selectable } from 'kysely'
import type { Sha256 } from '../model/digest.ts'
import type { Erasure } from '../model/erasure.ts'
import type { TreeHead } from './checkpoint.ts'
import { entryTimes } from './entry-times.ts'
import { isContentFailure, messageOf, storeFailure } from './failure.ts'
import { emptyRoot } from './merkle.ts'
import { type ProblemList, problemList, type StoreProblem } from './problem.ts'
import type { CheckpointRow, TimestampRow } from './schema.ts'
import { hasRemnants } from './scrub.ts'
import { type Connection, connect, patiently } from './sqlite.ts'
import type { TimeBound, TimeContradiction } from './time-bounds.ts'
import { verifyArtefacts } from './verify-artefacts.ts'
import { verifyCheckpoints } from './verify-checkpoints.ts'
import { verifyEntries } from './verify-entries.ts'
import { erasureCheck } from './verify-erasures.ts'
import { verifyFile } from './verify-file.ts'
import { verifyReferences } from './verify-references.ts'
import { sinceProblem } from './verify-since.ts'
import { type StampCheck, verifyTimestamps } from './verify-timestamps.ts'
import { treeCheck } from './verify-tree.ts'

export type VerifyOptions = {
  readonly path: string
  /** The ledger's Ed25519 key, 32 bytes, or all that it has had. Without one, checkpoints cannot be accepted. */
  readonly publicKey?: Uint8Array | readonly Uint8Array[]
  /** What judges RFC 3161 tokens. Without it, time stamps cannot be accepted. */
  readonly checkStamp?: StampCheck | undefined
  /** An earlier state that was kept elsewhere: the store must begin with exactly that. */
  readonly since?: TreeHead
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
  readonly timestamps: number
  /** What the time stamps that hold say, by ascending size. */
  readonly bounds: readonly TimeBound[]
  /** Times of the machine that time stamps refute. What was written is as it was; when, is not what it says. */
  readonly contradictions: readonly TimeContradiction[]
  readonly problems: readonly StoreProblem[]
  /** The acts by which artefact bytes were erased, as the entries tell of them, oldest first. */
  readonly erasures: readonly Erasure[]
  /** Whether erased bytes may still stand in free places of the file, because the scrubbing was not finished. */
  readonly remnants: boolean
}

const lockTimeoutMs = 10_000

/**
 * Recomputes the whole store from its bytes and changes nothing. Whatever is in the file, the answer is a verdict;
 * StoreError only where the file cannot be judged at all (missing, locked, no right to read), or the signal's reason.
 */
export async function verifyStore(options: VerifyOptions): Promise<StoreVerification> {
  const path = resolve(options.path)
  const problems = problemList()
  const counts: Counts = {
    ...{ entries: 0, artefacts: 0, checkpoints: 0, timestamps: 0, root: emptyRoot, signed: 0 },
    ...{ bounds: [], contradictions: [], erasures: [], remnants: false },
  }
  try {
    const connection = await patiently(lockTimeoutMs, () => connect(path, 'read', lockTimeoutMs))
    try {
      await attempt('the file', { options, problems }, async () => {
        // One snapshot, so that what others append meanwhile does not matter; closing the file ends it.
        connection.file.exec('BEGIN')
        await verifyTables(connection, { options, problems, counts })
      })
    } finally {
      connection.file.close()
    }
  } catch (error) {
    throw storeFailure(error, path)
  }
  return verdict(counts, problems)
}

type Counts = {
  entries: number
  artefacts: number
  checkpoints: number
  timestamps: number
  root: Uint8Array
  signed: number
  bounds: readonly TimeBound[]
  contradictions: readonly TimeContradiction[]
  erasures: readonly Erasure[]
  remnants: boolean
}
type Work = { readonly options: VerifyOptions; readonly problems: ProblemList }

/** Each part is judged even where another cannot be read. */
async function verifyTables({ file, tables }: Connection, work: Work & { readonly counts: Counts }): Promise<void> {
  const { options, problems, counts } = work
  const origin = verifyFile(file, problems)
  if (origin === undefined) return
  const total = rowsIn(file, 'entries') + rowsIn(file, 'blobs')
  const pause = async (): Promise<void> => {
    options.signal?.throwIfAborted()
    options.onProgress?.(counts.entries + counts.artefacts, total)
    await nextTurn()
  }
  const checkpoints: Selectable<CheckpointRow>[] = []
  await attempt('the checkpoints', work, async () => {
    checkpoints.push(...(await tables.selectFrom('checkpoints').selectAll().execute()))
  })
  const stamps: Selectable<TimestampRow>[] = []
  await attempt('the time stamps', work, async () => {
    if (hasTable(file, 'timestamps'))
      stamps.push(...(await tables.selectFrom('timestamps').selectAll().orderBy('id').execute()))
  })
  counts.timestamps = stamps.length
  const { bounds, contradictions } = await verifyTimestamps(stamps, checkpoints, options.checkStamp, problems)
  const times = entryTimes(bounds)
  const named = new Set<number>()
  const sizes = [...checkpoints, ...(options.since ? [options.since] : [])].map(({ size }) => size)
  const erasures = erasureCheck(file, tables, problems)
  counts.erasures = erasures.erasures
  counts.remnants = hasRemnants(file)
  const tree = treeCheck(tables, new Set(sizes), problems)
  await attempt('the entries', work, () =>
    verifyEntries(tables, {
      origin,
      problems,
      most: mostEntries(file),
      take: async (checked) => {
        await tree.add(checked)
        counts.entries = tree.size
        const entries = checked.flatMap(({ entry }) => entry ?? [])
        for (const entry of entries) times.see(entry)
        await verifyReferences(tables, entries, { named, erasures, problems })
        await erasures.take(entries)
        await pause()
      },
    }),
  )
  counts.root = tree.root()
  await attempt('the tree', work, () => tree.finish())
  await attempt('the erasures', work, () => erasures.finish())
  await attempt('the artefacts', work, () =>
    verifyArtefacts(tables, named, problems, async () => {
      counts.artefacts += 1
      await pause()
    }),
  )
  counts.bounds = bounds
  counts.contradictions = [...contradictions, ...times.contradictions()]
  counts.checkpoints = checkpoints.length
  const ledger = { origin, size: tree.size, roots: tree.roots }
  counts.signed = verifyCheckpoints(checkpoints, ledger, keysOf(options), problems)
  const rewritten = options.since && sinceProblem(options.since, ledger)
  if (rewritten) problems.add(rewritten)
}

async function attempt(what: string, { options, problems }: Work, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (options.signal?.aborted || !isContentFailure(error)) throw error
    const message = `${what} cannot be read to the end: ${messageOf(error)}`
    problems.add({ code: 'file-unreadable', message, looksLike: 'damage' })
  }
}

/** Stores of an earlier schema have less. */
function hasTable(file: Database.Database, name: string): boolean {
  return file.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined
}

/** Only for showing how far one is, so that a damaged table may count as empty. */
function rowsIn(file: Database.Database, table: 'entries' | 'blobs'): number {
  try {
    return Number(file.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
  } catch {
    return 0
  }
}

/** No entry takes less than a hundred bytes of the file. */
function mostEntries(file: Database.Database): number {
  const pages = Number(file.pragma('page_count', { simple: true }))
  return (pages * Number(file.pragma('page_size', { simple: true }))) / 100
}

function keysOf({ publicKey }: VerifyOptions): readonly Uint8Array[] {
  if (publicKey === undefined) return []
  return publicKey instanceof Uint8Array ? [publicKey] : publicKey
}

function verdict({ root, signed, ...counts }: Counts, problems: ProblemList): StoreVerification {
  const list = problems.list()
  return {
    verdict: list.length === 0 ? 'verified' : 'refused',
    ...counts,
    root: Buffer.from(root).toString('hex') as Sha256,
    unsigned: Math.max(0, counts.entries - signed),
    problems: list.map((problem) => ({ ...problem, looksLike: suspicionOf(problem, list) })),
  }
}

/** What follows from something else that was found accuses nobody by itself. */
function suspicionOf(problem: StoreProblem, all: readonly StoreProblem[]): StoreProblem['looksLike'] {
  if (problem.looksLike !== 'tampering') return problem.looksLike
  const damaged = all.some(({ code }) => code === 'file-integrity' || code === 'file-unreadable')
  const explained = problem.code === 'checkpoint-root' && all.some(({ entry }) => entry !== undefined)
  return damaged || explained ? 'unknown' : 'tampering'
}
