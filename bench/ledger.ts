// How fast evidence is kept, proved and verified, beside what plain SQLite does with the same bytes on the same disk.
// npm run bench:ledger [entries] [folder]
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { encodeEntry } from '../src/ledger/entry.ts'
import { openStore } from '../src/ledger/open.ts'
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

/** Milliseconds for the entries [from, to), without the time that it takes to make them up. */
async function append(from: number, to: number, write: (entries: readonly NewEntry[]) => unknown): Promise<number> {
  let spent = 0
  for (let first = from; first < to; first += batch) {
    const entries = batchFrom(first)
    const [, ms] = await timed(() => write(entries))
    spent += ms
  }
  return spent
}

/** What SQLite gives: the same bytes into a table with nothing else, the same number a transaction, as durable. */
function raw(): number {
  const file = new Database(join(folder, 'raw.db'))
  file.pragma('journal_mode = WAL')
  file.pragma('synchronous = FULL')
  file.exec('CREATE TABLE entries (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT')
  const insert = file.prepare('INSERT INTO entries (bytes) VALUES (?)')
  const write = file.transaction((rows: readonly Uint8Array[]) => {
    for (const row of rows) insert.run(row)
  })
  let spent = 0
  for (let first = 0; first < sample; first += batch) {
    const rows = batchFrom(first).map((entry, index) =>
      encodeEntry({ ...entry, version: 1, origin, sequence: first + index, artefacts: [] }),
    )
    const start = performance.now()
    write(rows)
    spent += performance.now() - start
  }
  file.close()
  return spent
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
  const rawMs = raw()
  line('raw SQLite: the same bytes, one table, no index', rate(sample, rawMs))
  const store = await openStore({ path, origin, clock, mode: 'create' })
  const appendMs = await append(0, sample, (entries) => store.append(entries))
  line('append: canonical JSON, hashes, tree, indexes', rate(sample, appendMs))
  line('  of the raw rate', `${Math.round((rawMs / appendMs) * 100)} %`)
  line(`  memory in use, resident, after ${sample.toLocaleString('en')}`, memory())
  if (total > sample) {
    await append(sample, total - sample, (entries) => store.append(entries))
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
