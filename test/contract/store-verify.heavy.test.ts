import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { verifyStore } from '../../src/ledger/verify.ts'
import { signer, temporaryFolder } from '../helpers/ledger.ts'
import { makeSampleStore } from '../helpers/ledger-tamper.ts'

const { publicKey } = signer

test('no flipped byte of a whole store gets by unless it is of no consequence', async () => {
  const path = join(temporaryFolder(), 'evidence.db')
  await makeSampleStore(path, 20)
  shrink(path)
  const before = contentOf(path)
  const sample = readFileSync(path)
  const missed: number[] = []
  for (const offset of sample.keys()) {
    const changed = Buffer.from(sample)
    changed[offset] = (changed[offset] ?? 0) ^ (1 << (offset % 8))
    writeFileSync(path, changed)
    const { verdict } = await verifyStore({ path, publicKey })
    // What is accepted must still say the same: flips in unused space and in SQLite's own counters.
    if (verdict === 'verified' && contentOf(path) !== before) missed.push(offset)
  }
  expect(missed).toEqual([])
}, 1_800_000)

/** Small pages hold little but what means something, so that fewer bytes have to be tried. */
function shrink(path: string): void {
  const file = new Database(path)
  file.pragma('journal_mode = DELETE')
  file.pragma('page_size = 512')
  file.exec('VACUUM')
  file.pragma('journal_mode = WAL')
  file.close()
}

/** All that a store says, but for the machine's own word on when its file and its checkpoints were made. */
function contentOf(path: string): string {
  const file = new Database(path, { readonly: true })
  try {
    const queries = [
      ...['entries', 'blobs', 'tiles', 'frontier'].map((table) => `SELECT * FROM ${table} ORDER BY 1, 2`),
      'SELECT size, root, note FROM checkpoints ORDER BY id',
      'SELECT origin FROM ledger',
    ]
    return JSON.stringify(queries.map((query) => file.prepare(query).raw().all()))
  } catch (error) {
    return String(error)
  } finally {
    file.close()
  }
}
