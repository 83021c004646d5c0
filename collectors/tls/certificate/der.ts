import { concat, numberBytes, readBytes, WireError } from '../wire/bytes.ts'

/** One DER element (X.690): its tag, its content, and all its bytes. */
export type Der = { readonly tag: number; readonly content: Uint8Array; readonly raw: Uint8Array }

/** The elements that stand one after the other in bytes; throws WireError where they are no DER. */
export function readDer(bytes: Uint8Array): Der[] {
  const elements: Der[] = []
  const reader = readBytes(bytes)
  while (reader.remaining > 0) {
    const start = bytes.length - reader.remaining
    const tag = reader.u8()
    if ((tag & 0x1f) === 0x1f) throw new WireError('a tag of more than one byte')
    const first = reader.u8()
    const length = first < 0x80 ? first : longLength(reader.take(first & 0x7f))
    const content = reader.take(length)
    elements.push({ tag, content, raw: bytes.subarray(start, bytes.length - reader.remaining) })
  }
  return elements
}

function longLength(bytes: Uint8Array): number {
  if (bytes.length === 0 || bytes.length > 4) throw new WireError('a length of no or more than four bytes')
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

/** The elements within the first element of bytes, which has to have that tag. */
export function readInside(bytes: Uint8Array, tag: number): Der[] {
  const [outer] = readDer(bytes)
  if (outer?.tag !== tag) throw new WireError(`tag ${tag} wanted, ${outer?.tag ?? 'nothing'} found`)
  return readDer(outer.content)
}

/** A DER element of its parts one after the other; numbers in arrays are single bytes. */
export function writeDer(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const body = concat(...parts)
  const { length } = body
  const size = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : length < 0x100_0000 ? 3 : 4
  return concat([tag], size === 0 ? [length] : concat([0x80 + size], numberBytes(length, size)), body)
}

export const derTags = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  objectIdentifier: 6,
  sequence: 0x30,
} as const

/** An object identifier as dotted numbers. */
export function readOid(content: Uint8Array): string {
  const parts: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      parts.push(value)
      value = 0
    }
  }
  const [first = 0, ...rest] = parts
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...rest].join('.')
}
