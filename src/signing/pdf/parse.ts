import { fromLatin1 } from '../bytes.ts'
import { type PdfArray, type PdfDict, PdfError, type PdfObject, type PdfString } from './objects.ts'

const white = new Set([0x00, 0x09, 0x0a, 0x0c, 0x0d, 0x20])
const delimiters = new Set(Array.from('()<>[]{}/%', (character) => character.charCodeAt(0)))
const deepest = 64
/** `12 0 R` begins with two of these. */
const integer = /^\d{1,10}$/
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)$/

/** A place in the bytes of a PDF from which objects are read, strictly; every fault is a PdfError. */
export type Cursor = {
  readonly bytes: Uint8Array
  at: number
  /** How many more values may be read, shared by all that is read of a file: each takes far more room than its bytes. */
  readonly budget?: { left: number }
}

const isWhite = (byte: number | undefined): boolean => byte !== undefined && white.has(byte)
const isRegular = (byte: number | undefined): boolean => byte !== undefined && !white.has(byte) && !delimiters.has(byte)

/** Moves past white space and comments. */
export function skipSpace(cursor: Cursor): void {
  for (;;) {
    const byte = cursor.bytes[cursor.at]
    if (isWhite(byte)) cursor.at++
    else if (byte === 0x25) {
      while (cursor.at < cursor.bytes.length && cursor.bytes[cursor.at] !== 0x0a && cursor.bytes[cursor.at] !== 0x0d) {
        cursor.at++
      }
    } else return
  }
}

/** The run of regular characters ahead, which may be empty. */
function takeWord(cursor: Cursor): string {
  const start = cursor.at
  while (isRegular(cursor.bytes[cursor.at])) {
    cursor.at++
    if (cursor.at - start > 1024) throw new PdfError('an endless word', start)
  }
  return fromLatin1(cursor.bytes.subarray(start, cursor.at))
}

/** Moves past one word, which must come next, white space before it aside. */
export function expectWord(cursor: Cursor, word: string): void {
  skipSpace(cursor)
  const start = cursor.at
  if (takeWord(cursor) !== word) throw new PdfError(`«${word}» is missing`, start)
}

/** Reads a whole non-negative number, white space before it aside. */
export function readCount(cursor: Cursor): number {
  skipSpace(cursor)
  const start = cursor.at
  const word = takeWord(cursor)
  if (!integer.test(word)) throw new PdfError('a whole number is missing', start)
  return Number(word)
}

/** Reads one object other than a stream. */
export function readObject(cursor: Cursor, depth = 0): PdfObject {
  if (depth > deepest) throw new PdfError('nested too deeply', cursor.at)
  if (cursor.budget && --cursor.budget.left < 0) throw new PdfError('more values than a report has', cursor.at)
  skipSpace(cursor)
  const { bytes } = cursor
  const start = cursor.at
  switch (bytes[start]) {
    case 0x2f:
      cursor.at++
      return { kind: 'name', value: readName(cursor) }
    case 0x28:
      return readLiteral(cursor)
    case 0x5b:
      return readArray(cursor, depth)
    case 0x3c:
      return bytes[start + 1] === 0x3c ? readDict(cursor, depth) : readHex(cursor)
    default:
      return readWord(cursor)
  }
}

function readWord(cursor: Cursor): PdfObject {
  const start = cursor.at
  const word = takeWord(cursor)
  if (word === 'null') return null
  if (word === 'true') return true
  if (word === 'false') return false
  if (!number.test(word)) throw new PdfError('this is no object', start)
  if (!integer.test(word)) return Number(word)
  const after = cursor.at
  const generation = followingGeneration(cursor)
  if (generation !== undefined) return { kind: 'ref', number: Number(word), generation }
  cursor.at = after
  return Number(word)
}

/** The generation of an indirect reference where the rest of one is ahead. */
function followingGeneration(cursor: Cursor): number | undefined {
  if (!isWhite(cursor.bytes[cursor.at])) return undefined
  skipSpace(cursor)
  const generation = takeWord(cursor)
  if (!/^\d{1,5}$/.test(generation) || !isWhite(cursor.bytes[cursor.at])) return undefined
  skipSpace(cursor)
  return takeWord(cursor) === 'R' ? Number(generation) : undefined
}

function readName(cursor: Cursor): string {
  const start = cursor.at
  return takeWord(cursor).replace(/#(.{0,2})/g, (_, digits: string) => {
    if (!/^[0-9a-fA-F]{2}$/.test(digits) || digits === '00') throw new PdfError('a faulty name', start)
    return String.fromCharCode(Number.parseInt(digits, 16))
  })
}

function readArray(cursor: Cursor, depth: number): PdfArray {
  const start = cursor.at++
  const items: PdfObject[] = []
  for (;;) {
    skipSpace(cursor)
    if (cursor.bytes[cursor.at] === 0x5d) break
    items.push(readObject(cursor, depth + 1))
  }
  cursor.at++
  return { kind: 'array', items, token: { start, end: cursor.at } }
}

function readDict(cursor: Cursor, depth: number): PdfDict {
  cursor.at += 2
  const entries = new Map<string, PdfObject>()
  for (;;) {
    skipSpace(cursor)
    const start = cursor.at
    if (cursor.bytes[start] === 0x3e && cursor.bytes[start + 1] === 0x3e) break
    if (cursor.bytes[start] !== 0x2f) throw new PdfError('a key is missing', start)
    cursor.at++
    const key = readName(cursor)
    if (entries.has(key)) throw new PdfError(`the key /${key} stands twice in a dictionary`, start)
    entries.set(key, readObject(cursor, depth + 1))
  }
  cursor.at += 2
  return { kind: 'dict', entries }
}

function readHex(cursor: Cursor): PdfString {
  const start = cursor.at
  const { bytes } = cursor
  const end = bytes.indexOf(0x3e, start)
  if (end < 0) throw new PdfError('a hexadecimal string has no end', start)
  const values = new Uint8Array(Math.ceil((end - start - 1) / 2))
  let count = 0
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at] ?? 0
    const digit = hexDigit(byte)
    if (digit < 0) {
      if (white.has(byte)) continue
      throw new PdfError('not a hexadecimal digit', at)
    }
    values[count >> 1] = (values[count >> 1] ?? 0) | ((count & 1) === 0 ? digit << 4 : digit)
    count++
  }
  cursor.at = end + 1
  return { kind: 'string', bytes: values.subarray(0, (count + 1) >> 1), token: { start, end: end + 1 } }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1
}

const escapes: { readonly [character: string]: number } = { n: 0x0a, r: 0x0d, t: 0x09, b: 0x08, f: 0x0c }

function readLiteral(cursor: Cursor): PdfString {
  const start = cursor.at++
  const { bytes } = cursor
  const out = new Uint8Array(literalEnd(bytes, start) - start)
  let length = 0
  for (let open = 1; ; ) {
    const byte = bytes[cursor.at++]
    if (byte === undefined) throw new PdfError('a string has no end', start)
    if (byte === 0x28) open++
    if (byte === 0x29 && --open === 0) break
    if (byte === 0x5c) {
      const escaped = readEscape(cursor)
      if (escaped !== undefined) out[length++] = escaped
    } else if (byte === 0x0d) {
      // An end of line inside a string is one line feed, however it is written.
      if (bytes[cursor.at] === 0x0a) cursor.at++
      out[length++] = 0x0a
    } else out[length++] = byte
  }
  return { kind: 'string', bytes: out.subarray(0, length), token: { start, end: cursor.at } }
}

/** Where a literal string ends: it is never longer than it is spelt. */
function literalEnd(bytes: Uint8Array, start: number): number {
  let open = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === 0x5c) at++
    else if (byte === 0x28) open++
    else if (byte === 0x29 && --open === 0) return at
  }
  throw new PdfError('a string has no end', start)
}

/** The byte that an escape stands for; undefined where it is an end of line, which stands for nothing. */
function readEscape(cursor: Cursor): number | undefined {
  const { bytes } = cursor
  const byte = bytes[cursor.at++]
  if (byte === undefined) throw new PdfError('a string has no end', cursor.at)
  if (byte === 0x0a) return undefined
  if (byte === 0x0d) {
    if (bytes[cursor.at] === 0x0a) cursor.at++
    return undefined
  }
  if (byte < 0x30 || byte > 0x37) return escapes[String.fromCharCode(byte)] ?? byte
  let value = byte - 0x30
  for (let more = 0; more < 2; more++) {
    const digit = bytes[cursor.at]
    if (digit === undefined || digit < 0x30 || digit > 0x37) break
    value = value * 8 + digit - 0x30
    cursor.at++
  }
  return value & 0xff
}
