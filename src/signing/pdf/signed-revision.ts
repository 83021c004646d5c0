import { type Instant, instant } from '../../model/time.ts'
import { fromLatin1 } from '../bytes.ts'
import { oneLine } from '../one-line.ts'
import { Refusal } from '../refusal.ts'
import { isDocumentTimestamp } from './document-timestamp.ts'
import { entry, type PdfFile } from './file.ts'
import {
  isArray,
  isDict,
  isName,
  isRef,
  isStream,
  isString,
  type PdfDict,
  type PdfObject,
  readText,
} from './objects.ts'
import { type SignedRange, signatureFields } from './signature-field.ts'

/** The newest signature of a file, its range checked. */
export type FoundSignature = {
  /** Number of the signature dictionary's object. */
  readonly number: number
  readonly range: SignedRange
  /** The bytes of /Contents: the CMS and the zeros behind it. */
  readonly room: Uint8Array
  /** What /M, /Name and /Reason claim; texts are one line each, without characters that could make them look like others. */
  readonly signedAt: Instant | null
  readonly name: string | null
  readonly reason: string | null
  /** Numbers of all dictionaries of signatures and document timestamps, its own among them. */
  readonly all: readonly number[]
}

/** At most so many people sign one report. */
export const mostSignatures = 8

/**
 * Finds the newest signature of a file and sees that it covers all of it but its own value; throws Refusal or PdfError.
 */
export function findSignature(file: PdfFile): FoundSignature {
  const filled = signatureFields(file).filter((field) => field.entries.has('V'))
  const isStamp = (field: PdfDict): boolean => {
    const value = file.resolve(field.entries.get('V'))
    return isDict(value) && isDocumentTimestamp(file, value)
  }
  const [fields, stamps] = [filled.filter((field) => !isStamp(field)), filled.filter(isStamp)]
  if (fields.length === 0) throw new Refusal('not-signed', 'The document has no signature.')
  if (fields.length > mostSignatures) {
    throw new Refusal(
      'several-signatures',
      `The document has ${fields.length} signatures, more than a report can have.`,
    )
  }
  const found = fields.map((field) => readField(file, field)).toSorted((a, b) => a.end - b.end)
  const all = [...found, ...stamps.map((field) => field.entries.get('V')).filter(isRef)].map(({ number }) => number)
  const newest = found.at(-1)
  if (!newest) throw new Refusal('not-signed', 'The document has no signature.')
  if (new Set(found.map(({ end }) => end)).size < found.length) {
    throw new Refusal('several-signatures', 'Two signatures claim to cover the same part of the document.')
  }
  if (newest.end !== file.bytes.length) {
    const code = newest.end < file.bytes.length ? 'modified-after-signing' : 'byte-range'
    throw new Refusal(code, `The signed range ends at byte ${newest.end}, the file at byte ${file.bytes.length}.`)
  }
  return { ...newest, all }
}

function readField(file: PdfFile, field: PdfDict) {
  const at = field.entries.get('V')
  const dictionary = file.resolve(at)
  if (!isRef(at) || !isDict(dictionary))
    throw new Refusal('signature-dictionary', 'The signature field has no proper value.')
  checkDictionary(file, dictionary)
  const text = (key: string): string | null => {
    const value = dictionary.entries.get(key)
    return isString(value) ? oneLine(readText(value)) : null
  }
  return {
    ...readRange(file, dictionary),
    number: at.number,
    signedAt: readDate(dictionary.entries.get('M')),
    name: text('Name'),
    reason: text('Reason'),
  }
}

function checkDictionary(file: PdfFile, dictionary: PdfDict): void {
  const type = entry(file, dictionary, 'Type')
  const isKnown =
    (type === null || isName(type, 'Sig')) &&
    isName(entry(file, dictionary, 'Filter'), 'Adobe.PPKLite') &&
    isName(entry(file, dictionary, 'SubFilter'), 'ETSI.CAdES.detached')
  if (!isKnown) throw new Refusal('signature-dictionary', 'The signature is not of the kind ETSI.CAdES.detached.')
}

/** Sees that no object but the signature dictionaries looks like one; throws Refusal, or PdfError. */
export function checkAlone(file: PdfFile, signatures: readonly number[]): void {
  const own = new Set(signatures)
  for (const number of file.numbers) {
    const value = own.has(number) ? null : file.load(number)
    const dictionary = isStream(value) ? value.dict : value
    if (
      isDict(dictionary) &&
      (dictionary.entries.has('ByteRange') || isName(dictionary.entries.get('Type') ?? null, 'Sig'))
    ) {
      throw new Refusal('several-signatures', `Object ${number} poses as a further signature.`)
    }
  }
}

function readRange(
  file: PdfFile,
  dictionary: PdfDict,
): Pick<FoundSignature, 'range' | 'room'> & { readonly end: number } {
  const { bytes } = file
  const range = dictionary.entries.get('ByteRange')
  const contents = dictionary.entries.get('Contents')
  const spelling = isArray(range) && range.token ? fromLatin1(bytes.subarray(range.token.start, range.token.end)) : ''
  const match = /^\[ *0 +(\d{1,12}) +(\d{1,12}) +(\d{1,12}) *\]$/.exec(spelling)
  if (!match) {
    throw new Refusal('byte-range', 'The signed range is not four whole numbers of which the first is 0.')
  }
  const [gapStart, gapEnd, rest] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (!isString(contents) || contents.token?.start !== gapStart || contents.token.end !== gapEnd) {
    throw new Refusal('byte-range', 'What is left out of the signed range is not exactly the value of the signature.')
  }
  const token = fromLatin1(bytes.subarray(gapStart, gapEnd))
  if (!/^<(?:[0-9A-F]{2})+>$/.test(token)) {
    throw new Refusal('contents-token', 'The value of the signature is not plain upper-case hexadecimal.')
  }
  return { range: { gapStart, gapEnd }, room: contents.bytes, end: gapEnd + rest }
}

function readDate(value: PdfObject | undefined): Instant | null {
  const match = isString(value)
    ? /^D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:Z|([+-]\d\d)'(\d\d)'?)$/.exec(readText(value))
    : null
  if (!match) return null
  const [, year, month, day, hour, minute, second, offsetHour, offsetMinute] = match
  const offset = offsetHour === undefined ? 'Z' : `${offsetHour}:${offsetMinute}`
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`)
  return Number.isNaN(at) ? null : instant(at)
}
