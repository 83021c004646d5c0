import { entry, type PdfFile } from './file.ts'
import { isArray, isDict, isName, isStream, type PdfDict, type PdfObject } from './objects.ts'

/**
 * Whether every font in the pages' resources is of the one kind that Chromium makes of our own faces: an embedded TrueType
 * font under Identity, with Unicode texts. A face that the machine put in for a foreign script may be of another kind.
 */
export function allFontsArchivable(file: PdfFile, pages: readonly PdfDict[]): boolean {
  const known = new Map<PdfObject, boolean>()
  for (const page of pages) {
    const fonts = entry(file, entry(file, page, 'Resources'), 'Font')
    for (const value of isDict(fonts) ? fonts.entries.values() : []) {
      const font = file.resolve(value)
      const good = known.get(font) ?? isArchivable(file, font)
      if (!good) return false
      known.set(font, good)
    }
  }
  return true
}

function isArchivable(file: PdfFile, font: PdfObject): boolean {
  const descendants = entry(file, font, 'DescendantFonts')
  const descendant = isArray(descendants) ? file.resolve(descendants.items[0]) : null
  return (
    isName(entry(file, font, 'Subtype'), 'Type0') &&
    isName(entry(file, font, 'Encoding'), 'Identity-H') &&
    isStream(entry(file, font, 'ToUnicode')) &&
    isName(entry(file, descendant, 'Subtype'), 'CIDFontType2') &&
    isName(entry(file, descendant, 'CIDToGIDMap'), 'Identity') &&
    isStream(entry(file, entry(file, descendant, 'FontDescriptor'), 'FontFile2'))
  )
}
