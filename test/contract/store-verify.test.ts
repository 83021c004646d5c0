import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeAll, expect, test } from 'vitest'
import { encodeEntry } from '../../src/ledger/entry.ts'
import { emptyFrontier, grow, leafHash, treeHash } from '../../src/ledger/merkle.ts'
import { parseNote } from '../../src/ledger/note.ts'
import { openStore } from '../../src/ledger/open.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import type { Entry } from '../../src/model/evidence.ts'
import {
  clock,
  entriesOf,
  newEntries,
  origin,
  otherSigner,
  persistentFolder,
  rejectionOf,
  signer,
  temporaryFolder,
} from '../helpers/ledger.ts'
import { makeSampleStore, tamper } from '../helpers/ledger-tamper.ts'

const { publicKey } = signer
let sample: Buffer

beforeAll(async () => {
  const folder = persistentFolder()
  const path = join(folder.path, 'evidence.db')
  await makeSampleStore(path)
  sample = readFileSync(path)
  folder.remove()
})

function samplePath(): string {
  const path = join(temporaryFolder(), 'evidence.db')
  writeFileSync(path, sample)
  return path
}

test('an untouched store is verified, and what nobody has signed yet is counted', async () => {
  const path = samplePath()
  const steps: [number, number][] = []
  const result = await verifyStore({ path, publicKey, onProgress: (done, total) => steps.push([done, total]) })
  await using store = await openStore({ path, origin, clock, mode: 'read' })
  const { root } = await store.state()
  expect(result).toEqual({
    verdict: 'verified',
    entries: 300,
    artefacts: 2,
    checkpoints: 2,
    root,
    unsigned: 2,
    timestamps: 0,
    bounds: [],
    contradictions: [],
    problems: [],
    erasures: [],
    remnants: false,
  })
  expect(steps.at(-1)).toEqual([302, 302])
})

test('verifying changes nothing in the file', async () => {
  const path = samplePath()
  const { mtimeMs } = statSync(path)
  await verifyStore({ path, publicKey })
  expect(readFileSync(path)).toEqual(sample)
  expect(statSync(path).mtimeMs).toBe(mtimeMs)
})

test('a store is verified while another process writes to it', async () => {
  const path = samplePath()
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  const verifying = verifyStore({ path, publicKey })
  for (let n = 0; n < 20; n += 1) await store.append(newEntries(3))
  expect(await verifying).toMatchObject({ verdict: 'verified' })
})

test('verification can be stopped', async () => {
  const reason = new Error('enough')
  const work = verifyStore({ path: samplePath(), publicKey, signal: AbortSignal.abort(reason) })
  expect(await rejectionOf(work)).toBe(reason)
})

test('checkpoints without a key to check them with are not accepted', async () => {
  expect(await verifyStore({ path: samplePath() })).toMatchObject({
    verdict: 'refused',
    problems: [{ code: 'checkpoint-unchecked' }],
  })
})

test('checkpoints of another key are not accepted, those of an earlier key of ours are', async () => {
  const path = samplePath()
  expect(await verifyStore({ path, publicKey: otherSigner.publicKey })).toMatchObject({
    verdict: 'refused',
    unsigned: 300,
    problems: [{ code: 'checkpoint-signature' }, { code: 'checkpoint-signature' }],
  })
  const keys = [otherSigner.publicKey, publicKey]
  expect(await verifyStore({ path, publicKey: keys })).toMatchObject({ verdict: 'verified' })
})

test('a checkpoint that was taken out from among others is missed', async () => {
  const path = samplePath()
  tamper(path, 'DELETE FROM checkpoints WHERE id = 1')
  expect(await verifyStore({ path, publicKey })).toMatchObject({
    verdict: 'refused',
    problems: [{ code: 'checkpoint-missing', looksLike: 'tampering' }],
  })
})

/** The bytes of an entry after a change that leaves it a perfectly good entry. */
async function rewritten(path: string, sequence: number, change: Partial<Entry>): Promise<Uint8Array> {
  await using store = await openStore({ path, origin, clock, mode: 'read' })
  const found = await store.entry(sequence)
  if (!found) throw new Error('no such entry')
  return encodeEntry({ ...found.entry, ...change })
}

test('an entry that was rewritten is named, and called tampering', async () => {
  const path = samplePath()
  const bytes = await rewritten(path, 7, { facts: { protocol: 'TLSv1.2', offered: 'no' } })
  tamper(path, ['UPDATE entries SET bytes = ? WHERE sequence = 7', bytes])
  const { verdict, problems } = await verifyStore({ path, publicKey })
  expect(verdict).toBe('refused')
  expect(problems).toContainEqual(expect.objectContaining({ code: 'entry-bytes', entry: 7, looksLike: 'tampering' }))
})

/** The sample with one bit of entry 200 turned over, found by a text that stands before it. */
async function withFlippedBit(before: string, bit: number): Promise<string> {
  const path = samplePath()
  const bytes = Buffer.from(await rewritten(path, 200, {}))
  const offset = bytes.indexOf(before) + before.length
  bytes[offset] = (bytes[offset] ?? 0) ^ bit
  tamper(path, ['UPDATE entries SET bytes = ? WHERE sequence = 200', bytes])
  return path
}

test('an entry with one wrong bit that makes nonsense of it is named, and called damage', async () => {
  const { problems } = await verifyStore({ path: await withFlippedBit('"protocol":"', 0x80), publicKey })
  expect(problems).toEqual([
    expect.objectContaining({ code: 'entry-bytes', entry: 200, looksLike: 'damage' }),
    expect.objectContaining({ code: 'frontier' }),
    // It follows from the first, and so accuses nobody.
    expect.objectContaining({ code: 'checkpoint-root', looksLike: 'unknown' }),
  ])
})

test('a 2 that became a 3 is one wrong bit too, but nobody is cleared by that', async () => {
  const { problems } = await verifyStore({ path: await withFlippedBit('"protocol":"TLSv1.', 1), publicKey })
  expect(problems[0]).toMatchObject({
    code: 'entry-bytes',
    entry: 200,
    looksLike: 'unknown',
    message: expect.stringContaining('"2" became "3"'),
  })
})

test('an entry rewritten together with its leaf hash is named by the tree', async () => {
  const path = samplePath()
  const bytes = await rewritten(path, 7, { facts: { forged: true } })
  tamper(path, ['UPDATE entries SET bytes = ?, leaf = ? WHERE sequence = 7', bytes, leafHash(bytes)])
  const { verdict, problems } = await verifyStore({ path, publicKey })
  expect(verdict).toBe('refused')
  expect(problems).toContainEqual(expect.objectContaining({ code: 'tile', entry: 7, looksLike: 'tampering' }))
  expect(problems).toContainEqual(expect.objectContaining({ code: 'checkpoint-root' }))
})

test('behind a missing entry the others are not accused', async () => {
  const path = samplePath()
  tamper(path, 'DELETE FROM entries WHERE sequence = 20')
  const { problems } = await verifyStore({ path, publicKey })
  expect(problems.map(({ code, entry }) => ({ code, entry }))).toEqual([
    { code: 'entry-missing', entry: 20 },
    { code: 'frontier', entry: undefined },
    { code: 'checkpoint-root', entry: undefined },
  ])
})

test('a ledger rewritten from end to end is betrayed by its checkpoints', async () => {
  const path = samplePath()
  const bytes = await rewritten(path, 150, { facts: { forged: true } })
  const file = new Database(path)
  const leaves = file.prepare('SELECT leaf FROM entries ORDER BY sequence').pluck().all() as Uint8Array[]
  file.close()
  leaves[150] = leafHash(bytes)
  const { hashes } = grow(emptyFrontier, leaves)
  tamper(
    path,
    ['UPDATE entries SET bytes = ?, leaf = ? WHERE sequence = 150', bytes, leafHash(bytes)],
    ['UPDATE frontier SET hashes = ?', Buffer.concat(hashes)],
    ['UPDATE tiles SET hashes = ?, root = ?', Buffer.concat(leaves.slice(0, 256)), treeHash(leaves.slice(0, 256))],
  )
  const { verdict, problems, unsigned } = await verifyStore({ path, publicKey })
  expect(verdict).toBe('refused')
  // The first checkpoint, at 10 entries, still holds: so the change is behind it.
  expect(problems).toEqual([expect.objectContaining({ code: 'checkpoint-root', looksLike: 'tampering' })])
  expect(unsigned).toBe(290)
  // And nobody signs what contradicts an earlier signature.
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  expect(await rejectionOf(store.checkpoint(signer))).toMatchObject({ code: 'AFD_LEDGER_INCONSISTENT', exitCode: 4 })
})

test('a ledger cut off at its end is betrayed by a checkpoint that states more', async () => {
  const path = samplePath()
  const file = new Database(path)
  const leaves = file.prepare('SELECT leaf FROM entries WHERE sequence < 290').pluck().all() as Uint8Array[]
  file.close()
  tamper(path, 'DELETE FROM entries WHERE sequence >= 290', [
    'UPDATE frontier SET size = 290, hashes = ?',
    Buffer.concat(grow(emptyFrontier, leaves).hashes),
  ])
  expect((await verifyStore({ path, publicKey })).problems).toEqual([
    expect.objectContaining({ code: 'checkpoint-ahead', looksLike: 'tampering' }),
  ])
})

const cases: readonly [string, string, object][] = [
  ['an entry that was taken out', 'DELETE FROM entries WHERE sequence = 20', { code: 'entry-missing', entry: 20 }],
  [
    'entries that were swapped',
    'UPDATE entries SET sequence = CASE sequence WHEN 298 THEN 1000 ELSE sequence END',
    { code: 'entry-missing', entry: 298 },
  ],
  [
    'an entry that was doubled',
    'INSERT INTO entries SELECT 300, run, component, target, kind, collected, leaf, bytes FROM entries WHERE sequence = 5',
    { code: 'entry-place', entry: 300 },
  ],
  [
    'an entry filed under another kind',
    "UPDATE entries SET kind = 'log.source' WHERE sequence = 5",
    { code: 'entry-columns', entry: 5 },
  ],
  [
    'an entry filed under another moment',
    "UPDATE entries SET collected = '2020-01-01T00:00:00.000Z' WHERE sequence = 5",
    { code: 'entry-columns', entry: 5 },
  ],
  ['a wrong leaf hash', 'UPDATE entries SET leaf = zeroblob(32) WHERE sequence = 5', { code: 'entry-bytes', entry: 5 }],
  ['a missing tile', 'DELETE FROM tiles', { code: 'tile' }],
  ['an extra tile', 'INSERT INTO tiles SELECT 3, 9, root, hashes FROM tiles', { code: 'tile' }],
  ['a wrong tile root', 'UPDATE tiles SET root = zeroblob(32)', { code: 'tile' }],
  ['a wrong frontier', 'UPDATE frontier SET hashes = zeroblob(length(hashes))', { code: 'frontier' }],
  ['a wrong size', 'UPDATE frontier SET size = 299', { code: 'frontier' }],
  [
    'an artefact that was changed',
    "UPDATE blobs SET bytes = CAST('forged artefact' AS BLOB), size = 15 WHERE id = 2",
    { code: 'artefact-bytes', entry: 0 },
  ],
  [
    'an artefact of another size',
    "UPDATE blobs SET bytes = CAST('x' AS BLOB), size = 1 WHERE id = 2",
    { code: 'artefact-size', entry: 0 },
  ],
  ['another salt', 'UPDATE blobs SET salt = zeroblob(32) WHERE id = 1', { code: 'artefact-bytes', entry: 0 }],
  ['a wrong digest', 'UPDATE blobs SET sha256 = zeroblob(32) WHERE id = 1', { code: 'artefact-bytes', entry: 0 }],
  ['an artefact that was taken out', 'DELETE FROM blobs WHERE id = 2', { code: 'artefact-missing', entry: 0 }],
  [
    'an artefact that no entry names',
    "INSERT INTO blobs VALUES (9, randomblob(32), randomblob(32), randomblob(32), 1, x'00')",
    { code: 'artefact-unknown' },
  ],
  [
    'another root beside a checkpoint',
    'UPDATE checkpoints SET root = zeroblob(32) WHERE id = 1',
    { code: 'checkpoint-form' },
  ],
  ['a checkpoint that is none', "UPDATE checkpoints SET note = 'trust me' WHERE id = 1", { code: 'checkpoint-form' }],
  [
    'a checkpoint at another moment that is none',
    "UPDATE checkpoints SET created = 'yesterday' WHERE id = 1",
    { code: 'checkpoint-form' },
  ],
  [
    'a checkpoint with another signature',
    `UPDATE checkpoints SET note = substr(note, 1, length(note) - 10)
      || CASE substr(note, length(note) - 9, 1) WHEN 'A' THEN 'B' ELSE 'A' END || substr(note, length(note) - 8)
      WHERE id = 1`,
    { code: expect.stringMatching(/^checkpoint-/) },
  ],
  ['another origin', "UPDATE ledger SET origin = 'example.org/other'", { code: 'entry-place', entry: 0 }],
  ['a table beside ours', 'CREATE TABLE hidden (x)', { code: 'schema-altered', looksLike: 'tampering' }],
  [
    'a trigger of somebody else',
    'CREATE TRIGGER quiet AFTER INSERT ON entries BEGIN SELECT 1; END',
    { code: 'schema-altered' },
  ],
  ['a missing index', 'DROP INDEX entries_kind', { code: 'schema-altered' }],
  ['another name of a migration', "UPDATE migrations SET name = 'x'", { code: 'ledger-altered' }],
]
test.each(cases)('%s is found', async (_, sql, problem) => {
  const path = samplePath()
  tamper(path, sql)
  const { verdict, problems } = await verifyStore({ path, publicKey })
  expect(verdict).toBe('refused')
  expect(problems).toContainEqual(expect.objectContaining(problem))
})

test('a guard rail that was taken down is found', async () => {
  const path = samplePath()
  const file = new Database(path)
  file.exec('DROP TRIGGER entries_no_update')
  file.close()
  expect((await verifyStore({ path, publicKey })).problems).toEqual([
    expect.objectContaining({ code: 'schema-altered', looksLike: 'tampering' }),
  ])
})

test('a table that was replaced by a view without an end is not read', async () => {
  const path = samplePath()
  const file = new Database(path)
  file.exec(`ALTER TABLE entries RENAME TO old;
    CREATE VIEW entries AS WITH RECURSIVE n(sequence) AS (SELECT 0 UNION ALL SELECT sequence + 1 FROM n)
      SELECT sequence, '' run, '' component, '' target, '' kind, '' collected, x'' leaf, x'' bytes FROM n`)
  file.close()
  const { verdict, problems } = await verifyStore({ path, publicKey })
  expect(verdict).toBe('refused')
  expect(problems).toContainEqual(expect.objectContaining({ code: 'schema-altered' }))
})

test('statistics that SQLite keeps for itself do not matter', async () => {
  const path = samplePath()
  const file = new Database(path)
  file.exec('ANALYZE')
  file.close()
  expect(await verifyStore({ path, publicKey })).toMatchObject({ verdict: 'verified' })
})

test('changed evidence is not handed out', async () => {
  const path = samplePath()
  const bytes = await rewritten(path, 7, { facts: { forged: true } })
  tamper(path, ['UPDATE entries SET bytes = ? WHERE sequence = 7', bytes], 'UPDATE blobs SET salt = zeroblob(32)')
  await using store = await openStore({ path, origin, clock, mode: 'read' })
  const refused = { code: 'AFD_LEDGER_ENTRY', exitCode: 4, subject: 'entry 7' }
  expect(await rejectionOf(store.entry(7))).toMatchObject(refused)
  expect(await rejectionOf(entriesOf(store))).toMatchObject(refused)
  const { commitment } = (await store.entry(0))?.entry.artefacts[0] ?? {}
  expect(commitment && (await rejectionOf(store.artefact(commitment)))).toMatchObject({ code: 'AFD_LEDGER_ARTEFACT' })
})

test('hundreds of problems are counted, not piled up', async () => {
  const path = samplePath()
  tamper(path, 'UPDATE entries SET leaf = zeroblob(32)')
  const { problems } = await verifyStore({ path, publicKey })
  expect(problems).toHaveLength(201)
  expect(problems.at(-1)).toMatchObject({ code: 'more' })
})

test.each(['first artefact', 'api-3.example.test:443', 'api-299.example.test:443', '— example.org/affidavit'])(
  'a flipped byte in %j is detected',
  async (text) => {
    const path = samplePath()
    const changed = Buffer.from(sample)
    // Everywhere: SQLite leaves copies in unused parts of pages, where a changed byte means nothing.
    for (let offset = sample.indexOf(text); offset >= 0; offset = sample.indexOf(text, offset + 1)) {
      changed[offset + 5] = (changed[offset + 5] ?? 0) ^ 0x10
    }
    expect(changed).not.toEqual(sample)
    writeFileSync(path, changed)
    expect(await verifyStore({ path, publicKey })).toMatchObject({ verdict: 'refused' })
  },
)

test('no flipped byte anywhere is too much for the verifier', async () => {
  const path = samplePath()
  for (let n = 0; n < 50; n += 1) {
    const offset = Math.floor((sample.length / 50) * n) + n
    const changed = Buffer.from(sample)
    changed[offset] = (changed[offset] ?? 0) ^ 0x10
    writeFileSync(path, changed)
    expect((await verifyStore({ path, publicKey })).verdict).toMatch(/^(verified|refused)$/)
  }
})

test('a table whose rows are numbered out of order is refused, and not read for ever', async () => {
  const path = samplePath()
  const file = new Database(path)
  const commitments = file.prepare('SELECT commitment FROM blobs').pluck().all() as Buffer[]
  file.close()
  for (const commitment of commitments) {
    // The record's seven header bytes stand before its first column, and the row's number before them.
    const offsets = [sample.indexOf(commitment), sample.lastIndexOf(commitment)].map((offset) => offset - 8)
    const offset = offsets.find((each) => sample[each + 1] === 7 && sample[each] && sample[each] <= 2) ?? -1
    expect(offset).toBeGreaterThan(0)
    for (const number of [0, 3, 9, 127]) {
      const changed = Buffer.from(sample)
      changed[offset] = number
      writeFileSync(path, changed)
      expect(await verifyStore({ path, publicKey })).toMatchObject({ verdict: 'refused' })
    }
  }
})

test('a file that was cut, or filled up with noise, is refused', async () => {
  const path = samplePath()
  for (const length of [1, 100, 4096, 5000, 40_960, sample.length - 4096]) {
    writeFileSync(path, sample.subarray(0, length))
    expect(await verifyStore({ path, publicKey })).toMatchObject({ verdict: 'refused' })
  }
  for (const from of [16, 100, 4096, 20_000]) {
    const noise = Buffer.from(sample)
    for (let offset = from; offset < noise.length; offset += 1) noise[offset] = (offset * 31) % 251
    writeFileSync(path, noise)
    expect(await verifyStore({ path, publicKey })).toMatchObject({ verdict: 'refused' })
  }
})

test('the entries on a damaged page are named, and the others still judged', async () => {
  const path = samplePath()
  const damaged = Buffer.from(sample)
  const page = Math.floor(sample.indexOf('api-150.example.test:443') / 4096) * 4096
  damaged.fill(0xff, page, page + 4096)
  writeFileSync(path, damaged)
  const { verdict, entries, problems } = await verifyStore({ path, publicKey })
  expect(verdict).toBe('refused')
  expect(entries).toBeGreaterThan(280)
  expect(problems).toContainEqual(
    expect.objectContaining({ code: 'entry-unreadable', entry: 150, looksLike: 'damage' }),
  )
  expect(problems.map(({ looksLike }) => looksLike)).not.toContain('tampering')
})

const openssl = spawnSync('openssl', ['version']).status === 0
test.runIf(openssl)('openssl alone verifies a checkpoint', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'evidence.db')
  writeFileSync(path, sample)
  await using store = await openStore({ path, origin, clock, mode: 'read' })
  const { text, signatures } = parseNote((await store.state()).checkpoint ?? '')
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey])
  writeFileSync(join(folder, 'text'), text)
  writeFileSync(join(folder, 'sig'), signatures[0]?.signature ?? '')
  writeFileSync(join(folder, 'key.der'), spki)
  const args = [
    'pkeyutl',
    '-verify',
    '-rawin',
    '-pubin',
    '-inkey',
    'key.der',
    '-keyform',
    'DER',
    '-in',
    'text',
    '-sigfile',
    'sig',
  ]
  expect(execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' })).toContain('Signature Verified Successfully')
})
