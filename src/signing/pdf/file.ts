import { fromLatin1 } from '../bytes.ts'
import {
  isArray,
  isCount,
  isDict,
  isRef,
  isStream,
  type PdfDict,
  PdfError,
  type PdfObject,
  type PdfRef,
} from './objects.ts'
import { type Cursor, expectWord, readCount, readObject, skipSpace } from './parse.ts'

/** One cross-reference section with its trailer: an original file, or what an incremental update added. */
export type Section = {
  /** Offset of the word `xref`, and of what follows the trailer. */
  readonly start: number
  readonly end: number
  readonly trailer: PdfDict
  /** In-use objects that the section defines, by number. */
  readonly offsets: ReadonlyMap<number, { readonly offset: number; readonly generation: number }>
  readonly freed: ReadonlySet<number>
}

/** A PDF with classic cross-reference tables, opened for reading. */
export type PdfFile = {
  readonly bytes: Uint8Array
  /** Newest first. */
  readonly sections: readonly Section[]
  readonly trailer: PdfDict
  readonly catalog: PdfDict
  readonly catalogRef: PdfRef
  /** Numbers of all objects in use. */
  readonly numbers: readonly number[]
  /** The object behind a reference (null for one that is not in use); anything else is returned as it is. */
  resolve(value: PdfObject | undefined): PdfObject
  /** The object of a number as the newest section that lists it has it; null for one that is not in use. */
  load(number: number): PdfObject
  /** The object that any section says is at an offset; `end` is where the byte after `endobj` stands. */
  read(number: number, generation: number, offset: number): ReadObject
}

type ReadObject = { readonly value: PdfObject; readonly start: number; readonly end: number }

const mostSections = 64
const mostObjects = 5_000_000
/** Of all kinds: the demonstration's report of 53 pages has 141,000. */
const mostValues = 6_000_000

/** Opens a PDF; throws PdfError where it is damaged, encrypted, or has cross-reference streams. */
export function openPdf(bytes: Uint8Array): PdfFile {
  if (!/^%PDF-[12]\.\d/.test(fromLatin1(bytes.subarray(0, 8)))) throw new PdfError('there is no PDF header', 0)
  const budget = { left: mostValues }
  const sections = readSections(bytes, budget)
  const [newest] = sections
  if (!newest) throw new PdfError('there is no cross-reference section')
  const { trailer } = newest
  if (trailer.entries.has('Encrypt')) throw new PdfError('the file is encrypted')

  const offsets = new Map<number, { offset: number; generation: number }>()
  for (const section of sections.toReversed()) {
    for (const number of section.freed) offsets.delete(number)
    for (const [number, entry] of section.offsets) offsets.set(number, entry)
  }
  // Offsets are unique to an object, so that one of an older section is remembered beside its successor.
  const known = new Map<number, ReadObject & { readonly number: number; readonly generation: number }>()
  const reading = new Set<number>()
  // They stand side by side: of one inside another, the same bytes would be read, and kept, once for each.
  let unread = bytes.length
  const read = (number: number, generation: number, offset: number): ReadObject => {
    const before = known.get(offset)
    if (before && before.number === number && before.generation === generation) return before
    if (reading.has(offset)) throw new PdfError('lengths in a circle', offset)
    reading.add(offset)
    const found = { ...readIndirect({ bytes, at: offset, budget }, number, generation, resolve), number, generation }
    reading.delete(offset)
    unread -= found.end - found.start
    if (unread < 0) throw new PdfError('objects that overlap', offset)
    known.set(offset, found)
    return found
  }
  const load = (number: number): PdfObject => {
    const entry = offsets.get(number)
    return entry ? read(number, entry.generation, entry.offset).value : null
  }
  const resolve = (value: PdfObject | undefined): PdfObject => {
    let current = value ?? null
    for (let hops = 0; isRef(current); hops++) {
      if (hops > 16) throw new PdfError('references in a circle')
      current = offsets.get(current.number)?.generation === current.generation ? load(current.number) : null
    }
    return current
  }
  const catalogRef = trailer.entries.get('Root')
  const catalog = resolve(catalogRef)
  if (!isRef(catalogRef) || !isDict(catalog)) throw new PdfError('there is no catalog')
  return { bytes, sections, trailer, catalog, catalogRef, numbers: [...offsets.keys()], resolve, load, read }
}

function readSections(bytes: Uint8Array, budget: Budget): readonly Section[] {
  const sections: Section[] = []
  for (let start: number | undefined = lastStart(bytes); start !== undefined; ) {
    const section = readSection({ bytes, at: start, budget })
    // Each section stands behind those that it adds to: no circles, no jumping ahead.
    const later = sections.at(-1)
    if (later && section.start >= later.start) throw new PdfError('cross-reference sections out of order', start)
    if (later && section.end > later.start) throw new PdfError('cross-reference sections that overlap', start)
    if (sections.push(section) > mostSections) throw new PdfError('too many cross-reference sections')
    const previous = section.trailer.entries.get('Prev')
    if (section.trailer.entries.has('XRefStm')) throw new PdfError('cross-reference streams are not supported', start)
    if (previous !== undefined && !isCount(previous)) throw new PdfError('a faulty /Prev', start)
    start = previous
  }
  return sections
}

/** The offset that the file's last `startxref` names; nothing but one end of line may follow its `%%EOF`. */
function lastStart(bytes: Uint8Array): number {
  const from = Math.max(0, bytes.length - 64)
  const tail = fromLatin1(bytes.subarray(from))
  const match = /startxref[\r\n]+(\d{1,12})[\r\n]+%%EOF(?:\r\n|\r|\n)?$/.exec(tail)
  if (!match?.[1]) throw new PdfError('the file does not end with startxref and %%EOF', bytes.length)
  return Number(match[1])
}

type Budget = NonNullable<Cursor['budget']>

function readSection(cursor: Cursor): Section {
  const { bytes, at: start } = cursor
  if (fromLatin1(bytes.subarray(start, start + 4)) !== 'xref') {
    throw new PdfError('there is no cross-reference table here; cross-reference streams are not supported', start)
  }
  cursor.at += 4
  const offsets = new Map<number, { offset: number; generation: number }>()
  const freed = new Set<number>()
  for (;;) {
    skipSpace(cursor)
    if (bytes[cursor.at] === 0x74) break
    const first = readCount(cursor)
    const count = readCount(cursor)
    skipSpace(cursor)
    if (count > mostObjects || cursor.at + count * 20 > bytes.length) throw new PdfError('a faulty section', cursor.at)
    for (let i = 0; i < count; i++) {
      const line = fromLatin1(bytes.subarray(cursor.at, cursor.at + 20))
      const match = /^(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)$/.exec(line)
      if (!match) throw new PdfError('a faulty cross-reference entry', cursor.at)
      const number = first + i
      if (offsets.has(number) || freed.has(number)) throw new PdfError(`object ${number} is listed twice`, cursor.at)
      if (match[3] === 'f') freed.add(number)
      else offsets.set(number, { offset: Number(match[1]), generation: Number(match[2]) })
      cursor.at += 20
    }
  }
  expectWord(cursor, 'trailer')
  const trailer = readObject(cursor)
  if (!isDict(trailer)) throw new PdfError('the trailer is not a dictionary', cursor.at)
  return { start, end: cursor.at, trailer, offsets, freed }
}

function readIndirect(
  cursor: Cursor,
  number: number,
  generation: number,
  resolve: (value: PdfObject | undefined) => PdfObject,
): ReadObject {
  const { bytes, at: start } = cursor
  if (readCount(cursor) !== number || readCount(cursor) !== generation) {
    throw new PdfError(`object ${number} is not where the cross-reference table says`, start)
  }
  expectWord(cursor, 'obj')
  const value = readObject(cursor)
  skipSpace(cursor)
  if (!isDict(value) || bytes[cursor.at] !== 0x73) {
    expectWord(cursor, 'endobj')
    return { value, start, end: cursor.at }
  }
  expectWord(cursor, 'stream')
  if (bytes[cursor.at] === 0x0d && bytes[cursor.at + 1] === 0x0a) cursor.at += 2
  else if (bytes[cursor.at] === 0x0a) cursor.at += 1
  else throw new PdfError('«stream» is not followed by an end of line', cursor.at)
  const length = value.entries.get('Length')
  const size = isRef(length) && length.number === number ? undefined : resolve(length)
  if (!isCount(size) || cursor.at + size > bytes.length) throw new PdfError('a stream has no proper /Length', start)
  const from = cursor.at
  cursor.at += size
  expectWord(cursor, 'endstream')
  expectWord(cursor, 'endobj')
  return { value: { kind: 'stream', dict: value, bytes: bytes.subarray(from, from + size) }, start, end: cursor.at }
}

/** The entry of a dictionary (or of a stream's), resolved; null where it is absent. */
export function entry(file: PdfFile, of: PdfObject | undefined, key: string): PdfObject {
  const value = file.resolve(of)
  if (isDict(value)) return file.resolve(value.entries.get(key))
  return isStream(value) ? file.resolve(value.dict.entries.get(key)) : null
}

/** The page objects in order, with their references; throws PdfError for a faulty page tree. */
export function pages(file: PdfFile): readonly { readonly ref: PdfRef; readonly page: PdfDict }[] {
  const found: { ref: PdfRef; page: PdfDict }[] = []
  const seen = new Set<number>()
  const visit = (node: PdfObject | undefined, depth: number): void => {
    const value = file.resolve(node)
    if (!isRef(node) || !isDict(value) || depth > 64 || seen.has(node.number)) throw new PdfError('a faulty page tree')
    seen.add(node.number)
    const kids = entry(file, value, 'Kids')
    if (isArray(kids)) for (const kid of kids.items) visit(kid, depth + 1)
    else found.push({ ref: node, page: value })
  }
  visit(file.catalog.entries.get('Pages'), 0)
  return found
}
