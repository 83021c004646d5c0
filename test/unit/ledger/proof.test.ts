import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { leafHash, treeHash } from '../../../src/ledger/merkle.ts'
import {
  consistencyProof,
  inclusionProof,
  type RangeHash,
  splitOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/ledger/proof.ts'

const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => leafHash(Buffer.from(hex, 'hex')),
)
const rangeOf =
  (all: readonly Uint8Array[]): RangeHash =>
  (from, to) =>
    treeHash(all.slice(from, to))
const hex = (hashes: readonly Uint8Array[]) => hashes.map((hash) => Buffer.from(hash).toString('hex'))

test('inclusion proofs are the ones that others compute', async () => {
  expect(hex(await inclusionProof(0, 8, rangeOf(leaves)))).toEqual([
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ])
  expect(hex(await inclusionProof(5, 8, rangeOf(leaves)))).toEqual([
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ])
  expect(hex(await inclusionProof(2, 3, rangeOf(leaves)))).toEqual([
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  ])
})

test('consistency proofs are the ones that others compute', async () => {
  expect(hex(await consistencyProof(6, 8, rangeOf(leaves)))).toEqual([
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ])
  expect(hex(await consistencyProof(2, 5, rangeOf(leaves)))).toEqual([
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  ])
})

const sizes = fc.integer({ min: 1, max: 140 }).chain((size) => fc.tuple(fc.nat({ max: size - 1 }), fc.constant(size)))
const log = Array.from({ length: 140 }, (_, n) => leafHash(Buffer.from(`entry ${n}`)))
const leafAt = (index: number) => log[index] ?? new Uint8Array()

test('every leaf can be proved, and only at its own place in its own tree', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async ([index, size]) => {
      const tree = log.slice(0, size)
      const root = treeHash(tree)
      const path = await inclusionProof(index, size, rangeOf(tree))
      expect(verifyInclusion(leafAt(index), index, size, path, root)).toBe(true)
      expect(verifyInclusion(leafHash(Buffer.of(1)), index, size, path, root)).toBe(false)
      expect(verifyInclusion(leafAt(index), index, size, [...path, root], root)).toBe(false)
      expect(verifyInclusion(leafAt(index), index, size, path, leafHash(Buffer.of(1)))).toBe(false)
      expect(verifyInclusion(leafAt(index), size, size, path, root)).toBe(false)
      if (path.length > 0) expect(verifyInclusion(leafAt(index), index, size, path.slice(1), root)).toBe(false)
      if (size > 1) expect(verifyInclusion(leafAt(index), index === 0 ? 1 : index - 1, size, path, root)).toBe(false)
    }),
  )
})

test('every earlier tree is proved to be a prefix, and no other tree is', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async ([index, after]) => {
      const before = index + 1
      const roots = { before: treeHash(log.slice(0, before)), after: treeHash(log.slice(0, after)) }
      const path = await consistencyProof(before, after, rangeOf(log))
      expect(verifyConsistency(before, after, path, roots.before, roots.after)).toBe(true)
      const foreign = leafHash(Buffer.of(1))
      expect(verifyConsistency(before, after, path, foreign, roots.after)).toBe(false)
      expect(verifyConsistency(before, after, path, roots.before, foreign)).toBe(false)
      expect(verifyConsistency(before, after, [...path, foreign], roots.before, roots.after)).toBe(false)
      if (path.length > 0) {
        expect(verifyConsistency(before, after, path.slice(1), roots.before, roots.after)).toBe(false)
        expect(verifyConsistency(before, after, [foreign, ...path.slice(1)], roots.before, roots.after)).toBe(false)
      }
    }),
  )
})

test('verification of nonsense is false and never throws', () => {
  const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 70 })
  const numbers = fc.oneof(fc.integer(), fc.double(), fc.constant(Number.MAX_SAFE_INTEGER))
  const hash = new Uint8Array(32)
  fc.assert(
    fc.property(numbers, numbers, hashes, (a, b, path) => {
      expect(verifyInclusion(hash, a, b, path, hash)).toBe(a === 0 && b === 1 && path.length === 0)
      expect(verifyConsistency(a, b, path, hash, hash)).toBe(
        a === b && Number.isSafeInteger(a) && a >= 1 && path.length === 0,
      )
    }),
  )
})

test('a proof of what is not there is refused', async () => {
  await expect(inclusionProof(8, 8, rangeOf(leaves))).rejects.toThrow(RangeError)
  await expect(inclusionProof(-1, 8, rangeOf(leaves))).rejects.toThrow(RangeError)
  await expect(consistencyProof(0, 8, rangeOf(leaves))).rejects.toThrow(RangeError)
  await expect(consistencyProof(8, 7, rangeOf(leaves))).rejects.toThrow(RangeError)
})

test('trees are split at the largest power of two below their size, also where doubles get coarse', () => {
  expect([2, 3, 4, 5, 8, 9].map(splitOf)).toEqual([1, 2, 2, 4, 4, 8])
  expect(splitOf(2 ** 49)).toBe(2 ** 48)
  expect(splitOf(2 ** 49 + 1)).toBe(2 ** 49)
})
