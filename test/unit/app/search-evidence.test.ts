import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { searchEvidence } from '../../../src/app/search-evidence.ts'
import { openStore } from '../../../src/ledger/open.ts'
import type { Store } from '../../../src/ledger/store.ts'
import type { Artefact } from '../../../src/model/evidence.ts'
import { clock, erasureEntry, newEntry, origin, rejectionOf, temporaryFolder } from '../../helpers/ledger.ts'
import { tamper } from '../../helpers/ledger-tamper.ts'

const name = 'Erika Müstermann'
const signal = new AbortController().signal
const raw = (file: string, bytes: Uint8Array | string): Artefact => ({
  ...{ name: file, mediaType: 'text/plain', bytes: Buffer.from(bytes) },
})

async function stored(path: string, artefacts: readonly Artefact[]): Promise<Store> {
  const store = await openStore({ path, origin, clock, mode: 'create' })
  await store.append([newEntry(0, { artefacts }), newEntry(1, { facts: { user: name, other: 'Erika' } }), newEntry(2)])
  return store
}

const files = (found: { readonly artefacts: readonly { readonly name: string }[] }) =>
  found.artefacts.map((artefact) => artefact.name)

test('entries that say a text and artefacts that hold it are found, in text of every encoding and in gzip', async () => {
  const path = join(temporaryFolder(), 'evidence.db')
  await using store = await stored(path, [
    raw('utf-8', `GET /?name=${encodeURIComponent(name)}`),
    raw('latin-1', Buffer.from(`name: ${name.toUpperCase()}`, 'latin1')),
    raw('utf-16', Buffer.from(`name: ${name}`, 'utf16le')),
    raw('packed', gzipSync(Buffer.concat([randomBytes(3_000_000), Buffer.from(name), randomBytes(100)]))),
    raw('other', 'Erika Mustermann'),
    raw('broken', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from(name)])),
  ])
  await store.append([newEntry(3, { artefacts: [raw('again', `GET /?name=${encodeURIComponent(name)}`)] })])
  const found = await searchEvidence(store, [name], signal)
  expect(files(found)).toEqual(['utf-8', 'latin-1', 'utf-16', 'packed', 'broken'])
  expect(found.artefacts[0]).toMatchObject({ mediaType: 'text/plain', entries: [0, 3] })
  expect(found.entries).toMatchObject([{ entry: 1, kind: 'tls.protocol', members: ['facts.user'] }])
  expect(found).toMatchObject({ more: 0, searched: { entries: 4, artefacts: 6 }, unreadable: [{ name: 'broken' }] })
  expect(JSON.stringify(found)).not.toContain('Erika')
})

test('a text is found wherever it stands, also over the border of what is read at a time', async () => {
  const path = join(temporaryFolder(), 'evidence.db')
  const around = fc.integer({ min: (1 << 20) - 40, max: (1 << 20) + 40 })
  await fc.assert(
    fc.asyncProperty(around, fc.boolean(), async (before, packed) => {
      const bytes = Buffer.concat([randomBytes(before), Buffer.from(name), randomBytes(1000)])
      await using store = await stored(path, [raw('at', packed ? gzipSync(bytes, { level: 0 }) : bytes)])
      expect(files(await searchEvidence(store, [name], signal))).toContain('at')
    }),
    { numRuns: 10 },
  )
})

test('what was erased is not found any more, and what was altered is named as not read', async () => {
  const path = join(temporaryFolder(), 'evidence.db')
  const store = await stored(path, [raw('erased', name), raw('altered', `${name}, too`)])
  const [first] = (await searchEvidence(store, [name], signal)).artefacts
  await store.erase([erasureEntry([{ commitment: first?.commitment ?? '', entries: [0] }])], 3)
  await store[Symbol.asyncDispose]()
  tamper(path, "UPDATE blobs SET bytes = x'00', size = 1")
  await using reader = await openStore({ path, origin, clock, mode: 'read' })
  const found = await searchEvidence(reader, [name], signal)
  expect(found).toMatchObject({
    artefacts: [],
    searched: { artefacts: 0 },
    unreadable: [{ entry: 0, name: 'altered' }],
  })
})

test('searching changes nothing in the store', async () => {
  const path = join(temporaryFolder(), 'evidence.db')
  await (await stored(path, [raw('a', name)]))[Symbol.asyncDispose]()
  const before = readFileSync(path)
  await using store = await openStore({ path, origin, clock, mode: 'read' })
  expect(files(await searchEvidence(store, ['nobody of this name', name], signal))).toEqual(['a'])
  expect(readFileSync(path)).toEqual(before)
})

test('texts that are too short or too long are refused without being repeated, and a search can be stopped', async () => {
  await using store = await stored(join(temporaryFolder(), 'evidence.db'), [raw('a', name)])
  for (const texts of [[], ['Qz'], [name, ' Qz '], ['Qz'.repeat(300)]]) {
    const refusal = await rejectionOf(searchEvidence(store, texts, signal))
    expect(refusal).toMatchObject({ code: 'AFD_SEARCH_TEXT', exitCode: 2, hint: expect.any(String) })
    expect(String(refusal)).not.toContain('Qz')
  }
  const reason = new Error('enough')
  expect(await rejectionOf(searchEvidence(store, [name], AbortSignal.abort(reason)))).toBe(reason)
})
