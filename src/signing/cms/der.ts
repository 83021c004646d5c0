import { compareBytes, fromLatin1, sameBytes } from '../bytes.ts'

/** Bytes that are not the one DER encoding (X.690 chapters 8, 10 and 11) of what was expected. */
export class DerError extends Error {}

/** One value: its identifier octet, all of its bytes, its contents, and its parts where it is constructed. */
export type Der = {
  readonly tag: number
  readonly bytes: Uint8Array
  readonly content: Uint8Array
  readonly parts: readonly Der[]
}

/** Identifier octets. `context(n)` is primitive [n], `contextOf(n)` constructed [n]. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

export const context = (n: number): number => 0x80 | n
export const contextOf = (n: number): number => 0xa0 | n

const deepest = 32
/** A list of 250,000 revoked certificates has fewer; each takes far more room than its bytes. */
const mostValues = 2_000_000

/** Reads exactly one DER value that fills the bytes; throws DerError where anything could have been written otherwise. */
export function readDer(bytes: Uint8Array): Der {
  const { value, end } = readAt(bytes, 0, bytes.length, 0, { left: mostValues })
  if (end !== bytes.length) throw new DerError(`${bytes.length - end} bytes follow the value`)
  return value
}

/** Reads the DER value at the front and says how long it is; what follows is left alone. */
export function readDerPrefix(bytes: Uint8Array): { readonly value: Der; readonly end: number } {
  return readAt(bytes, 0, bytes.length, 0, { left: mostValues })
}

function readAt(
  bytes: Uint8Array,
  start: number,
  limit: number,
  depth: number,
  budget: { left: number },
): { value: Der; end: number } {
  if (depth > deepest) throw new DerError('nested too deeply')
  if (--budget.left < 0) throw new DerError('more values than any certificate, list or signature has')
  const tag = bytes[start]
  if (tag === undefined || start >= limit) throw new DerError('a value ends early')
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag number above 30')
  const { length, from } = readLength(bytes, start + 1, limit)
  const end = from + length
  if (end > limit) throw new DerError('a value is longer than what holds it')
  const content = bytes.subarray(from, end)
  const parts: Der[] = []
  if ((tag & 0x20) !== 0) {
    for (let at = from; at < end; ) {
      const part = readAt(bytes, at, end, depth + 1, budget)
      parts.push(part.value)
      at = part.end
    }
  }
  const value = { tag, bytes: bytes.subarray(start, end), content, parts }
  checkCanonical(value)
  return { value, end }
}

function readLength(bytes: Uint8Array, at: number, limit: number): { length: number; from: number } {
  const first = bytes[at]
  if (first === undefined || at >= limit) throw new DerError('a length is missing')
  if (first < 0x80) return { length: first, from: at + 1 }
  const count = first & 0x7f
  if (count === 0 || count > 4 || at + count >= limit) throw new DerError('an indefinite or oversized length')
  let length = 0
  for (let i = 1; i <= count; i++) length = length * 256 + (bytes[at + i] ?? 0)
  if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('a length that is not the shortest')
  return { length, from: at + 1 + count }
}

function checkCanonical({ tag, content, parts }: Der): void {
  switch (tag) {
    case tags.boolean:
      if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError('a faulty BOOLEAN')
      return
    case tags.integer: {
      const [first, second] = content
      if (first === undefined) throw new DerError('an empty INTEGER')
      if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
        throw new DerError('an INTEGER that is not the shortest')
      }
      return
    }
    case tags.bitString: {
      const unused = content[0]
      if (unused === undefined || unused > 7 || (unused > 0 && content.length === 1)) {
        throw new DerError('a faulty BIT STRING')
      }
      if (((content.at(-1) ?? 0) & ((1 << unused) - 1)) !== 0 && content.length > 1) {
        throw new DerError('a BIT STRING whose unused bits are not zero')
      }
      return
    }
    case tags.null:
      if (content.length !== 0) throw new DerError('a faulty NULL')
      return
    case tags.oid:
      oidText(content)
      return
    case tags.set:
      for (const [i, part] of parts.entries()) {
        const previous = parts[i - 1]
        if (previous && compareBytes(previous.bytes, part.bytes) >= 0) throw new DerError('a SET out of order')
      }
      return
    default:
      if (tag === 0x10 || tag === 0x11 || (tag > 0x20 && tag < 0x40 && tag !== tags.sequence)) {
        throw new DerError(`a form that DER does not have (tag 0x${tag.toString(16)})`)
      }
  }
}

/** The value itself where it has the tag; DerError otherwise, naming what was wanted. */
export function expectTag(value: Der | undefined, tag: number, what: string): Der {
  if (!value) throw new DerError(`${what} is missing`)
  if (value.tag !== tag) throw new DerError(`${what} has tag 0x${value.tag.toString(16)}`)
  return value
}

/** The parts of a SEQUENCE, to be taken one by one; `end` throws where any is left. */
export function fields(value: Der | undefined, what: string, tag: number = tags.sequence) {
  const parts = expectTag(value, tag, what).parts
  let at = 0
  return {
    /** The next part, which must have the tag. */
    take(wanted: number, name: string): Der {
      return expectTag(parts[at++], wanted, `${what}.${name}`)
    },
    /** The next part where it has the tag. */
    optional(wanted: number): Der | undefined {
      const part = parts[at]
      if (part?.tag !== wanted) return undefined
      at++
      return part
    },
    any(name: string): Der {
      const part = parts[at++]
      if (!part) throw new DerError(`${what}.${name} is missing`)
      return part
    },
    end(): void {
      if (at < parts.length) throw new DerError(`${what} holds more than it should`)
    },
  }
}

/** The dotted text of an OBJECT IDENTIFIER. */
export function readOid(value: Der | undefined, what: string): string {
  return oidText(expectTag(value, tags.oid, what).content)
}

function oidText(content: Uint8Array): string {
  if (content.length === 0 || (content.at(-1) ?? 0) >= 0x80) throw new DerError('a faulty OBJECT IDENTIFIER')
  const arcs: number[] = []
  let arc = 0
  let fresh = true
  for (const byte of content) {
    if (fresh && byte === 0x80) throw new DerError('an OBJECT IDENTIFIER that is not the shortest')
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw new DerError('an oversized OBJECT IDENTIFIER')
    fresh = byte < 0x80
    if (fresh) {
      arcs.push(arc)
      arc = 0
    }
  }
  const [head = 0, ...rest] = arcs
  const root = Math.min(2, Math.floor(head / 40))
  return [root, head - root * 40, ...rest].join('.')
}

/** A small non-negative INTEGER. */
export function readSmallInteger(value: Der | undefined, what: string): number {
  const { content } = expectTag(value, tags.integer, what)
  if (content.length > 4 || (content[0] ?? 0) >= 0x80) throw new DerError(`${what} is out of range`)
  return content.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** The octets of a BIT STRING that has no unused bits. */
export function readBitString(value: Der | undefined, what: string): Uint8Array {
  const { content } = expectTag(value, tags.bitString, what)
  if (content[0] !== 0) throw new DerError(`${what} is not whole octets`)
  return content.subarray(1)
}

/** Milliseconds since 1970 of a UTCTime or GeneralizedTime in the DER form, which ends in Z (X.690 11.7, 11.8). */
export function readTime(value: Der, what: string): number {
  const text = fromLatin1(value.content)
  const pattern =
    value.tag === tags.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)()Z$/
      : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d*[1-9])?Z$/
  const match = pattern.exec(text)
  if (!match || (value.tag !== tags.utcTime && value.tag !== tags.generalizedTime)) {
    throw new DerError(`${what} is not a time`)
  }
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = ''] = match
  const fullYear = value.tag === tags.utcTime ? `${Number(year) < 50 ? '20' : '19'}${year}` : year
  const plain = `${fullYear}-${month}-${day}T${hour}:${minute}:${second}`
  const at = Date.parse(`${plain}Z`)
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== plain) throw new DerError(`${what} is not a time`)
  return at + Math.floor(Number(`0${fraction}`) * 1000)
}

/** Whether two values are written with the same bytes. */
export const sameDer = (a: Der, b: Der): boolean => sameBytes(a.bytes, b.bytes)
