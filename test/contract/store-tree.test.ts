import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leafHash, treeHash } from '../../src/ledger/merkle.ts'
import { openStore } from '../../src/ledger/open.ts'
import {
  consistencyProof,
  inclusionProof,
  type RangeHash,
  verifyConsistency,
  verifyInclusion,
} from '../../src/ledger/proof.ts'
import { type Connection, connect } from '../../src/ledger/sqlite.ts'
import { rangeHash } from '../../src/ledger/tree.ts'
import { verifyStore } from '../../src/ledger/verify.ts'
import { clock, newEntries, origin, persistentFolder } from '../helpers/ledger.ts'

const size = 1100
const folder = persistentFolder()
const path = join(folder.path, 'evidence.db')
const leaves: Uint8Array[] = []
let connection: Connection
let range: RangeHash

beforeAll(async () => {
  await using store = await openStore({ path, origin, clock, mode: 'create' })
  await store.append(newEntries(size))
  for await (const { bytes } of store.entries()) leaves.push(leafHash(bytes))
  connection = connect(path, 'read', 0)
  range = (from, to) => rangeHash(connection.tables, from, to)
})
afterAll(() => {
  connection.file.close()
  folder.remove()
})

const positions = fc.integer({ min: 1, max: size }).chain((to) => fc.tuple(fc.nat({ max: to - 1 }), fc.constant(to)))

test('any entry is proved from tiles and leaves, in the ledger of today and in every earlier one', async () => {
  await fc.assert(
    fc.asyncProperty(positions, async ([index, at]) => {
      const path = await inclusionProof(index, at, range)
      const leaf = leaves[index] ?? new Uint8Array()
      expect(verifyInclusion(leaf, index, at, path, treeHash(leaves.slice(0, at)))).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('any earlier ledger is proved to be a prefix of a later one', async () => {
  await fc.assert(
    fc.asyncProperty(positions, async ([index, after]) => {
      const before = index + 1
      const path = await consistencyProof(before, after, range)
      const [first, second] = [treeHash(leaves.slice(0, before)), treeHash(leaves.slice(0, after))]
      expect(verifyConsistency(before, after, path, first, second)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('a ledger of several pages and tiles is verified', async () => {
  const root = Buffer.from(treeHash(leaves)).toString('hex')
  expect(await verifyStore({ path })).toMatchObject({ verdict: 'verified', entries: size, unsigned: size, root })
})

test('a proof reads a handful of rows, however long the ledger is', async () => {
  let reads = 0
  const counting: RangeHash = (from, to) => {
    reads += 1
    return rangeHash(connection.tables, from, to)
  }
  await inclusionProof(700, size, counting)
  expect(reads).toBeLessThanOrEqual(11)
})
