import { sha256 } from '../model/digest.ts'
import { leafHash, sameHash } from './merkle.ts'

/** Longer bytes are not searched: each bit costs one hash over all of them. */
const searchLimit = 8 * 1024

/**
 * The offset of the one byte in which a single bit is wrong, judged by a hash that the bytes once had; undefined where
 * more than a bit differs. Disks and memory lose single bits; people do not change single bits.
 */
export function findFlippedBit(bytes: Uint8Array, matches: (candidate: Uint8Array) => boolean): number | undefined {
  if (bytes.length > searchLimit) return undefined
  const candidate = Uint8Array.from(bytes)
  for (const [offset, original] of bytes.entries()) {
    for (let bit = 1; bit < 256; bit *= 2) {
      candidate[offset] = original ^ bit
      if (matches(candidate)) return offset
    }
    candidate[offset] = original
  }
  return undefined
}

/** The same, for an entry and its leaf hash. */
export function findFlippedEntryBit(bytes: Uint8Array, leaf: Uint8Array): number | undefined {
  return findFlippedBit(bytes, (candidate) => sameHash(leafHash(candidate), leaf))
}

/** The same, for an artefact and its commitment in hexadecimal. */
export function findFlippedArtefactBit(salt: Uint8Array, bytes: Uint8Array, commitment: string): number | undefined {
  return findFlippedBit(bytes, (candidate) => sha256(salt, candidate) === commitment)
}
