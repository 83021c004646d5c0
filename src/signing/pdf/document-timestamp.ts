import { entry, type PdfFile, pages } from './file.ts'
import { catalogWithField, pageWithWidget } from './later-revision.ts'
import { array, dict, isName, isString, name, type PdfDict, PdfError, raw, readText, textString } from './objects.ts'
import { fixRange, rangeWidth, type SignedRange, signatureFields } from './signature-field.ts'
import { updateOf } from './update.ts'

/** A file with a document timestamp (EN 319 142-1 section 5.4.3) whose token is still to be filled into its gap. */
export type OpenTimestamp = { readonly bytes: Uint8Array; readonly range: SignedRange }

/**
 * Appends the field and value of a document timestamp with room for `reserved` bytes of token, as an update of its own;
 * the field has a widget on the first page that cannot be seen. Throws PdfError.
 */
export function appendTimestampField(file: PdfFile, reserved: number): OpenTimestamp {
  const update = updateOf(file)
  const [first] = pages(file)
  if (!first) throw new PdfError('the document has no page')
  const value = update.add(
    dict({
      Type: name('DocTimeStamp'),
      Filter: name('Adobe.PPKLite'),
      SubFilter: name('ETSI.RFC3161'),
      ByteRange: raw(`[${' '.repeat(rangeWidth - 2)}]`),
      Contents: raw(`<${'0'.repeat(reserved * 2)}>`),
    }),
  )
  const field = update.add(
    dict({
      Type: name('Annot'),
      Subtype: name('Widget'),
      FT: name('Sig'),
      T: textString(freeName(file)),
      TU: textString('Timestamp of this document'),
      V: value,
      // Print, Locked.
      F: 132,
      Rect: array(0, 0, 0, 0),
      P: first.ref,
    }),
  )
  update.put(first.ref, pageWithWidget(file, first.page, field))
  update.put(file.catalogRef, catalogWithField(file, field))
  const written = update.write({})
  const range = fixRange(written.bytes, written.offsets.get(value.number) ?? 0, reserved)
  return { bytes: written.bytes, range }
}

/** `Timestamp1`, or the next number that no field has. */
function freeName(file: PdfFile): string {
  const taken = signatureFields(file).map((field) => entry(file, field, 'T'))
  const names = new Set(taken.flatMap((title) => (isString(title) ? [readText(title)] : [])))
  for (let i = 1; ; i++) if (!names.has(`Timestamp${i}`)) return `Timestamp${i}`
}

/** Whether a signature field's value is a document timestamp. */
export function isDocumentTimestamp(file: PdfFile, value: PdfDict): boolean {
  return isName(entry(file, value, 'SubFilter'), 'ETSI.RFC3161')
}
