import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { backupStore } from '../../src/ledger/backup.ts'
import { openStore } from '../../src/ledger/open.ts'
import { connect } from '../../src/ledger/sqlite.ts'
import type { Store } from '../../src/ledger/store.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import { type Sha256, sha256 } from '../../src/model/digest.ts'
import { erasureOf } from '../../src/model/erasure.ts'
import {
  artefact,
  clock,
  entriesOf,
  erasureEntry,
  newEntry,
  origin,
  rejectionOf,
  signer,
  start,
  temporaryFolder,
} from '../helpers/ledger.ts'
import { tamper } from '../helpers/ledger-tamper.ts'

const newPath = () => join(temporaryFolder(), 'evidence.db')
const open = (path: string, mode: 'create' | 'write' | 'read' = 'create') => openStore({ path, origin, clock, mode })
const secret = 'Erika Mustermann, born 1964-08-12, asked for her account'

/** A store with one artefact to erase between others, and its commitment. */
async function storeWithSecret(path: string): Promise<{ store: Store; commitment: Sha256; size: number }> {
  const store = await open(path)
  onTestFinished(() => store[Symbol.asyncDispose]())
  const placed = await store.append([
    newEntry(0, { artefacts: [artefact('a', 'kept before')] }),
    newEntry(1, { artefacts: [artefact('b', secret.repeat(300))] }),
    newEntry(2, { artefacts: [artefact('c', 'kept behind')] }),
  ])
  return { store, commitment: commitmentOf(placed[1]), size: 3 }
}

function commitmentOf(entry: { artefacts: readonly { commitment: Sha256 }[] } | undefined): Sha256 {
  return entry?.artefacts[0]?.commitment ?? ('' as Sha256)
}

test('an erasure is an entry, and takes bytes, salt and digest away in the same transaction', async () => {
  const path = newPath()
  const { store, commitment, size } = await storeWithSecret(path)
  const [entry] = await store.erase([erasureEntry([{ commitment, entries: [1] }])], size)
  expect(entry).toMatchObject({ sequence: 3, kind: 'artefact.erased', facts: { artefacts: [{ commitment }] } })
  expect(await store.artefact(commitment)).toBeUndefined()
  expect(await store.erasure(commitment)).toEqual(entry)
  expect((await store.artefacts()).size).toBe(2)
  // The entry that referred to it still says what it was.
  expect((await store.entry(1))?.entry.artefacts[0]?.commitment).toBe(commitment)
  await store.checkpoint(signer)
  const result = await verifyStore({ path, publicKey: signer.publicKey })
  expect(result).toMatchObject({ verdict: 'verified', problems: [], artefacts: 2, remnants: true })
  expect(result.erasures).toEqual([entry && erasureOf(entry)])
})

test('after scrubbing neither bytes nor salt nor digest stand anywhere in the store’s files', async () => {
  const path = newPath()
  await using store = await open(path)
  // Many artefacts in random order of digest split the indexes again and again, which leaves copies of cells behind.
  const texts = Array.from({ length: 800 }, (_, n) => `record ${n} of ${secret} ${'x'.repeat((n * 37) % 3000)}`)
  const placed = await store.append(texts.map((text, n) => newEntry(n, { artefacts: [artefact('raw', text)] })))
  const victims = placed.filter((_, n) => n % 3 === 1)
  const traces = await Promise.all(
    victims.map(async (entry) => {
      const { salt = Buffer.alloc(0) } = (await store.artefact(commitmentOf(entry))) ?? {}
      const text = texts[entry.sequence] ?? ''
      return [Buffer.from(text.slice(0, 40)), Buffer.from(salt), Buffer.from(sha256(text), 'hex')]
    }),
  )
  expect(found(path, traces.flat())).toBeGreaterThan(700)
  await store.erase([erasureEntry(victims.map((e) => ({ commitment: commitmentOf(e), entries: [e.sequence] })))], 800)
  expect(await store.scrub()).toBe(true)
  expect(found(path, traces.flat())).toBe(0)
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', artefacts: 533, remnants: false })
  // The others are still there, and so are the guard rails.
  expect((await store.artefacts()).size).toBe(533)
  await store.append([newEntry(900, { artefacts: [artefact('raw', 'after')] })])
})

test('a reader in the way leaves the scrubbing to be done again, and the store says so', async () => {
  const path = newPath()
  const { store, commitment, size } = await storeWithSecret(path)
  const impatient = await openStore({ path, origin, clock, mode: 'write', lockTimeoutMs: 50 })
  onTestFinished(() => impatient[Symbol.asyncDispose]())
  const reader = connect(path, 'read', 0)
  reader.file.exec('BEGIN')
  reader.file.prepare('SELECT count(*) FROM entries').get()
  await impatient.erase([erasureEntry([{ commitment, entries: [1] }])], size)
  expect(await impatient.scrub()).toBe(false)
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', remnants: true })
  reader.file.close()
  expect(await store.scrub()).toBe(true)
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', remnants: false })
})

test('the same bytes collected again after an erasure get another commitment', async () => {
  const path = newPath()
  const { store, commitment, size } = await storeWithSecret(path)
  await store.erase([erasureEntry([{ commitment, entries: [1] }])], size)
  const [again] = await store.append([newEntry(4, { artefacts: [artefact('b', secret.repeat(300))] })])
  expect(commitmentOf(again)).not.toBe(commitment)
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', artefacts: 3 })
})

test('nothing is erased that an entry refers to which the plan has not seen', async () => {
  const path = newPath()
  const { store, commitment, size } = await storeWithSecret(path)
  await store.append([newEntry(4, { artefacts: [artefact('b', secret.repeat(300))] })])
  const before = await store.state()
  const refused = await rejectionOf(store.erase([erasureEntry([{ commitment, entries: [1] }])], size))
  expect(refused).toMatchObject({ code: 'AFD_STORE_ERASE', exitCode: 3 })
  expect(await store.state()).toEqual(before)
  expect(await store.artefact(commitment)).toBeDefined()
  await store.erase([erasureEntry([{ commitment, entries: [1, 3] }])], before.size)
  expect(await store.artefact(commitment)).toBeUndefined()
})

test('what is not there, or has been erased before, cannot be erased: all of it or nothing', async () => {
  const path = newPath()
  const { store, commitment, size } = await storeWithSecret(path)
  const unknown = { commitment: sha256('unknown'), entries: [1] }
  const both = erasureEntry([{ commitment, entries: [1] }, unknown])
  expect(await rejectionOf(store.erase([both], size))).toMatchObject({ code: 'AFD_STORE_ERASE' })
  expect(await store.artefact(commitment)).toBeDefined()
  expect(await entriesOf(store)).toHaveLength(3)
  await store.erase([erasureEntry([{ commitment, entries: [1] }])], size)
  const again = await rejectionOf(store.erase([erasureEntry([{ commitment, entries: [1] }])], size + 1))
  expect(again).toMatchObject({ code: 'AFD_STORE_ERASE' })
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: 4 })
})

test('the file itself refuses to lose bytes without an entry that says so', async () => {
  const path = newPath()
  const { store, commitment } = await storeWithSecret(path)
  await store[Symbol.asyncDispose]()
  const file = new Database(path)
  onTestFinished(() => void file.close())
  const key = Buffer.from(commitment, 'hex')
  const remove = () => file.prepare('DELETE FROM blobs WHERE commitment = ?').run(key)
  const claim = (entry: number) =>
    file.prepare('INSERT INTO erasures (commitment, entry) VALUES (?, ?)').run(key, entry)
  expect(remove).toThrow(/DELETE on blobs is refused/)
  // Neither an entry of another kind will do, nor one that is not there.
  expect(() => claim(1)).toThrow(/an erasure needs an entry/)
  expect(() => claim(7)).toThrow(/an erasure needs an entry/)
  expect(() => file.exec('UPDATE blobs SET size = 0')).toThrow(/UPDATE on blobs is refused/)
})

test('scrubbing leaves the process free for other work', async () => {
  const path = newPath()
  const { store, commitment, size } = await storeWithSecret(path)
  await store.append([newEntry(9, { artefacts: [artefact('large', 'x'.repeat(30_000_000))] })])
  await store.erase([erasureEntry([{ commitment, entries: [1] }])], size)
  const before = performance.eventLoopUtilization()
  expect(await store.scrub()).toBe(true)
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5)
  await store[Symbol.asyncDispose]()
})

test('an erasure that is recorded cannot be taken back or put somewhere else', async () => {
  const path = newPath()
  const { store, commitment, size } = await storeWithSecret(path)
  const { salt = Buffer.alloc(0), bytes = Buffer.alloc(0) } = (await store.artefact(commitment)) ?? {}
  await store.erase([erasureEntry([{ commitment, entries: [1] }])], size)
  await store[Symbol.asyncDispose]()
  const file = new Database(path)
  onTestFinished(() => void file.close())
  expect(() => file.exec('DELETE FROM erasures')).toThrow(/DELETE on erasures is refused/)
  expect(() => file.exec('UPDATE erasures SET entry = 1')).toThrow(/UPDATE on erasures is refused/)
  const back = file.prepare('INSERT INTO blobs (commitment, sha256, salt, size, bytes) VALUES (?, ?, ?, ?, ?)')
  expect(() => back.run(Buffer.from(commitment, 'hex'), Buffer.alloc(32), salt, bytes.length, bytes)).toThrow(
    /never comes back/,
  )
})

test('verification tells an erasure from tampering: bytes gone without an entry, claims without one, deeds not done', async () => {
  const cases: [string, (commitment: string) => Parameters<typeof tamper>[1][]][] = [
    ['artefact-missing', () => ['DELETE FROM blobs WHERE id = 1']],
    ['erasure-unlisted', () => ['DELETE FROM erasures']],
    ['erasure-unlisted', () => ['UPDATE erasures SET entry = 2']],
    ['artefact-missing', () => ['UPDATE erasures SET commitment = zeroblob(32)']],
    ['erasure-unfounded', () => ['UPDATE erasures SET commitment = zeroblob(32)']],
    [
      'erasure-unfounded',
      () => ['INSERT INTO erasures SELECT commitment, 3 FROM blobs WHERE id = 1', 'DELETE FROM blobs WHERE id = 1'],
    ],
    [
      'erasure-undone',
      (commitment) => [
        [
          'INSERT INTO blobs (commitment, sha256, salt, size, bytes) VALUES (?, ?, ?, 1, ?)',
          ...[Buffer.from(commitment, 'hex'), Buffer.alloc(32), Buffer.alloc(32), Buffer.alloc(1)],
        ],
      ],
    ],
  ]
  for (const [code, statements] of cases) {
    const path = newPath()
    const { store, commitment, size } = await storeWithSecret(path)
    await store.erase([erasureEntry([{ commitment, entries: [1] }])], size)
    await store[Symbol.asyncDispose]()
    tamper(path, ...statements(commitment))
    const { verdict, problems } = await verifyStore({ path })
    expect(verdict).toBe('refused')
    expect(problems.map((problem) => problem.code)).toContain(code)
  }
})

test('an entry that refers to what was erased before it was written is accused', async () => {
  const path = newPath()
  const { store, commitment, size } = await storeWithSecret(path)
  const [erased] = await store.erase([erasureEntry([{ commitment, entries: [1] }])], size)
  await store.append([newEntry(9)])
  await store[Symbol.asyncDispose]()
  // As if the erasure had come first.
  tamper(path, ['UPDATE erasures SET entry = 0'])
  const { problems } = await verifyStore({ path })
  expect(problems.map(({ code, entry }) => [code, entry])).toEqual(
    expect.arrayContaining([
      ['artefact-missing', 1],
      ['erasure-unlisted', erased?.sequence],
    ]),
  )
})

test('a backup has what was erased no more, even before the store was scrubbed, and one made earlier still has it', async () => {
  const path = newPath()
  const { store, commitment, size } = await storeWithSecret(path)
  const signal = AbortSignal.timeout(30_000)
  const copy = async (name: string) => {
    const target = `${path}.${name}`
    await store.checkpoint(signer)
    return await backupStore({ path, target, publicKey: signer.publicKey, signal })
  }
  const earlier = await copy('earlier')
  await store.erase([erasureEntry([{ commitment, entries: [1] }])], size)
  const later = await copy('later')
  expect(later).toMatchObject({ verdict: 'verified', artefacts: 2, remnants: false })
  expect(readFileSync(later.path).includes(secret)).toBe(false)
  expect(readFileSync(earlier.path).includes(secret)).toBe(true)
})

test('whatever is erased in whatever order, the rest is whole and the ledger verifies', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat({ max: 6 }), { maxLength: 3 }), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat({ max: 6 }), { maxLength: 4 }),
      async (entries, erased) => {
        const path = newPath()
        await using store = await open(path)
        const placed = await store.append(
          entries.map((texts, n) =>
            newEntry(n, { artefacts: [...new Set(texts)].map((text) => artefact(`${text}`, `text ${text}`)) }),
          ),
        )
        for (const text of new Set(erased)) {
          const name = String(text)
          const referring = placed.filter(({ artefacts }) => artefacts.some((each) => each.name === name))
          const commitment = referring[0]?.artefacts.find((each) => each.name === name)?.commitment
          if (commitment === undefined) continue
          const { size } = await store.state()
          await store.erase([erasureEntry([{ commitment, entries: referring.map((e) => e.sequence) }])], size)
        }
        await store.scrub()
        for (const { name, commitment } of placed.flatMap(({ artefacts }) => artefacts)) {
          const text = (await store.artefact(commitment))?.bytes
          expect(text && Buffer.from(text).toString()).toBe(erased.includes(Number(name)) ? undefined : `text ${name}`)
        }
        expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', problems: [] })
      },
    ),
    { numRuns: 15 },
  )
})

test('erasures are told with their day, policy and entry', () => {
  const entry = { ...erasureEntry([]), version: 1, origin, sequence: 7, artefacts: [] } as const
  expect(erasureOf(entry)).toMatchObject({ entry: 7, at: start, policy: 'raw-90', basis: 'contract 4.2', artefacts: 0 })
})

/** How many of the traces stand in any of the store's files. */
function found(path: string, traces: readonly Buffer[]): number {
  const folder = join(path, '..')
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
  return traces.filter((trace) => files.some((file) => file.includes(trace))).length
}
