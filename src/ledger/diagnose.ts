import { sha256 } from '../model/digest.ts'
import { leafHash, sameHash } from './merkle.ts'

/** Longer bytes are not searched: each bit costs one hash over all of them. */
const searchLimit = 8 * 1024

/** The one bit that is wrong: where, and what the byte was and is. */
export type FlippedBit = { readonly offset: number; readonly was: number; readonly is: number }

/**
 * The single bit in which bytes differ from those that once had a hash; undefined where more than a bit differs. Disks
 * and memory lose single bits. So does, now and then, somebody who makes a 3 of a 2: it is a hint, not a proof.
 */
export function findFlippedBit(bytes: Uint8Array, matches: (candidate: Uint8Array) => boolean): FlippedBit | undefined {
  if (bytes.length > searchLimit) return undefined
  const candidate = Uint8Array.from(bytes)
  for (const [offset, is] of bytes.entries()) {
    for (let bit = 1; bit < 256; bit *= 2) {
      candidate[offset] = is ^ bit
      if (matches(candidate)) return { offset, was: is ^ bit, is }
    }
    candidate[offset] = is
  }
  return undefined
}

/** `one bit is wrong, in byte 294: "2" became "3"`. */
export function describeFlippedBit({ offset, was, is }: FlippedBit): string {
  return `one bit is wrong, in byte ${offset}: ${nameOf(was)} became ${nameOf(is)}`
}

/** Whether both bytes are plain text, so that somebody may have typed the one for the other. */
export function isTypeable({ was, is }: FlippedBit): boolean {
  return isPrintable(was) && isPrintable(is)
}

function nameOf(byte: number): string {
  return isPrintable(byte) ? `"${String.fromCharCode(byte)}"` : `0x${byte.toString(16).padStart(2, '0')}`
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}

/** The same, for an entry and its leaf hash. */
export function findFlippedEntryBit(bytes: Uint8Array, leaf: Uint8Array): FlippedBit | undefined {
  return findFlippedBit(bytes, (candidate) => sameHash(leafHash(candidate), leaf))
}

/** The same, for an artefact and its commitment in hexadecimal. */
export function findFlippedArtefactBit(
  salt: Uint8Array,
  bytes: Uint8Array,
  commitment: string,
): FlippedBit | undefined {
  return findFlippedBit(bytes, (candidate) => sha256(salt, candidate) === commitment)
}
