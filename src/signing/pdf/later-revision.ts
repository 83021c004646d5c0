import { sameBytes } from '../bytes.ts'
import { Refusal } from '../refusal.ts'
import { entry, type PdfFile, pages } from './file.ts'
import {
  array,
  isArray,
  isCount,
  isDict,
  isRef,
  isString,
  type PdfDict,
  type PdfObject,
  type PdfRef,
  ref,
  withEntries,
} from './objects.ts'
import { blankAppearance, fieldDictionary, nowhere } from './signature-field.ts'
import { writeObject } from './write.ts'

/*
 * What a further signature may change of a signed document, and how. Writer and verifier both take the objects from
 * here, so that the one writes what the other expects. Signed reports exist: what was expected once is accepted for good.
 */

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
 * Sees that a document is an earlier one with one more signature, the `count`th, and nothing else: five objects, each as
 * it must be, an invisible field among them. Throws Refusal, or PdfError.
 */
export function checkAddition(before: PdfFile, after: PdfFile, signature: number, count: number): void {
  const [added, previous] = after.sections
  const isOneUpdate =
    added && after.sections.length === before.sections.length + 1 && previous?.start === before.sections[0]?.start
  if (!isOneUpdate || added.freed.size > 0) throw addition('not exactly one update')
  if (entry(before, before.catalog, 'Perms') !== null) throw addition('something, although the document is certified')
  checkTrailer(before.trailer, after.trailer)

  const field = itemsOf(entry(after, entry(after, after.catalog, 'AcroForm'), 'Fields')).at(-1)
  const shown = entry(after, field, 'AP')
  const appearance = isDict(shown) ? shown.entries.get('N') : undefined
  const [page] = pages(before)
  if (!isRef(field) || !isRef(appearance) || !page) throw addition('a field that is not one of a signature')
  const expected = new Map<number, PdfObject>([
    [before.catalogRef.number, catalogWithField(before, field)],
    [page.ref.number, pageWithWidget(before, page.page, field)],
    [
      field.number,
      fieldDictionary({ number: count, page: page.ref, signature: ref(signature), appearance, place: nowhere }),
    ],
    [appearance.number, blankAppearance(nowhere)],
    [signature, checkedDictionary(after.load(signature))],
  ])
  const isNew = [field.number, appearance.number, signature].every((number) => !before.numbers.includes(number))
  if (!isNew || expected.size !== 5 || added.offsets.size !== 5) throw addition('other objects')
  for (const [number, value] of expected) {
    if (!added.offsets.has(number) || !same(after.load(number), value)) throw addition(`something in object ${number}`)
  }
}

function checkTrailer(before: PdfDict, after: PdfDict): void {
  const identifiers = after.entries.get('ID')
  const [first, second, ...more] = itemsOf(identifiers ?? null)
  const isSound =
    isCount(after.entries.get('Size')) &&
    isCount(after.entries.get('Prev')) &&
    same(first ?? null, itemsOf(before.entries.get('ID') ?? null)[0] ?? null) &&
    isString(second) &&
    more.length === 0
  const free = { Size: 0, Prev: 0, ID: array() }
  if (!isSound || !same(withEntries(before, free), withEntries(after, free))) throw addition('another trailer')
}

const texts = ['M', 'Name', 'Reason', 'Location', 'ContactInfo']
const keys = ['Type', 'Filter', 'SubFilter', 'ByteRange', 'Contents', ...texts]

/** The signature dictionary as it is: its values are checked where its range is, here that it holds nothing else. */
function checkedDictionary(value: PdfObject): PdfObject {
  const isSound =
    isDict(value) &&
    [...value.entries].every(([key, item]) => keys.includes(key) && (!texts.includes(key) || isString(item)))
  if (!isSound) throw addition('more than a signature says')
  return value
}

const same = (a: PdfObject, b: PdfObject): boolean => sameBytes(writeObject(a), writeObject(b))

const addition = (what: string): Refusal =>
  new Refusal(
    'modified-after-signing',
    `After it was signed, something other than a further signature was added: ${what}.`,
  )
