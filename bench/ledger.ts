// How fast evidence is kept, proved and verified, beside what plain SQLite does with the same bytes on the same disk.
// npm run bench:ledger [entries] [folder]
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { encodeEntry } from '../src/ledger/entry.ts'
import { openStore } from '../src/ledger/open.ts'
import { migrations } from '../src/ledger/schema.ts'
import type { Store } from '../src/ledger/store.ts'
import { verifyStore } from '../src/ledger/verify.ts'
import type { Sha256 } from '../src/model/digest.ts'
import type { NewEntry } from '../src/model/evidence.ts'
import { instant } from '../src/model/time.ts'

const total = Number(process.argv[2] ?? 100_000)
const batch = 100
/** Rates are those of so many entries, at the beginning of the ledger and at its end. */
const sample = Math.min(total, 100_000)
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'affidavit-bench-'))
const path = join(folder, 'store.db')
const clock = { now: () => instant(Date.now()) }
const origin = 'example.org/bench'
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const signer = {
  name: origin,
  publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
  sign: async (bytes: Uint8Array) => sign(null, bytes, privateKey),
}

/** About 1 KB in canonical form, each one different. */
function entryOf(number: number): NewEntry {
  return {
    run: 'run-2026-09-09T02:00:00.000Z-4f1c',
    slot: instant('2026-09-09T02:00:00Z'),
    collector: { id: 'tls', version: 1 },
    configuration: '0'.repeat(64) as Sha256,
    component: 'customer-data-api/gateway',
    target: 'customer-data-api/gateway/tls',
    kind: 'tls.protocol',
    subject: `api-${number}.example.test:443`,
    methods: ['TEST'],
    collected: instant(1_788_000_000_000 + number),
    expires: instant(1_789_000_000_000 + number),
    facts: {
      protocol: 'TLSv1.2',
      offered: 'yes',
      number,
      cipherSuites: Array.from({ length: 8 }, (_, index) => `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA${index}`),
      reason: 'x'.repeat(100),
    },
    artefacts: [],
  }
}

const batchFrom = (first: number) => Array.from({ length: batch }, (_, index) => entryOf(first + index))

async function timed<Result>(work: () => Promise<Result> | Result): Promise<readonly [Result, ms: number]> {
  const start = performance.now()
  const result = await work()
  return [result, performance.now() - start]
}

/** Writes one batch; `first` is the sequence of its first entry. */
type Write = (entries: readonly NewEntry[], first: number) => unknown

/** Milliseconds for the entries [from, to), without the time that it takes to make them up. */
async function append(from: number, to: number, write: Write): Promise<number> {
  let spent = 0
  for (let first = from; first < to; first += batch) {
    const entries = batchFrom(first)
    const [, ms] = await timed(() => write(entries, first))
    spent += ms
  }
  return spent
}

/** The bytes that the ledger keeps, and what it searches by, made before the clock runs. */
type Row = readonly [
  sequence: number,
  run: string,
  component: string | null,
  target: string | null,
  kind: string,
  collected: string,
  leaf: Uint8Array,
  bytes: Uint8Array,
]

function rowsOf(entries: readonly NewEntry[], from: number): readonly Row[] {
  return entries.map((entry, index) => {
    const { run, component, target, kind, collected } = entry
    const sequence = from + index
    const bytes = encodeEntry({ ...entry, version: 1, origin, sequence, artefacts: [] })
    return [sequence, run, component, target, kind, collected, bytes.subarray(0, 32), bytes]
  })
}

/** What SQLite gives: the same bytes, the same number a transaction, as durable. */
function raw(name: string, schema: readonly string[], insert: string, values: (row: Row) => readonly unknown[]) {
  const file = new Database(join(folder, name))
  file.pragma('journal_mode = WAL')
  file.pragma('synchronous = FULL')
  for (const statement of schema) file.exec(statement)
  const statement = file.prepare(insert)
  const write = file.transaction((rows: readonly (readonly unknown[])[]) => {
    for (const row of rows) statement.run(row)
  })
  return {
    /** Milliseconds for the entries [from, to). */
    append(from: number, to: number): number {
      let spent = 0
      for (let first = from; first < to; first += batch) {
        const rows = rowsOf(batchFrom(first), first).map(values)
        const start = performance.now()
        write(rows)
        spent += performance.now() - start
      }
      return spent
    },
    close: () => file.close(),
  }
}

const bare = () =>
  raw(
    'bare.db',
    ['CREATE TABLE entries (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT'],
    'INSERT INTO entries (bytes) VALUES (?)',
    (row) => [row[7]],
  )

/** The ledger's own columns, indexes and the guard on the sequence: all but canonical JSON, hashes and the tree. */
const indexed = () =>
  raw(
    'indexed.db',
    migrations.flatMap(({ statements }) => statements).filter((each) => /^CREATE \w+ entries/.test(each)),
    'INSERT INTO entries (sequence, run, component, target, kind, collected, leaf, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    (row) => row,
  )

/** Taken in turn, so that what else the machine does meets all three; the quickest round of each counts. */
const rounds = 5

async function compare(store: Store): Promise<number> {
  const [plain, columns] = [bare(), indexed()]
  const best = { plain: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY, ours: Number.POSITIVE_INFINITY }
  const size = Math.floor(sample / rounds / batch) * batch
  for (let round = 0; round < rounds; round += 1) {
    const [from, to] = [round * size, (round + 1) * size]
    best.plain = Math.min(best.plain, plain.append(from, to))
    best.columns = Math.min(best.columns, columns.append(from, to))
    best.ours = Math.min(best.ours, await append(from, to, (entries) => store.append(entries)))
  }
  plain.close()
  columns.close()
  const share = (of: number) => `${Math.round((of / best.ours) * 100)} %`
  line('raw SQLite: the same bytes, one table, no index', rate(size, best.plain))
  line('raw SQLite: the same columns, indexes and guard', rate(size, best.columns))
  line('append: canonical JSON, hashes, tree, indexes', rate(size, best.ours))
  line('  of the raw rate without, with the same indexes', `${share(best.plain)}, ${share(best.columns)}`)
  return rounds * size
}

/** What JavaScript holds when all is collected that can be, and what the process has of the machine. */
function memory(): string {
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return `${Math.round((heapUsed + external) / 1e6)} of ${Math.round(rss / 1e6)} MB`
}

const fileSystems: Readonly<Record<number, string>> = {
  61267: 'ext4',
  16914836: 'tmpfs: not a disk, name another folder',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlay',
}

const line = (name: string, value: string) => process.stdout.write(`${name.padEnd(58)}${value.padStart(12)}\n`)
const rate = (count: number, ms: number) => `${Math.round((count / ms) * 1000).toLocaleString('en')}/s`
const milliseconds = (ms: number) => `${ms.toFixed(1)} ms`

/** What a person or a run waits for: on a store just opened, with nothing read yet. */
async function small(): Promise<void> {
  const [store, opened] = await timed(() => openStore({ path, origin, clock, mode: 'write' }))
  line('open the store', milliseconds(opened))
  const [, appended] = await timed(async () => {
    await store.append(batchFrom(total))
    await store.checkpoint(signer)
  })
  line(`append a run of ${batch} and sign a checkpoint`, milliseconds(appended))
  const size = total + batch
  const [, proved] = await timed(() => store.inclusionProof(Math.floor(total / 3), size))
  line('prove one entry (inclusion)', milliseconds(proved))
  const [, consistent] = await timed(() => store.consistencyProof(Math.floor(total / 3) + 7, size))
  line('prove that an old checkpoint is the beginning', milliseconds(consistent))
  const [, found] = await timed(() => first(store, instant(1_788_000_000_000 + Math.floor(total / 2))))
  line('find the first entry from a moment on', milliseconds(found))
  await store[Symbol.asyncDispose]()
}

async function first(store: Store, from: ReturnType<typeof instant>): Promise<number | undefined> {
  for await (const { entry } of store.entries({ from, limit: 1 })) return entry.sequence
  return undefined
}

try {
  const disk = statfsSync(folder).type
  process.stdout.write(
    `${total.toLocaleString('en')} entries of 1 KB, batches of ${batch}, WAL, synchronous=FULL, ${fileSystems[disk] ?? disk}\n\n`,
  )
  const store = await openStore({ path, origin, clock, mode: 'create' })
  const begun = await compare(store)
  line(`  memory in use, resident, after ${begun.toLocaleString('en')}`, memory())
  if (total > begun) {
    await append(begun, total - sample, (entries) => store.append(entries))
    const last = await append(total - sample, total, (entries) => store.append(entries))
    line(`append, the last ${sample.toLocaleString('en')}`, rate(sample, last))
    line(`  memory in use, resident, after ${total.toLocaleString('en')}`, memory())
  }
  const [, readMs] = await timed(async () => {
    for await (const { entry } of store.entries()) if (entry.version !== 1) throw new Error('unexpected')
  })
  line('read back, each leaf hash checked', rate(total, readMs))
  line('  memory in use, resident', memory())
  await store.checkpoint(signer)
  await store[Symbol.asyncDispose]()
  const [{ verdict }, verifyMs] = await timed(() => verifyStore({ path, publicKey: signer.publicKey }))
  line(`verify everything (${verdict})`, rate(total, verifyMs))
  line('  memory in use, resident', memory())
  await small()
  line('bytes on disk an entry', (statSync(path).size / total).toFixed(0))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
