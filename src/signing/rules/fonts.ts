import { entry } from '../pdf/file.ts'
import { isArray, isDict, isName, isStream, type PdfDict, PdfError, type PdfObject } from '../pdf/objects.ts'
import { readToUnicode, type ToUnicode } from './cmap.ts'
import type { ContentFacts } from './content-facts.ts'
import { nameOf, type PdfDocument } from './document.ts'
import { readTrueType, type TrueType } from './truetype.ts'

/** A font that text is shown in. */
export type FontFacts = {
  /** The object of the page or form where it is first used. */
  readonly object: number
  readonly title: string
  readonly subtype: string
  readonly dict: PdfDict
  /** The CIDFont of a composite font. */
  readonly descendant: PdfDict | null
  readonly descriptor: PdfDict | null
  /** Whether any of its text is painted. */
  readonly visible: boolean
  /** Null where the codes cannot be told apart: a composite font with another encoding than Identity. */
  readonly codes: readonly number[] | null
  readonly program: { readonly key: 'FontFile' | 'FontFile2' | 'FontFile3'; readonly trueType: TrueType | null } | null
  readonly toUnicode: ToUnicode | 'none' | 'unreadable'
  /** Glyph and stated width of a code; null where the font is of a kind whose glyphs are not looked at. */
  readonly glyph: ((code: number) => { readonly glyph: number; readonly width: number }) | null
}

/** Reads the fonts in which any text is shown. */
export function readFonts(subject: PdfDocument, { fonts }: ContentFacts): readonly FontFacts[] {
  const { file } = subject
  return [...fonts].flatMap(([value, { object, texts, visible }]) => {
    if (!isDict(value)) return []
    const descendants = entry(file, value, 'DescendantFonts')
    const descendant = isArray(descendants) ? file.resolve(descendants.items[0]) : null
    const cid = isDict(descendant) ? descendant : null
    const descriptor = entry(file, cid ?? value, 'FontDescriptor')
    const subtype = nameOf(entry(file, value, 'Subtype')) ?? 'none'
    const encoding = nameOf(entry(file, value, 'Encoding'))
    const program = programOf(subject, descriptor)
    const identity = encoding === 'Identity-H' || encoding === 'Identity-V'
    return {
      object,
      title: nameOf(entry(file, value, 'BaseFont')) ?? 'a font without a name',
      subtype,
      dict: value,
      descendant: cid,
      descriptor: isDict(descriptor) ? descriptor : null,
      visible,
      codes: subtype !== 'Type0' ? codesOf(texts, 1) : identity ? codesOf(texts, 2) : null,
      program,
      toUnicode: toUnicodeOf(subject, value),
      glyph: cid && identity && program?.trueType ? glyphsOf(subject, cid) : null,
    }
  })
}

function codesOf(texts: ReadonlySet<string>, size: 1 | 2): readonly number[] {
  const codes = new Set<number>()
  for (const text of texts) {
    for (let i = 0; i + size <= text.length; i += size) {
      codes.add(size === 1 ? text.charCodeAt(i) : text.charCodeAt(i) * 256 + text.charCodeAt(i + 1))
    }
  }
  return [...codes]
}

function programOf(subject: PdfDocument, descriptor: PdfObject): FontFacts['program'] {
  for (const key of ['FontFile', 'FontFile2', 'FontFile3'] as const) {
    const stream = entry(subject.file, descriptor, key)
    if (!isStream(stream)) continue
    const bytes = key === 'FontFile' ? null : subject.decode(stream)
    return { key, trueType: bytes && readTrueType(bytes) }
  }
  return null
}

function toUnicodeOf(subject: PdfDocument, font: PdfDict): FontFacts['toUnicode'] {
  const stream = entry(subject.file, font, 'ToUnicode')
  if (!isStream(stream)) return 'none'
  const bytes = subject.decode(stream)
  try {
    return bytes ? readToUnicode(bytes) : 'unreadable'
  } catch (error) {
    if (error instanceof PdfError) return 'unreadable'
    throw error
  }
}

/** Glyphs and widths of a CIDFontType2 under Identity, ISO 32000-1 sections 9.7.4.2 and 9.7.4.3. */
function glyphsOf(subject: PdfDocument, cid: PdfDict): FontFacts['glyph'] {
  const { file } = subject
  const mapping = entry(file, cid, 'CIDToGIDMap')
  const map = isStream(mapping) ? subject.decode(mapping) : null
  if (!map && !isName(mapping, 'Identity')) return null
  const widths = new Map<number, number>()
  const listed = entry(file, cid, 'W')
  const items = isArray(listed) ? listed.items.map((item) => file.resolve(item)) : []
  for (let i = 0; i < items.length; ) {
    const [first, second, third] = items.slice(i, i + 3)
    if (typeof first !== 'number') return null
    if (isArray(second)) {
      for (const [at, width] of second.items.entries()) widths.set(first + at, Number(file.resolve(width)))
      i += 2
    } else if (typeof second === 'number' && typeof third === 'number' && second - first < 65_536) {
      for (let at = first; at <= second; at++) widths.set(at, third)
      i += 3
    } else return null
  }
  const fallback = entry(file, cid, 'DW')
  const usual = typeof fallback === 'number' ? fallback : 1000
  return (code) => ({
    glyph: map ? (map[2 * code] ?? 0) * 256 + (map[2 * code + 1] ?? 0) : code,
    width: widths.get(code) ?? usual,
  })
}
