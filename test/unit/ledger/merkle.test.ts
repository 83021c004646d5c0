import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  emptyFrontier,
  emptyRoot,
  grow,
  isFrontier,
  leafHash,
  nodeHash,
  rootOf,
  treeHash,
} from '../../../src/ledger/merkle.ts'

/** The inputs and roots that implementations of RFC 6962 and RFC 9162 share since the first one. */
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => leafHash(Buffer.from(hex, 'hex')),
)
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test.each(roots.map((root, size) => ({ root, size })))(
  'a tree of $size leaves has the root that others compute',
  ({ root, size }) => {
    expect(Buffer.from(treeHash(inputs.slice(0, size))).toString('hex')).toBe(root)
  },
)

test('a tree that grows in several steps is the tree that grows in one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 8 }), (steps) => {
      const leaves = Array.from({ length: steps.reduce((a, b) => a + b, 0) }, (_, n) => leafHash(Buffer.of(n)))
      let frontier = emptyFrontier
      let done = 0
      for (const step of steps) {
        frontier = grow(frontier, leaves.slice(done, done + step))
        done += step
        expect(isFrontier(frontier)).toBe(true)
      }
      expect(frontier).toEqual(grow(emptyFrontier, leaves))
    }),
  )
})

test('the root follows the recursive definition of RFC 9162', () => {
  const definition = (leaves: readonly Uint8Array[]): Uint8Array => {
    const [first] = leaves
    if (!first) return emptyRoot
    if (leaves.length === 1) return first
    const split = 2 ** Math.floor(Math.log2(leaves.length - 1))
    return nodeHash(definition(leaves.slice(0, split)), definition(leaves.slice(split)))
  }
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 70 }), (entries) => {
      const leaves = entries.map(leafHash)
      expect(rootOf(grow(emptyFrontier, leaves))).toEqual(definition(leaves))
    }),
  )
})

test('every complete subtree is told once, with its root', () => {
  const leaves = Array.from({ length: 300 }, (_, n) => leafHash(Buffer.from(String(n))))
  const told: { height: number; root: Uint8Array }[] = []
  grow(emptyFrontier, leaves, (height, root) => told.push({ height, root }))
  expect(told.filter(({ height }) => height === 1)).toHaveLength(150)
  expect(told.filter(({ height }) => height === 8)).toEqual([{ height: 8, root: treeHash(leaves.slice(0, 256)) }])
})

test('a leaf is never mistaken for a node', () => {
  const [left = emptyRoot, right = emptyRoot] = inputs
  expect(leafHash(Buffer.concat([left, right]))).not.toEqual(nodeHash(left, right))
})

test('a frontier with a hash too few or too many is none', () => {
  const frontier = grow(emptyFrontier, inputs.slice(0, 7))
  expect(isFrontier(frontier)).toBe(true)
  expect(isFrontier({ ...frontier, size: 8 })).toBe(false)
  expect(isFrontier({ ...frontier, hashes: frontier.hashes.slice(1) })).toBe(false)
  expect(isFrontier({ size: -1, hashes: [] })).toBe(false)
})
