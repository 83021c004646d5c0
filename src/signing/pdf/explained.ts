import { fromLatin1 } from '../bytes.ts'
import { Refusal } from '../refusal.ts'
import type { PdfFile } from './file.ts'

type Span = { readonly start: number; readonly end: number; readonly kind: 'object' | 'section' }

/**
 * Sees that every byte of a file belongs to an object, a cross-reference section or the file's frame, and to one only:
 * nothing is hidden between them. Throws Refusal, or PdfError where an object cannot be read.
 */
export function explainBytes(file: PdfFile): void {
  const spans = file.sections
    .flatMap((section): Span[] => [
      { start: section.start, end: section.end, kind: 'section' },
      ...[...section.offsets].map(([number, { offset, generation }]): Span => {
        const { start, end } = file.read(number, generation, offset)
        return { start, end, kind: 'object' }
      }),
    ])
    .toSorted((a, b) => a.start - b.start)
  let at = 0
  let before: Span['kind'] | 'nothing' = 'nothing'
  for (const span of [...spans, { start: file.bytes.length, end: file.bytes.length, kind: 'object' }] as const) {
    const between =
      span.start < at ? undefined : span.start - at > 64 ? 'long' : fromLatin1(file.bytes.subarray(at, span.start))
    if (between === undefined || !frames[before].test(between)) {
      throw new Refusal('unexplained-bytes', `The bytes from ${at} to ${span.start} belong to nothing in the document.`)
    }
    at = span.end
    before = span.kind
  }
}

/** What may stand after the beginning of the file, an object, or a cross-reference section. */
const frames = {
  nothing: /^%PDF-\d\.\d[ \t]*[\r\n]+(?:%[\x80-\xff]{4,16}[\r\n]+)?[ \r\n]*$/,
  object: /^[ \r\n]*$/,
  section: /^[ \r\n]*startxref[\r\n]+\d+[\r\n]+%%EOF[\r\n]*$/,
} as const
