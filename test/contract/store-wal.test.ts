import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseTreeHead, type TreeHead } from '../../src/ledger/checkpoint.ts'
import { leafHash, treeHash } from '../../src/ledger/merkle.ts'
import { parseNote } from '../../src/ledger/note.ts'
import { openStore } from '../../src/ledger/open.ts'
import type { Store } from '../../src/ledger/store.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import { clock, newEntries, origin, otherSigner, persistentFolder, signer, temporaryFolder } from '../helpers/ledger.ts'

const { publicKey } = signer
const folder = persistentFolder()
afterAll(folder.remove)

/** A store as it lies on the disk while it is open: what was committed last stands in the write-ahead log only. */
type Files = { readonly main: Buffer; readonly log: Buffer }

let older: Files
let newer: Files
let foreign: Files
let leaves: readonly Uint8Array[]
/** The newest checkpoint, as somebody may have kept it. */
let kept: TreeHead

beforeAll(async () => {
  const path = join(folder.path, 'evidence.db')
  await using store = await openStore({ path, origin, clock, mode: 'create' })
  await grown(store, 0, 40)
  older = filesOf(path)
  kept = await grown(store, 40, 70)
  newer = filesOf(path)
  const found: Uint8Array[] = []
  for await (const { bytes } of store.entries()) found.push(leafHash(bytes))
  leaves = found
  const other = join(folder.path, 'other.db')
  await using otherStore = await openStore({ path: other, origin, clock, mode: 'create' })
  await grown(otherStore, 500, 560, otherSigner)
  foreign = filesOf(other)
})

test('what the write-ahead log alone holds is verified like everything else', async () => {
  expect(await judge(newer)).toMatchObject({ verdict: 'verified', entries: 70, since: 'verified' })
})

test.each([
  ['an older one', () => older.log],
  ['that of another store', () => foreign.log],
  ['one cut in the middle', () => newer.log.subarray(0, newer.log.length / 2)],
  [
    'one with a piece cut out',
    () => Buffer.concat([newer.log.subarray(0, 32 + 4 * 4120), newer.log.subarray(32 + 9 * 4120)]),
  ],
  ['one whose last frames were swapped', () => swapped(newer.log)],
  ['noise', () => Buffer.from(newer.log.map((byte, index) => (index < 32 ? byte : (index * 31) % 251)))],
  ['none', () => undefined],
])(
  '%s in place of the write-ahead log leaves an earlier state or is refused, and a kept checkpoint tells',
  async (_, log) => {
    const { verdict, entries, root, since } = await judge({ main: newer.main, log: log() })
    if (verdict === 'verified') expect(root).toBe(rootOf(entries))
    // Where only the row of the newest checkpoint is gone, the entries that it states are all there.
    expect({ entries, since }).toEqual({
      entries,
      since: verdict === 'verified' && entries === 70 ? 'verified' : 'refused',
    })
  },
)

test('a flipped byte in the write-ahead log changes nothing, takes back the newest commits, or is refused', async () => {
  const states = new Set<string>()
  for (let offset = 0; offset < newer.log.length; offset += 1201) {
    const log = Buffer.from(newer.log)
    log[offset] = (log[offset] ?? 0) ^ (1 << (offset % 8))
    const { verdict, entries, root, since } = await judge({ main: newer.main, log })
    if (verdict === 'verified') {
      expect({ offset, root }).toEqual({ offset, root: rootOf(entries) })
      expect({ offset, since }).toEqual({ offset, since: entries === 70 ? 'verified' : 'refused' })
    }
    states.add(verdict === 'verified' ? `${entries} entries` : verdict)
  }
  // Without a kept checkpoint nobody could tell: that is what keeping one is for.
  expect(states.size).toBeGreaterThan(1)
})

/** What verification says of the files, alone and beside the kept checkpoint. */
async function judge({ main, log }: { readonly main: Buffer; readonly log: Buffer | undefined }) {
  const verify = async (since?: TreeHead) => {
    const path = join(temporaryFolder(), 'evidence.db')
    writeFileSync(path, main)
    if (log) writeFileSync(`${path}-wal`, log)
    return await verifyStore({ path, publicKey, ...(since ? { since } : {}) })
  }
  const { verdict, entries, root } = await verify()
  return { verdict, entries, root, since: (await verify(kept)).verdict }
}

function rootOf(size: number): string {
  return Buffer.from(treeHash(leaves.slice(0, size))).toString('hex')
}

async function grown(store: Store, from: number, to: number, key = signer): Promise<TreeHead> {
  for (let at = from; at < to; at += 10) await store.append(newEntries(10, at))
  return parseTreeHead(parseNote((await store.checkpoint(key)).note).text)
}

function filesOf(path: string): Files {
  const copy = `${path}.copy`
  copyFileSync(path, copy)
  const main = readFileSync(copy)
  rmSync(copy)
  expect(existsSync(`${path}-wal`)).toBe(true)
  return { main, log: readFileSync(`${path}-wal`) }
}

/** Frames of 24 bytes and a page. */
function swapped(log: Buffer): Buffer {
  const frame = 24 + 4096
  const last = log.length - frame
  return Buffer.concat([log.subarray(0, last - frame), log.subarray(last), log.subarray(last - frame, last)])
}
