import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { stampCheck } from '../../src/app/timestamper.ts'
import { openStore } from '../../src/ledger/open.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import type { Sha256 } from '../../src/model/digest.ts'
import {
  clock,
  entriesOf,
  erasureEntry,
  newEntries,
  origin,
  signer,
  start,
  temporaryFolder,
} from '../helpers/ledger.ts'

/**
 * Stores as earlier versions wrote them: 260 entries, one artefact, checkpoints at 3 and at 260, from schema 3 on with a
 * time stamp over the second one, by an authority whose root lies beside it. Never made again.
 */
const versions = ['store-v1.db.gz', 'store-v3.db.gz']
const root = '06f860964d2f24b6cdc48b7a05bf18c990f6920fb62b9d69b9bc730add6dafb3'

test.each(versions)('%s still verifies as it is', async (name) => {
  const path = unpacked(name)
  const result = await verifyStore({ path, publicKey: signer.publicKey, checkStamp })
  expect(result).toMatchObject({ verdict: 'verified', entries: 260, artefacts: 1, checkpoints: 2, root, unsigned: 0 })
  const bound = {
    size: 260,
    time: start,
    accuracyMs: 1000,
    authority: 'CN=Test TSA',
    anchored: true,
    policy: '1.2.3.4.1',
  }
  expect(result).toMatchObject({ bounds: name === 'store-v1.db.gz' ? [] : [bound], contradictions: [] })
})

test.each(versions)('%s opens, has what it had, grows, and verifies again', async (name) => {
  const path = unpacked(name)
  {
    await using store = await openStore({ path, origin, clock, mode: 'write' })
    expect(await store.state()).toMatchObject({ size: 260, root })
    const entries = await entriesOf(store)
    expect(entries).toHaveLength(260)
    const { commitment } = entries.at(-1)?.artefacts[0] ?? {}
    const artefact = await store.artefact(commitment as Sha256)
    expect(Buffer.from(artefact?.bytes ?? []).toString()).toBe('GET / HTTP/1.1')
    await store.append(newEntries(300, 260))
    await store.checkpoint(signer)
  }
  const result = await verifyStore({ path, publicKey: signer.publicKey, checkStamp })
  expect(result).toMatchObject({ verdict: 'verified', entries: 560, checkpoints: 3, unsigned: 0 })
})

const authority = readFileSync(resolve(import.meta.dirname, '../fixtures/ledger/store-v3.authority.pem'))
const checkStamp = stampCheck([authority], async () => ({ ocsps: [], crls: [] }))

test.each(versions)('what %s holds can be erased, once it is brought up to date', async (name) => {
  const path = unpacked(name)
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  const { commitment } = (await entriesOf(store)).at(-1)?.artefacts[0] ?? {}
  await store.erase([erasureEntry([{ commitment: commitment as Sha256, entries: [259] }])], 260)
  expect(await store.scrub()).toBe(true)
  expect(readFileSync(path).includes('GET / HTTP/1.1')).toBe(false)
  await store.checkpoint(signer)
  const result = await verifyStore({ path, publicKey: signer.publicKey, checkStamp })
  expect(result).toMatchObject({ verdict: 'verified', entries: 261, artefacts: 0, erasures: [{ entry: 260 }] })
})

function unpacked(name: string): string {
  const path = `${temporaryFolder()}/store.db`
  const packed = readFileSync(resolve(import.meta.dirname, '../fixtures/ledger', name))
  writeFileSync(path, gunzipSync(packed), { mode: 0o600 })
  return path
}
