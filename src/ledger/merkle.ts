import { hash } from 'node:crypto'

/** The Merkle tree of RFC 9162 section 2.1 with SHA-256; every hash is 32 bytes. */

/** The root hash of a tree without leaves: SHA-256 of nothing. */
export const emptyRoot: Uint8Array = digest(new Uint8Array())

/** SHA-256(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  if (entry.length >= leafInput.length) return digest(Buffer.concat([leafPrefix, entry]))
  leafInput.set(entry, 1)
  return digest(leafInput.subarray(0, entry.length + 1))
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== 32 || right.length !== 32) return digest(Buffer.concat([nodePrefix, left, right]))
  nodeInput.set(left, 1)
  nodeInput.set(right, 33)
  return digest(nodeInput)
}

// Hashing is done before anything else can run, so that the inputs can share their memory; only the prefix stays.
const leafPrefix = Uint8Array.of(0)
const leafInput = new Uint8Array(16_384)
const nodePrefix = Uint8Array.of(1)
const nodeInput = new Uint8Array(65)
nodeInput.set(nodePrefix)

/**
 * All that a growing tree needs to remember: the roots of its complete subtrees, largest first, one for each bit that is
 * set in the size.
 */
export type Frontier = { readonly size: number; readonly hashes: readonly Uint8Array[] }

export const emptyFrontier: Frontier = { size: 0, hashes: [] }

/**
 * The frontier of the tree with further leaves behind it; `completed` is told of every subtree of 2^height leaves that
 * they complete, in the order of the log.
 */
export function grow(
  frontier: Frontier,
  leaves: Iterable<Uint8Array>,
  completed?: (height: number, root: Uint8Array) => void,
): Frontier {
  const hashes = [...frontier.hashes]
  let size = frontier.size
  for (const leaf of leaves) {
    let node = leaf
    let height = 0
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = hashes.pop()
      if (!left) throw new RangeError('the frontier has too few hashes for its size')
      node = nodeHash(left, node)
      height += 1
      completed?.(height, node)
    }
    hashes.push(node)
    size += 1
  }
  return { size, hashes }
}

/** The root hash of the tree that a frontier stands for. */
export function rootOf(frontier: Frontier): Uint8Array {
  const [smallest, ...larger] = frontier.hashes.toReversed()
  if (!smallest) return emptyRoot
  return larger.reduce((root, left) => nodeHash(left, root), smallest)
}

/** The root hash over leaf hashes. */
export function treeHash(leaves: Iterable<Uint8Array>): Uint8Array {
  return rootOf(grow(emptyFrontier, leaves))
}

/** Whether a frontier is one that a tree of its size can have. */
export function isFrontier({ size, hashes }: Frontier): boolean {
  return Number.isSafeInteger(size) && size >= 0 && hashes.length === countBits(size)
}

/** Equality of two hashes; these are public values, so that time tells nothing. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function countBits(size: number): number {
  return size.toString(2).replaceAll('0', '').length
}

function digest(bytes: Uint8Array): Uint8Array {
  // As text of one character a byte it comes out of Node in half the time that a Buffer takes.
  return Buffer.from(hash('sha256', bytes, 'binary'), 'binary')
}
