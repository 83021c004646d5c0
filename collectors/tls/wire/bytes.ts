/** Bytes that are not what the protocol says they should be. Never leaves the parsers of this folder. */
export class WireError extends Error {}

/** Reads numbers and vectors from bytes; throws WireError where they end too early. */
export type ByteReader = {
  readonly remaining: number
  u8(): number
  u16(): number
  u24(): number
  take(length: number): Uint8Array
  /** A vector with a length of one, two or three bytes before it (RFC 8446 section 3.4). */
  vector(lengthBytes: 1 | 2 | 3): Uint8Array
}

/** A reader over bytes, from their start. */
export function readBytes(bytes: Uint8Array): ByteReader {
  let at = 0
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new WireError(`${length} bytes wanted, ${bytes.length - at} left`)
    at += length
    return bytes.subarray(at - length, at)
  }
  const number = (size: number): number => {
    let value = 0
    for (const byte of take(size)) value = value * 256 + byte
    return value
  }
  return {
    get remaining() {
      return bytes.length - at
    },
    u8: () => number(1),
    u16: () => number(2),
    u24: () => number(3),
    take,
    vector: (lengthBytes) => take(number(lengthBytes)),
  }
}

/** Two-byte numbers of a vector, for instance cipher suites; an odd last byte is refused. */
export function readU16s(bytes: Uint8Array): number[] {
  const reader = readBytes(bytes)
  const numbers: number[] = []
  while (reader.remaining > 0) numbers.push(reader.u16())
  return numbers
}

/** A number as bytes, most significant first. */
export function numberBytes(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let index = size - 1, rest = value; index >= 0; index -= 1, rest = Math.floor(rest / 256))
    bytes[index] = rest % 256
  return bytes
}

/** The parts one after the other; numbers in arrays are single bytes. */
export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : Uint8Array.from(part))))
}

/** A vector with its length before it; throws RangeError where the length does not fit. */
export function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const body = concat(...parts)
  if (body.length >= 256 ** lengthBytes) throw new RangeError(`vector of ${body.length} bytes is too long`)
  return concat(numberBytes(body.length, lengthBytes), body)
}

/** Numbers as two bytes each. */
export function u16s(numbers: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: numbers.length * 2 }, (_, index) => {
    const number = numbers[index >> 1] ?? 0
    return index % 2 === 0 ? number >> 8 : number & 0xff
  })
}
