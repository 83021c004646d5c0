import { Refusal } from '../refusal.ts'
import { entry, type PdfFile, pages } from './file.ts'
import {
  array,
  byteString,
  isArray,
  isDict,
  isString,
  type PdfDict,
  PdfError,
  type PdfObject,
  type PdfRef,
  withEntries,
} from './objects.ts'
import { isSameBut } from './same.ts'
import {
  blankAppearance,
  fieldDictionary,
  fixRange,
  nowhere,
  type SignatureTexts,
  signatureDictionaryOf,
} from './signature-field.ts'
import { updateOf, type WrittenUpdate } from './update.ts'

/*
 * A further signature is an update of five objects, an invisible field among them. It is written anew from what was read of
 * it, and has to be the same byte for byte: anybody may sign what is signed, and other readers see more in a file than its
 * objects. Signed reports exist: what was written here once is accepted for good.
 */

/** A file with room for one more signature, the `count`th, and which object that is. */
export type OpenSignature = WrittenUpdate & { readonly signature: PdfRef }

/** Appends the field and the value of one more signature, as an update that brings nothing else. Throws PdfError. */
export function appendSignature(file: PdfFile, texts: SignatureTexts, count: number, reserved: number): OpenSignature {
  const [page] = pages(file)
  if (!page) throw new PdfError('the document has no page')
  const update = updateOf(file)
  const signature = update.add(signatureDictionaryOf(texts, reserved))
  const appearance = update.add(blankAppearance(nowhere))
  const field = update.add(fieldDictionary({ number: count, page: page.ref, signature, appearance, place: nowhere }))
  update.put(page.ref, pageWithWidget(file, page.page, field))
  update.put(file.catalogRef, catalogWithField(file, field))
  return { ...update.write({}), signature }
}

/** The catalog with one more field in its form. */
export function catalogWithField(file: PdfFile, field: PdfRef): PdfDict {
  const form = entry(file, file.catalog, 'AcroForm')
  const fields = itemsOf(entry(file, form, 'Fields'))
  const base: PdfDict = isDict(form) ? form : { kind: 'dict', entries: new Map() }
  return withEntries(file.catalog, { AcroForm: withEntries(base, { Fields: array(...fields, field), SigFlags: 3 }) })
}

/** A page with one more widget. */
export function pageWithWidget(file: PdfFile, page: PdfDict, widget: PdfRef): PdfDict {
  return withEntries(page, { Annots: array(...itemsOf(entry(file, page, 'Annots')), widget) })
}

const itemsOf = (value: PdfObject): readonly PdfObject[] => (isArray(value) ? value.items : [])

/**
 * Sees that a document is an earlier one with one more signature, the `count`th, and nothing else; `signature` is the
 * number of its dictionary. Throws Refusal, or PdfError.
 */
export function checkAddition(before: PdfFile, after: PdfFile, signature: number, count: number): void {
  if (entry(before, before.catalog, 'Perms') !== null) throw addition('something, although the document is certified')
  const value = after.load(signature)
  const contents = isDict(value) ? value.entries.get('Contents') : undefined
  if (!isDict(value) || !isString(contents)) throw addition('a signature without a value')
  const expected = appendSignature(before, textsOf(value), count, contents.bytes.length)
  const range = fixRange(expected.bytes, expected.offsets.get(expected.signature.number) ?? 0, contents.bytes.length)
  if (!isSameBut(range, expected.bytes, after.bytes)) throw addition('more than a signature brings, or in another form')
}

/** What a signature dictionary says. */
function textsOf({ entries }: PdfDict): SignatureTexts {
  const text = (key: string) => {
    const value = entries.get(key)
    return isString(value) ? byteString(value.bytes) : undefined
  }
  return {
    M: text('M'),
    Name: text('Name'),
    Reason: text('Reason'),
    Location: text('Location'),
    ContactInfo: text('ContactInfo'),
  }
}

const addition = (what: string): Refusal =>
  new Refusal(
    'modified-after-signing',
    `After it was signed, something other than a further signature was added: ${what}.`,
  )
