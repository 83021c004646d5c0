import { promisify } from 'node:util'
import { constants, deflate, inflate } from 'node:zlib'
import { entry, type PdfFile } from './file.ts'
import { isName, isRef, isStream, name, type PdfDict, withEntries } from './objects.ts'
import type { Update } from './update.ts'

const deflated = promisify(deflate)
const inflated = promisify(inflate)
/** So many pages are in memory at the same time. */
const atOnce = 16
const mostBytes = 1 << 27

/** What was seen of the pages' text on the way. */
export type PageTexts = {
  /** Every page was of the form that Chromium writes. */
  readonly understood: boolean
  /** Some text has a character that no font has: it shows the glyph .notdef. */
  readonly missingGlyphs: boolean
}

/**
 * Marks as artefacts (ISO 32000-1 section 14.8.2.2) what Chromium paints outside the tags: running heads, page numbers,
 * backgrounds and rules. Pages that are not of its making stay as they are.
 */
export async function markArtefacts(file: PdfFile, update: Update, pages: readonly PdfDict[]): Promise<PageTexts> {
  let understood = true
  let missingGlyphs = false
  const one = async (page: PdfDict): Promise<void> => {
    const at = page.entries.get('Contents')
    const stream = file.resolve(at)
    if (!isRef(at) || !isStream(stream) || !isName(entry(file, stream, 'Filter'), 'FlateDecode')) {
      understood = false
      return
    }
    const text = (await inflated(stream.bytes, { maxOutputLength: mostBytes })).toString('latin1')
    const marked = withArtefacts(text)
    if (marked === null) understood = false
    if (showsMissingGlyph(text)) missingGlyphs = true
    if (marked === null || marked === text) return
    // Fast rather than small: the page's own bytes stay in the file anyway.
    const bytes = await deflated(Buffer.from(marked, 'latin1'), { level: constants.Z_BEST_SPEED })
    update.put(at, { ...stream, dict: withEntries(stream.dict, { Filter: name('FlateDecode') }), bytes })
  }
  for (let i = 0; i < pages.length; i += atOnce) await Promise.all(pages.slice(i, i + atOnce).map(one))
  return { understood, missingGlyphs }
}

const paints = /(?:^|[\n ])(?:[fbBsS]|[fbB]\*|Tj|TJ|sh|Do)(?:\n|$)/

/** The content with /Artifact round all painting outside marked content; null where it is not of the form expected. */
export function withArtefacts(text: string): string | null {
  const parts: string[] = []
  let at = 0
  for (;;) {
    // No string can end a line here, so that these words are always operators.
    const begin = text.indexOf('BDC\n', at)
    const outside = text.slice(at, begin < 0 ? text.length : text.lastIndexOf('\n', begin) + 1)
    if (/[BE]MC\n/.test(outside) || count(outside, 'BT\n') !== count(outside, 'ET\n')) return null
    parts.push(paints.test(outside) ? `/Artifact BMC\n${outside}${outside.endsWith('\n') ? '' : '\n'}EMC\n` : outside)
    if (begin < 0) return parts.join('')
    const end = endOfMark(text, begin + 4)
    if (end === null) return null
    parts.push(text.slice(text.lastIndexOf('\n', begin) + 1, end))
    at = end
  }
}

/** Behind the EMC of the mark that is open at a place; there may be others inside. */
function endOfMark(text: string, from: number): number | null {
  let at = from
  for (let depth = 1; depth > 0; ) {
    const end = text.indexOf('EMC\n', at)
    if (end < 0) return null
    const begin = text.indexOf('BDC\n', at)
    const opens = begin >= 0 && begin < end
    depth += opens ? 1 : -1
    at = (opens ? begin : end) + 4
  }
  return at
}

function count(text: string, part: string): number {
  let found = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) found++
  return found
}

/** Whether a hexadecimal string of two-byte codes has the code 0, which is .notdef in a font under Identity. */
export function showsMissingGlyph(text: string): boolean {
  for (let at = text.indexOf('0000'); at >= 0; at = text.indexOf('0000', at + 1)) {
    const open = text.lastIndexOf('<', at)
    const inside = open >= 0 && /^[0-9A-Fa-f]*$/.test(text.slice(open + 1, at))
    if (inside && (at - open - 1) % 4 === 0) return true
  }
  return false
}
