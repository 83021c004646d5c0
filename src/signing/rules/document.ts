import { inflateSync } from 'node:zlib'
import { entry, openPdf, type PdfFile, pages } from '../pdf/file.ts'
import {
  isArray,
  isDict,
  isName,
  isRef,
  isStream,
  type PdfDict,
  type PdfObject,
  type PdfRef,
  type PdfStream,
} from '../pdf/objects.ts'

/** An object in use, with where it stands in the file. */
export type PlacedObject = {
  readonly number: number
  readonly generation: number
  readonly start: number
  /** Behind `endobj`. */
  readonly end: number
  readonly value: PdfObject
}

/** A dictionary, of a stream or not, anywhere in the file; `object` is the indirect object that it is or is part of. */
export type PlacedDict = { readonly object: number; readonly dict: PdfDict; readonly stream: PdfStream | null }

export type PagePlace = {
  readonly ref: PdfRef
  readonly page: PdfDict
  readonly resources: PdfObject
  readonly mediaBox: PdfObject
}

export type Annotation = {
  /** The annotation's own object, or its page's where it is written inside. */
  readonly object: number
  readonly dict: PdfDict
  readonly page: PagePlace
}

/** A PDF with its objects, pages and annotations laid out. */
export type PdfDocument = {
  readonly bytes: Uint8Array
  readonly file: PdfFile
  readonly objects: readonly PlacedObject[]
  readonly dictionaries: readonly PlacedDict[]
  readonly pages: readonly PagePlace[]
  readonly annotations: readonly Annotation[]
  /** The content of a stream with its filters undone; null where one of them is not supported. */
  decode(stream: PdfStream): Uint8Array | null
}

/** No stream may unpack to more. */
const mostBytes = 1 << 28

/** Reads a PDF; throws PdfError where any of its objects cannot be read. */
export function readDocument(bytes: Uint8Array): PdfDocument {
  const file = openPdf(bytes)
  const objects = placedObjects(file)
  const placedPages = pages(file).map(({ ref, page }) => ({
    ref,
    page,
    resources: inherited(file, page, 'Resources'),
    mediaBox: inherited(file, page, 'MediaBox'),
  }))
  return {
    bytes,
    file,
    objects,
    dictionaries: objects.flatMap(({ number, value }) => dictionariesIn(number, value)),
    pages: placedPages,
    annotations: placedPages.flatMap((page) => annotationsOf(file, page)),
    decode: (stream) => decode(file, stream),
  }
}

function placedObjects(file: PdfFile): readonly PlacedObject[] {
  return file.numbers.flatMap((number) => {
    // The newest section that lists an object is the one that counts.
    const place = file.sections.find((section) => section.offsets.has(number))?.offsets.get(number)
    if (!place) return []
    const { value, start, end } = file.read(number, place.generation, place.offset)
    return [{ number, generation: place.generation, start, end, value }]
  })
}

function dictionariesIn(object: number, value: PdfObject, stream: PdfStream | null = null): readonly PlacedDict[] {
  if (isStream(value)) return dictionariesIn(object, value.dict, value)
  if (isArray(value)) return value.items.flatMap((item) => dictionariesIn(object, item))
  if (!isDict(value)) return []
  return [
    { object, dict: value, stream },
    ...[...value.entries.values()].flatMap((inner) => dictionariesIn(object, inner)),
  ]
}

/** What a page has or gets from the nodes above it, ISO 32000-1 section 7.7.3.4. */
function inherited(file: PdfFile, page: PdfDict, key: string): PdfObject {
  let node: PdfObject = page
  for (let depth = 0; isDict(node) && depth < 64; depth++) {
    if (node.entries.has(key)) return file.resolve(node.entries.get(key))
    node = entry(file, node, 'Parent')
  }
  return null
}

function annotationsOf(file: PdfFile, page: PagePlace): readonly Annotation[] {
  const list = entry(file, page.page, 'Annots')
  if (!isArray(list)) return []
  return list.items.flatMap((item) => {
    const dict = file.resolve(item)
    return isDict(dict) ? [{ object: isRef(item) ? item.number : page.ref.number, dict, page }] : []
  })
}

function decode(file: PdfFile, stream: PdfStream): Uint8Array | null {
  const filter = entry(file, stream, 'Filter')
  const filters = isArray(filter) ? filter.items.map((item) => file.resolve(item)) : filter === null ? [] : [filter]
  const predicted = entry(file, stream, 'DecodeParms') !== null
  let { bytes } = stream
  for (const each of filters) {
    if (!isName(each, 'FlateDecode') || predicted) return null
    try {
      bytes = inflateSync(bytes, { maxOutputLength: mostBytes })
    } catch {
      return null
    }
  }
  return bytes
}

/** The text of a name; null for anything else. */
export function nameOf(value: PdfObject): string | null {
  return typeof value === 'object' && value?.kind === 'name' ? value.value : null
}
