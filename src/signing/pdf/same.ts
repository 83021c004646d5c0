import { fromLatin1, sameBytes } from '../bytes.ts'
import type { SignedRange } from './signature-field.ts'

/** Whether two files are the same outside of a gap of hexadecimal digits, and the second has such a gap. */
export function isSameBut({ gapStart, gapEnd }: SignedRange, expected: Uint8Array, found: Uint8Array): boolean {
  const outside = (bytes: Uint8Array): readonly [Uint8Array, Uint8Array] => [
    bytes.subarray(0, gapStart),
    bytes.subarray(gapEnd),
  ]
  const [[ownBefore, ownAfter], [before, after]] = [outside(expected), outside(found)]
  const digits = /^<(?:[0-9A-F]{2})+>$/.test(fromLatin1(found.subarray(gapStart, gapEnd)))
  return digits && sameBytes(ownBefore, before) && sameBytes(ownAfter, after)
}
