// How fast evidence is kept and verified, beside what plain SQLite does on the same machine in the same minute.
// node bench/ledger.ts [entries]
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { openStore } from '../src/ledger/open.ts'
import { verifyStore } from '../src/ledger/verify.ts'
import type { Sha256 } from '../src/model/digest.ts'
import type { NewEntry } from '../src/model/evidence.ts'
import { instant } from '../src/model/time.ts'

const total = Number(process.argv[2] ?? 50_000)
const batch = 100
const folder = mkdtempSync(join(tmpdir(), 'affidavit-bench-'))
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

async function measure(work: () => Promise<void> | void): Promise<number> {
  const start = performance.now()
  await work()
  return total / ((performance.now() - start) / 1000)
}

/** Entries a second, without the time that it takes to make them up. */
async function measureAppends(append: (entries: readonly NewEntry[]) => Promise<unknown>): Promise<number> {
  let spent = 0
  for (let done = 0; done < total; done += batch) {
    const entries = Array.from({ length: batch }, (_, index) => entryOf(done + index))
    const start = performance.now()
    await append(entries)
    spent += performance.now() - start
  }
  return total / (spent / 1000)
}

/** What the disk and SQLite give: the same bytes into a table with nothing else. */
async function raw(): Promise<number> {
  const file = new Database(join(folder, 'raw.db'))
  file.pragma('journal_mode = WAL')
  file.pragma('synchronous = FULL')
  file.exec('CREATE TABLE entries (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT')
  const insert = file.prepare('INSERT INTO entries (bytes) VALUES (?)')
  const rows = Array.from({ length: batch }, (_, index) => Buffer.from(JSON.stringify(entryOf(index)).padEnd(1024)))
  const write = file.transaction(() => {
    for (const row of rows) insert.run(row)
  })
  const rate = await measure(() => {
    for (let done = 0; done < total; done += batch) write()
  })
  file.close()
  return rate
}

try {
  const path = join(folder, 'store.db')
  const before = await raw()
  const store = await openStore({ path, origin, clock, mode: 'create' })
  const appended = await measureAppends((entries) => store.append(entries))
  const read = await measure(async () => {
    for await (const { entry } of store.entries()) if (entry.version !== 1) throw new Error('unexpected')
  })
  await store.checkpoint(signer)
  await store[Symbol.asyncDispose]()
  let verdict = ''
  const verified = await measure(async () => {
    ;({ verdict } = await verifyStore({ path, publicKey: signer.publicKey }))
  })
  const start = performance.now()
  const again = await openStore({ path, origin, clock, mode: 'write' })
  const opened = performance.now() - start
  await again.append(Array.from({ length: batch }, (_, index) => entryOf(index)))
  await again.checkpoint(signer)
  const run = performance.now() - start - opened
  await again[Symbol.asyncDispose]()
  const size = statSync(path).size / total
  const line = (name: string, value: string) => process.stdout.write(`${name.padEnd(44)}${value.padStart(14)}\n`)
  const rate = (value: number) => `${Math.round(value).toLocaleString('en')}/s`
  process.stdout.write(`${total.toLocaleString('en')} entries of 1 KB, batches of ${batch}, WAL, synchronous=FULL\n\n`)
  line('raw SQLite, one table, no index', rate(before))
  line('append: canonical JSON, hashes, indexes', rate(appended))
  line('  of the raw rate', `${Math.round((appended / before) * 100)} %`)
  line('read back, each leaf hash checked', rate(read))
  line(`verify everything (${verdict})`, rate(verified))
  line('open the store again', `${opened.toFixed(1)} ms`)
  line('append a batch and sign a checkpoint', `${run.toFixed(1)} ms`)
  line('bytes on disk an entry', size.toFixed(0))
  line('memory (resident)', `${Math.round(process.memoryUsage.rss() / 1e6)} MB`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
