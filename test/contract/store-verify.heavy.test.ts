import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openStore } from '../../src/ledger/open.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import type { StampCheck } from '../../src/ledger/verify-timestamps.ts'
import { sha256 } from '../../src/model/digest.ts'
import { clock, origin, signer, start, temporaryFolder } from '../helpers/ledger.ts'
import { makeSampleStore } from '../helpers/ledger-tamper.ts'

const { publicKey } = signer

test('no flipped byte of a whole store gets by unless it is of no consequence', async () => {
  const path = join(temporaryFolder(), 'evidence.db')
  await makeSampleStore(path, 20)
  await stampNewest(path)
  shrink(path)
  const before = contentOf(path)
  const sample = readFileSync(path)
  const missed: number[] = []
  for (const offset of sample.keys()) {
    const changed = Buffer.from(sample)
    changed[offset] = (changed[offset] ?? 0) ^ (1 << (offset % 8))
    writeFileSync(path, changed)
    const { verdict } = await verifyStore({ path, publicKey, checkStamp })
    // What is accepted must still say the same: flips in unused space and in SQLite's own counters.
    if (verdict === 'verified' && contentOf(path) !== before) missed.push(offset)
  }
  expect(missed).toEqual([])
}, 1_800_000)

/** What a token must be is tried elsewhere: here it is the SHA-256 of what it is over. */
const checkStamp: StampCheck = async (token, data) => {
  if (Buffer.from(token).toString() !== sha256(data)) throw new Error('it is about other data')
  return { time: start, accuracyMs: null, authority: 'CN=TSA', anchored: true }
}

async function stampNewest(path: string): Promise<void> {
  await using store = await openStore({ path, origin, clock, mode: 'write' })
  const { note } = (await store.checkpoints()).at(-1) ?? { note: '' }
  await store.keepTimestamp({ note, token: Buffer.from(sha256(note)) })
}

/** Small pages hold little but what means something, so that fewer bytes have to be tried. */
function shrink(path: string): void {
  const file = new Database(path)
  file.pragma('journal_mode = DELETE')
  file.pragma('page_size = 512')
  file.exec('VACUUM')
  file.pragma('journal_mode = WAL')
  file.close()
}

/** All that a store says, but for the machine's own word on when its file, checkpoints and stamps were made. */
function contentOf(path: string): string {
  const file = new Database(path, { readonly: true })
  try {
    const queries = [
      ...['entries', 'blobs', 'tiles', 'frontier', 'erasures'].map((table) => `SELECT * FROM ${table} ORDER BY 1, 2`),
      'SELECT size, root, note FROM checkpoints ORDER BY id',
      'SELECT id, checkpoint, token FROM timestamps ORDER BY id',
      'SELECT origin FROM ledger',
    ]
    return JSON.stringify(queries.map((query) => file.prepare(query).raw().all()))
  } catch (error) {
    return String(error)
  } finally {
    file.close()
  }
}
