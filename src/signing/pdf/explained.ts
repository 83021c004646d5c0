import { fromLatin1 } from '../bytes.ts'
import { Refusal } from '../refusal.ts'
import type { PdfFile } from './file.ts'

type Place = { readonly start: number; readonly kind: 'object' | 'section'; readonly end: () => number }

/**
 * Sees that every byte of a file belongs to an object, a cross-reference section or the file's frame, and to one only:
 * nothing is hidden between them. Throws Refusal, or PdfError where an object cannot be read.
 */
export function explainBytes(file: PdfFile): void {
  const places = file.sections.flatMap((section): Place[] => [
    { start: section.start, kind: 'section', end: () => section.end },
    ...[...section.offsets].map(([number, { offset, generation }]): Place => {
      return { start: offset, kind: 'object', end: () => file.read(number, generation, offset).end }
    }),
  ])
  let at = 0
  let before: Place['kind'] | 'nothing' = 'nothing'
  // In order of place and read one by one, so that what overlaps is refused before it costs anything.
  for (const place of places.toSorted((a, b) => a.start - b.start)) {
    checkBetween(file, at, place.start, before)
    at = place.end()
    before = place.kind
  }
  checkBetween(file, at, file.bytes.length, before)
}

function checkBetween(file: PdfFile, from: number, to: number, before: keyof typeof frames): void {
  const isShort = to >= from && to - from <= 64
  if (isShort && frames[before].test(fromLatin1(file.bytes.subarray(from, to)))) return
  throw new Refusal('unexplained-bytes', `The bytes from ${from} to ${to} belong to nothing in the document.`)
}

/** What may stand after the beginning of the file, an object, or a cross-reference section. */
const frames = {
  nothing: /^%PDF-\d\.\d[ \t]*[\r\n]+(?:%[\x80-\xff]{4,16}[\r\n]+)?[ \r\n]*$/,
  object: /^[ \r\n]*$/,
  section: /^[ \r\n]*startxref[\r\n]+\d+[\r\n]+%%EOF[\r\n]*$/,
} as const
