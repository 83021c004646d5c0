import { describe, expect, onTestFinished, test } from 'vitest'
import { parseTreeHead } from '../../src/ledger/checkpoint.ts'
import { leafHash, treeHash } from '../../src/ledger/merkle.ts'
import { keyId, parseNote, verifyNote } from '../../src/ledger/note.ts'
import { verifyConsistency, verifyInclusion } from '../../src/ledger/proof.ts'
import { unfinishedRuns } from '../../src/ledger/runs.ts'
import type { Store } from '../../src/ledger/store.ts'
import { canonicalJson, type Sha256, sha256 } from '../../src/model/digest.ts'
import type { Json } from '../../src/model/json.ts'
import { later } from '../../src/model/time.ts'
import {
  artefact,
  entriesOf,
  newEntries,
  newEntry,
  origin,
  otherSigner,
  rejectionOf,
  signer,
  start,
} from '../helpers/ledger.ts'

/** How a suite gets at one kind of store: a fresh one, and the same one once more. */
export type StoreKind = {
  readonly name: string
  create(): Promise<{ store: Store; reopen(mode: 'write' | 'read'): Promise<Store> }>
}

/** What every store keeps, whatever it is made of. */
export function describeStore(kind: StoreKind): void {
  describe(kind.name, () => {
    const open = async () => {
      const made = await kind.create()
      onTestFinished(() => made.store[Symbol.asyncDispose]())
      return made
    }

    test('a new ledger is empty and says so', async () => {
      const { store } = await open()
      expect(await store.state()).toEqual({ origin, size: 0, root: sha256(''), checkpoint: null })
      expect(await entriesOf(store)).toEqual([])
      expect(await store.entry(0)).toBeUndefined()
      expect(await store.checkpoints()).toEqual([])
    })

    test('entries get their place, their origin and their commitments from the ledger', async () => {
      const { store } = await open()
      expect(await store.append([])).toEqual([])
      await store.append(newEntries(2))
      const [entry] = await store.append([newEntry(2, { artefacts: [artefact('http-001.txt', 'GET /')] })])
      expect(entry).toMatchObject({ version: 1, origin, sequence: 2, subject: 'api-2.example.test:443' })
      expect(entry?.artefacts).toEqual([
        { name: 'http-001.txt', mediaType: 'text/plain', size: 5, commitment: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ])
      expect(await entriesOf(store, { after: 1 })).toEqual([entry])
    })

    test('a run that must be new is refused where the ledger has it already, and nothing of it is kept', async () => {
      const { store, reopen } = await open()
      const first = newEntry(0, { run: 'AER-2026-Q3-0001' })
      await store.append([first], { newRun: true })
      await using other = await reopen('write')
      const again = [newEntry(1, { run: 'AER-2026-Q3-0002' }), newEntry(2, { run: 'AER-2026-Q3-0001' })]
      expect(await rejectionOf(other.append(again, { newRun: true }))).toMatchObject({ code: 'AFD_STORE_RUN_TAKEN' })
      expect(await entriesOf(other)).toHaveLength(1)
      await other.append(again)
      expect(await entriesOf(store)).toHaveLength(3)
    })

    test('the bytes of an entry are its canonical JSON, and the root is RFC 9162 over them', async () => {
      const { store } = await open()
      await store.append(newEntries(5))
      await store.append(newEntries(4, 5))
      const leaves: Uint8Array[] = []
      for await (const { entry, bytes } of store.entries()) {
        expect(Buffer.from(bytes).toString()).toBe(canonicalJson(entry as unknown as Json))
        leaves.push(leafHash(bytes))
      }
      const root = Buffer.from(treeHash(leaves)).toString('hex')
      expect(await store.state()).toMatchObject({ size: 9, root })
    })

    test('the root stays right over many tiles and uneven batches', async () => {
      const { store } = await open()
      let size = 0
      for (const count of [255, 1, 1, 300, 512, 7]) {
        await store.append(newEntries(count, size))
        size += count
      }
      const leaves: Uint8Array[] = []
      for await (const { bytes } of store.entries()) leaves.push(leafHash(bytes))
      expect(await store.state()).toMatchObject({ size, root: Buffer.from(treeHash(leaves)).toString('hex') })
      // Signing recomputes the tree from its tiles.
      expect(await store.checkpoint(signer)).toMatchObject({ size })
    })

    test('an artefact comes back with the salt that makes its commitment', async () => {
      const { store } = await open()
      const [entry] = await store.append([newEntry(0, { artefacts: [artefact('a', 'hello')] })])
      const commitment = entry?.artefacts[0]?.commitment ?? ('' as Sha256)
      const found = await store.artefact(commitment)
      expect(Buffer.from(found?.bytes ?? []).toString()).toBe('hello')
      expect(found?.salt).toHaveLength(32)
      expect(sha256(found?.salt ?? '', found?.bytes ?? '')).toBe(commitment)
      expect(await store.artefact(sha256('unknown'))).toBeUndefined()
    })

    test('the same bytes are kept once, under one commitment; other bytes get another salt', async () => {
      const { store } = await open()
      const [first] = await store.append([
        newEntry(0, { artefacts: [artefact('a', 'same'), artefact('b', 'same'), artefact('c', 'other')] }),
      ])
      const [second] = await store.append([newEntry(1, { artefacts: [artefact('d', 'same'), artefact('e', '')] })])
      const [a, b, c] = first?.artefacts.map(({ commitment }) => commitment) ?? []
      const [d, e] = second?.artefacts.map(({ commitment }) => commitment) ?? []
      expect([b, d]).toEqual([a, a])
      expect(new Set([a, c, e]).size).toBe(3)
      const salts = await Promise.all([a, c].map((each) => store.artefact(each ?? ('' as Sha256))))
      expect(salts[0]?.salt).not.toEqual(salts[1]?.salt)
    })

    test('a batch with one entry that cannot be written leaves nothing behind', async () => {
      const { store } = await open()
      await store.append(newEntries(3))
      const before = await store.state()
      const broken = newEntry(5, { facts: { n: Number.NaN }, artefacts: [artefact('a', 'orphan')] })
      expect(await rejectionOf(store.append([newEntry(4), broken]))).toBeInstanceOf(TypeError)
      expect(await store.state()).toEqual(before)
      expect(await entriesOf(store)).toHaveLength(3)
      await store.append([newEntry(4)])
      expect(await entriesOf(store)).toHaveLength(4)
    })

    test('appends that are made at the same time all arrive, each of them whole', async () => {
      const { store } = await open()
      const batches = Array.from({ length: 20 }, (_, n) =>
        newEntries(7).map((entry) => ({ ...entry, run: `run-${n}` })),
      )
      await Promise.all(batches.map((batch) => store.append(batch)))
      const entries = await entriesOf(store)
      expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 140 }, (_, index) => index))
      for (const [n] of batches.entries()) {
        const places = entries.filter(({ run }) => run === `run-${n}`).map(({ sequence }) => sequence)
        expect(places).toEqual(Array.from({ length: 7 }, (_, index) => (places[0] ?? 0) + index))
      }
    })

    describe('queries', () => {
      const filled = async () => {
        const { store } = await open()
        await store.append([
          newEntry(0, { kind: 'run.started', component: null, target: null }),
          newEntry(1, { target: 'shop/gateway/other' }),
          newEntry(2, { kind: 'tls.certificate' }),
          newEntry(3, { component: 'shop/login', run: 'run-2' }),
          newEntry(4, { run: 'run-2' }),
        ])
        return async (query: Parameters<Store['entries']>[0]) =>
          (await entriesOf(store, query)).map(({ sequence }) => sequence)
      }
      test.each([
        [{}, [0, 1, 2, 3, 4]],
        [{ order: 'desc' }, [4, 3, 2, 1, 0]],
        [{ from: later(start, 1000), to: later(start, 3000) }, [1, 2]],
        [{ from: later(start, 3001) }, [4]],
        [{ to: start }, []],
        [{ kinds: ['tls.protocol'] }, [1, 3, 4]],
        [{ kinds: ['run.started', 'tls.certificate'] }, [0, 2]],
        [{ kinds: ['unknown', 'tls.certificate'], order: 'desc' }, [2]],
        [{ kinds: [] }, []],
        [{ component: 'shop/login' }, [3]],
        [{ target: 'shop/gateway/other' }, [1]],
        [{ run: 'run-2' }, [3, 4]],
        [{ run: 'run-2', kinds: ['tls.protocol'], order: 'desc', limit: 1 }, [4]],
        [{ after: 2 }, [3, 4]],
        [{ after: 2, order: 'desc' }, [1, 0]],
        [{ after: 4 }, []],
        [{ limit: 2 }, [0, 1]],
        [{ limit: 0 }, []],
      ] as const)('%j finds %j', async (query, expected) => {
        const find = await filled()
        expect(await find(query)).toEqual(expected)
      })
    })

    test('pages follow each other without a gap or a repetition, in both directions', async () => {
      const { store } = await open()
      await store.append(newEntries(1003))
      const all = Array.from({ length: 1003 }, (_, index) => index)
      expect((await entriesOf(store)).map(({ sequence }) => sequence)).toEqual(all)
      expect((await entriesOf(store, { order: 'desc' })).map(({ sequence }) => sequence)).toEqual(all.toReversed())
      expect(await entriesOf(store, { limit: 600 })).toHaveLength(600)
    })

    test('what is appended while somebody reads does not appear in what they read', async () => {
      const { store } = await open()
      await store.append(newEntries(3))
      const seen: number[] = []
      for await (const { entry } of store.entries()) {
        seen.push(entry.sequence)
        await store.append([newEntry(100)])
      }
      expect(seen).toEqual([0, 1, 2])
    })

    test('reading may stop half-way', async () => {
      const { store } = await open()
      await store.append(newEntries(600))
      for await (const { entry } of store.entries()) if (entry.sequence === 10) break
      await store.append(newEntries(1))
      expect(await store.state()).toMatchObject({ size: 601 })
    })

    describe('checkpoints', () => {
      test('a checkpoint states size and root, signed as a note', async () => {
        const { store } = await open()
        await store.append(newEntries(3))
        const checkpoint = await store.checkpoint(signer)
        const { root } = await store.state()
        expect(checkpoint).toEqual({ size: 3, root, note: checkpoint.note, created: start })
        const { text, signatures } = verifyNote(checkpoint.note, [signer])
        expect(parseTreeHead(text)).toEqual({ origin, size: 3, root: Buffer.from(root, 'hex') })
        expect(signatures).toMatchObject([{ name: origin, keyId: keyId(signer) }])
      })

      test('the newest one is part of the state, all of them are kept', async () => {
        const { store, reopen } = await open()
        const empty = await store.checkpoint(signer)
        await store.append(newEntries(3))
        const full = await store.checkpoint(signer)
        expect((await store.state()).checkpoint).toBe(full.note)
        expect(await store.checkpoints()).toEqual([empty, full])
        await using again = await reopen('read')
        expect(await again.checkpoints()).toEqual([empty, full])
      })

      test('nothing new to state is stated once, but another key may state it too', async () => {
        const { store } = await open()
        await store.append(newEntries(3))
        expect(await store.checkpoint(signer)).toEqual(await store.checkpoint(signer))
        await store.checkpoint(otherSigner)
        expect(await store.checkpoints()).toHaveLength(2)
      })

      test('the ledger may grow while a slow key signs', async () => {
        const { store } = await open()
        await store.append(newEntries(3))
        const slow = {
          ...signer,
          sign: async (bytes: Uint8Array) => {
            await store.append(newEntries(2, 3))
            return await signer.sign(bytes)
          },
        }
        expect(await store.checkpoint(slow)).toMatchObject({ size: 3 })
        expect(await store.state()).toMatchObject({ size: 5 })
        expect(parseTreeHead(parseNote((await store.checkpoint(signer)).note).text).size).toBe(5)
      })

      test('a key that fails leaves no checkpoint', async () => {
        const { store } = await open()
        const failure = Object.assign(new Error('the key file may not be read'), { code: 'EACCES' })
        const failing = { ...signer, sign: async () => await Promise.reject(failure) }
        // As it is: not blamed on the store.
        expect(await rejectionOf(store.checkpoint(failing))).toBe(failure)
        expect(await store.checkpoints()).toEqual([])
      })
    })

    describe('runs', () => {
      test('one at a time, also by way of another connection', async () => {
        const { store, reopen } = await open()
        await using other = await reopen('write')
        const lock = await store.lockRuns()
        expect(await rejectionOf(store.lockRuns())).toMatchObject({ code: 'AFD_STORE_RUN_IN_PROGRESS', exitCode: 3 })
        expect(await rejectionOf(other.lockRuns())).toMatchObject({ code: 'AFD_STORE_RUN_IN_PROGRESS' })
        await lock[Symbol.asyncDispose]()
        await (await other.lockRuns())[Symbol.asyncDispose]()
      })

      test('the right to run does not keep others from reading and writing', async () => {
        const { store, reopen } = await open()
        await using _lock = await store.lockRuns()
        await using other = await reopen('write')
        await other.append(newEntries(1))
        expect(await entriesOf(store)).toHaveLength(1)
      })

      test('unfinished runs are those with a start and no end', async () => {
        const { store } = await open()
        const own = (kind: string, run: string) => newEntry(0, { kind, run, component: null, target: null })
        await store.append([
          own('run.started', 'a'),
          own('run.finished', 'a'),
          own('run.started', 'b'),
          own('run.started', 'c'),
          own('run.interrupted', 'c'),
          own('run.started', 'd'),
        ])
        expect((await unfinishedRuns(store)).map(({ run }) => run)).toEqual(['b', 'd'])
      })
    })

    test('everything is there when the store is opened again', async () => {
      const { store, reopen } = await open()
      const written = await store.append([newEntry(0, { artefacts: [artefact('a', 'kept')] }), newEntry(1)])
      await store.checkpoint(signer)
      const state = await store.state()
      await using again = await reopen('write')
      expect(await again.state()).toEqual(state)
      expect(await entriesOf(again)).toEqual(written)
      expect(await again.append([newEntry(2)])).toMatchObject([{ sequence: 2 }])
    })

    test('a time stamp is kept once, over a checkpoint that the store has, and comes back with it', async () => {
      const { store, reopen } = await open()
      await store.append(newEntries(2))
      const { note } = await store.checkpoint(signer)
      expect(await store.timestamps()).toEqual([])
      const [first, second] = [Buffer.from('a token'), Buffer.from('another token')]
      const kept = await store.keepTimestamp({ note, token: first })
      expect(kept).toEqual({ note, token: first, received: start })
      expect(await store.keepTimestamp({ note, token: first })).toEqual(kept)
      await store.keepTimestamp({ note, token: second })
      await using reader = await reopen('read')
      expect((await reader.timestamps()).map(({ token }) => Buffer.from(token))).toEqual([first, second])
      const unknown = store.keepTimestamp({ note: `${note}\n`, token: first })
      expect(await rejectionOf(unknown)).toMatchObject({ code: 'AFD_STORE_NO_CHECKPOINT', exitCode: 3 })
      expect(await rejectionOf(reader.keepTimestamp(kept))).toMatchObject({ code: 'AFD_STORE_READ_ONLY' })
    })

    test('a store opened for reading shows everything and takes nothing', async () => {
      const { store, reopen } = await open()
      await store.append(newEntries(2))
      await using reader = await reopen('read')
      expect(await entriesOf(reader)).toHaveLength(2)
      for (const work of [reader.append(newEntries(1)), reader.checkpoint(signer), reader.lockRuns()]) {
        expect(await rejectionOf(work)).toMatchObject({ code: 'AFD_STORE_READ_ONLY', exitCode: 3 })
      }
      await store.append(newEntries(1, 2))
      expect(await entriesOf(reader)).toHaveLength(3)
    })

    test('each entry is proved in the ledger of any size, and each ledger to be the beginning of a later one', async () => {
      const { store } = await open()
      await store.append(newEntries(7))
      const early = await store.state()
      await store.append(newEntries(6, 7))
      const { size, root } = await store.state()
      for await (const { entry, bytes } of store.entries()) {
        const path = await store.inclusionProof(entry.sequence, size)
        expect(verifyInclusion(leafHash(bytes), entry.sequence, size, path, Buffer.from(root, 'hex'))).toBe(true)
      }
      const [before, after] = [Buffer.from(early.root, 'hex'), Buffer.from(root, 'hex')]
      expect(verifyConsistency(7, size, await store.consistencyProof(7, size), before, after)).toBe(true)
      expect(verifyConsistency(7, size, await store.consistencyProof(6, size), before, after)).toBe(false)
      expect(await rejectionOf(store.inclusionProof(size, size))).toBeInstanceOf(RangeError)
      expect(await rejectionOf(store.inclusionProof(0, size + 1))).toMatchObject({ code: 'AFD_LEDGER_INCOMPLETE' })
    })
  })
}
