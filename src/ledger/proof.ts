import { nodeHash, sameHash } from './merkle.ts'

/** The root hash of the leaves [from, to) of a log, taken as a tree of their own: MTH(D[from:to]). */
export type RangeHash = (from: number, to: number) => Uint8Array | Promise<Uint8Array>

/** The audit path of leaf `index` in the tree of `size` leaves, nearest sibling first; RFC 9162 section 2.1.3.1. */
export async function inclusionProof(index: number, size: number, range: RangeHash): Promise<readonly Uint8Array[]> {
  if (!isPosition(index) || !isPosition(size) || index >= size) throw new RangeError(`no leaf ${index} among ${size}`)
  const path: Uint8Array[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + splitOf(to - from)
    if (index < middle) {
      path.unshift(await range(middle, to))
      to = middle
    } else {
      path.unshift(await range(from, middle))
      from = middle
    }
  }
  return path
}

/** Whether the path leads from the leaf to the root; RFC 9162 section 2.1.3.2. Never throws. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isPosition(index) || !isPosition(size) || index >= size) return false
  let node = index
  let last = size - 1
  let hash = leaf
  for (const sibling of path) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && sameHash(hash, root)
}

/** The proof that the tree of `before` leaves is a prefix of the tree of `after` leaves; RFC 9162 section 2.1.4.1. */
export async function consistencyProof(
  before: number,
  after: number,
  range: RangeHash,
): Promise<readonly Uint8Array[]> {
  if (!isPosition(before) || !isPosition(after) || before < 1 || before > after) {
    throw new RangeError(`no consistency proof from ${before} to ${after} leaves`)
  }
  const path: Uint8Array[] = []
  let [from, to] = [0, after]
  let known = true
  while (before !== to) {
    const middle = from + splitOf(to - from)
    if (before <= middle) {
      path.unshift(await range(middle, to))
      to = middle
    } else {
      path.unshift(await range(from, middle))
      from = middle
      known = false
    }
  }
  return known ? path : [await range(from, to), ...path]
}

/** Whether the proof shows that the first tree is a prefix of the second; RFC 9162 section 2.1.4.2. Never throws. */
export function verifyConsistency(
  before: number,
  after: number,
  path: readonly Uint8Array[],
  beforeRoot: Uint8Array,
  afterRoot: Uint8Array,
): boolean {
  if (!isPosition(before) || !isPosition(after) || before < 1 || before > after) return false
  if (before === after) return path.length === 0 && sameHash(beforeRoot, afterRoot)
  const [first, ...rest] = isPowerOfTwo(before) ? [beforeRoot, ...path] : path
  if (!first || path.length === 0) return false
  let node = before - 1
  let last = after - 1
  while (node % 2 === 1) {
    node = half(node)
    last = half(last)
  }
  let old = first
  let grown = first
  for (const sibling of rest) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      old = nodeHash(sibling, old)
      grown = nodeHash(sibling, grown)
      while (node % 2 === 0 && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      grown = nodeHash(grown, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && sameHash(old, beforeRoot) && sameHash(grown, afterRoot)
}

/** The largest power of two below n (n > 1), where RFC 9162 splits a tree. */
export function splitOf(n: number): number {
  let split = 1
  while (split * 2 < n) split *= 2
  return split
}

// Numbers instead of shifts: bitwise operators would cut positions to 32 bits.
function half(n: number): number {
  return Math.floor(n / 2)
}

function isPosition(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}

function isPowerOfTwo(n: number): boolean {
  return splitOf(n + 1) === n
}
