import type { Instant } from '../../model/time.ts'
import { findText, hex, latin1 } from '../bytes.ts'
import { entry, type PdfFile } from './file.ts'
import {
  array,
  dateString,
  dict,
  isArray,
  isDict,
  isName,
  name,
  type PdfDict,
  PdfError,
  type PdfObject,
  type PdfRef,
  type PdfStream,
  type PdfString,
  raw,
  textString,
  withEntries,
} from './objects.ts'
import type { Update } from './update.ts'

/** What a signature dictionary says beside the signature. */
export type SignatureText = {
  readonly signedAt: Instant
  readonly name: string
  readonly reason: string
  readonly location: string
  readonly contact?: string | undefined
}

/** Lower left and upper right corner in points from the page's lower left corner. */
export type Rectangle = readonly [left: number, bottom: number, right: number, top: number]

/** Room for any /ByteRange, in characters. */
export const rangeWidth = 48

/** The same as a signature dictionary holds it. */
export type SignatureTexts = {
  readonly [key in 'M' | 'Name' | 'Reason' | 'Location' | 'ContactInfo']: PdfString | undefined
}

export function signatureTexts(text: SignatureText): SignatureTexts {
  return {
    M: dateString(text.signedAt),
    Name: textString(text.name),
    Reason: textString(text.reason),
    Location: textString(text.location),
    ContactInfo: text.contact === undefined ? undefined : textString(text.contact),
  }
}

/** A signature dictionary with room for `reserved` bytes of CMS; what is known only later comes first. */
export function signatureDictionaryOf(texts: SignatureTexts, reserved: number): PdfDict {
  return dict({
    Type: name('Sig'),
    Filter: name('Adobe.PPKLite'),
    SubFilter: name('ETSI.CAdES.detached'),
    ByteRange: raw(`[${' '.repeat(rangeWidth - 2)}]`),
    Contents: raw(`<${'0'.repeat(reserved * 2)}>`),
    M: texts.M,
    Name: texts.Name,
    Reason: texts.Reason,
    Location: texts.Location,
    ContactInfo: texts.ContactInfo,
  })
}

/** The same for a document's first signature, which may certify it. */
export function signatureDictionary(text: SignatureText, reserved: number, certify: boolean): PdfDict {
  const own = signatureDictionaryOf(signatureTexts(text), reserved)
  if (!certify) return own
  const parameters = dict({ Type: name('TransformParams'), P: 1, V: name('1.2') })
  const reference = dict({ Type: name('SigRef'), TransformMethod: name('DocMDP'), TransformParams: parameters })
  return withEntries(own, { Reference: array(reference) })
}

/** Adds a signature field that is its own widget, for the /Annots of `page`; without a rectangle it cannot be seen. */
export function signatureField(update: Update, page: PdfRef, signature: PdfRef, rectangle?: Rectangle): PdfDict {
  const place = rectangle ?? nowhere
  return fieldDictionary({ number: 1, page, signature, appearance: update.add(blankAppearance(place)), place })
}

/** The place of a field that cannot be seen. */
export const nowhere: Rectangle = [0, 0, 0, 0]

/** An appearance that shows nothing. */
export function blankAppearance([left, bottom, right, top]: Rectangle): PdfStream {
  return {
    kind: 'stream',
    dict: dict({
      Type: name('XObject'),
      Subtype: name('Form'),
      BBox: array(0, 0, right - left, top - bottom),
      Resources: dict({}),
    }),
    bytes: new Uint8Array(),
  }
}

/** The field of a document's signature of a number, counted from 1. */
export function fieldDictionary(field: {
  readonly number: number
  readonly page: PdfRef
  readonly signature: PdfRef
  readonly appearance: PdfRef
  readonly place: Rectangle
}): PdfDict {
  return dict({
    Type: name('Annot'),
    Subtype: name('Widget'),
    FT: name('Sig'),
    T: textString(`Signature${field.number}`),
    TU: textString('Digital signature of this document'),
    V: field.signature,
    // Print, Locked.
    F: 132,
    Rect: array(...field.place),
    P: field.page,
    AP: dict({ N: field.appearance }),
  })
}

/** A signed range: all of the file but the one token from `gapStart` to `gapEnd`, its `<` and `>` included. */
export type SignedRange = { readonly gapStart: number; readonly gapEnd: number }

/** Writes the /ByteRange of the signature dictionary at `offset` into the file's bytes. */
export function fixRange(bytes: Uint8Array, offset: number, reserved: number): SignedRange {
  const rangeStart = find(bytes, '/ByteRange [', offset) + '/ByteRange '.length
  const gapStart = find(bytes, '/Contents <', rangeStart) + '/Contents '.length
  const gapEnd = gapStart + 2 + reserved * 2
  const range = `[0 ${gapStart} ${gapEnd} ${bytes.length - gapEnd}`
  bytes.set(latin1(`${range.padEnd(rangeWidth - 1)}]`), rangeStart)
  return { gapStart, gapEnd }
}

function find(bytes: Uint8Array, text: string, from: number): number {
  const at = findText(bytes, text, from)
  if (at < 0) throw new TypeError(`${text} is not there`)
  return at
}

/** Writes a CMS into the gap, in upper-case hexadecimal, zeros behind it. */
export function fillGap(bytes: Uint8Array, { gapStart }: SignedRange, cms: Uint8Array): void {
  bytes.set(latin1(hex(cms).toUpperCase()), gapStart + 1)
}

/** The two signed parts of a file. */
export function signedParts(bytes: Uint8Array, { gapStart, gapEnd }: SignedRange): readonly [Uint8Array, Uint8Array] {
  return [bytes.subarray(0, gapStart), bytes.subarray(gapEnd)]
}

/** The terminal fields of the form that are signature fields; throws PdfError for a faulty field tree. */
export function signatureFields(file: PdfFile): readonly PdfDict[] {
  const found: PdfDict[] = []
  const seen = new Set<PdfObject>()
  const visit = (node: PdfObject, inherited: PdfObject, depth: number): void => {
    const field = file.resolve(node)
    if (!isDict(field) || depth > 16 || seen.has(field)) throw new PdfError('a faulty form field')
    seen.add(field)
    const type = entry(file, field, 'FT') ?? inherited
    const kids = entry(file, field, 'Kids')
    if (isArray(kids)) for (const kid of kids.items) visit(kid, type, depth + 1)
    if (isName(type, 'Sig') && (!isArray(kids) || field.entries.has('V'))) found.push(field)
  }
  const fields = entry(file, entry(file, file.catalog, 'AcroForm'), 'Fields')
  if (isArray(fields)) for (const field of fields.items) visit(field, null, 0)
  return found
}
