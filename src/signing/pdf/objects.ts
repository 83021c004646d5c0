import { latin1 } from '../bytes.ts'

/** Something that is not the PDF it should be; `at` is the offset in bytes where it was seen. */
export class PdfError extends Error {
  readonly at: number | undefined

  constructor(message: string, at?: number) {
    super(at === undefined ? message : `${message} (at byte ${at})`)
    this.at = at
  }
}

export type PdfName = { readonly kind: 'name'; readonly value: string }
/** Where something stands in the bytes it was read from, its delimiters included; absent where it was made here. */
export type Token = { readonly start: number; readonly end: number }
export type PdfString = { readonly kind: 'string'; readonly bytes: Uint8Array; readonly token?: Token }
export type PdfArray = { readonly kind: 'array'; readonly items: readonly PdfObject[]; readonly token?: Token }
export type PdfDict = { readonly kind: 'dict'; readonly entries: ReadonlyMap<string, PdfObject> }
export type PdfRef = { readonly kind: 'ref'; readonly number: number; readonly generation: number }
export type PdfStream = { readonly kind: 'stream'; readonly dict: PdfDict; readonly bytes: Uint8Array }
/** Text that is written as it stands; never read. It keeps room for what is known only later. */
export type PdfRaw = { readonly kind: 'raw'; readonly text: string }

/** An object of ISO 32000-1 section 7.3. Names hold one character a byte, their #xx resolved. */
export type PdfObject = null | boolean | number | PdfName | PdfString | PdfArray | PdfDict | PdfRef | PdfStream | PdfRaw

export const name = (value: string): PdfName => ({ kind: 'name', value })
export const ref = (number: number, generation = 0): PdfRef => ({ kind: 'ref', number, generation })
export const array = (...items: readonly PdfObject[]): PdfArray => ({ kind: 'array', items })
export const byteString = (bytes: Uint8Array): PdfString => ({ kind: 'string', bytes })
export const raw = (text: string): PdfRaw => ({ kind: 'raw', text })

/** A dictionary; entries that are undefined are left out. */
export function dict(entries: { readonly [key: string]: PdfObject | undefined }): PdfDict {
  const kept = Object.entries(entries).flatMap(([key, value]): [string, PdfObject][] =>
    value === undefined ? [] : [[key, value]],
  )
  return { kind: 'dict', entries: new Map(kept) }
}

/** The same dictionary with some entries set anew. */
export function withEntries(base: PdfDict, entries: { readonly [key: string]: PdfObject | undefined }): PdfDict {
  return { kind: 'dict', entries: new Map([...base.entries, ...dict(entries).entries]) }
}

/** A text string, ISO 32000-1 section 7.9.2: ASCII as it is, anything else in UTF-16BE with a byte order mark. */
export function textString(text: string): PdfString {
  if (/^[\x20-\x7e]*$/.test(text)) return byteString(latin1(text))
  const bytes = new Uint8Array(2 + text.length * 2)
  bytes.set([0xfe, 0xff])
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    bytes.set([unit >> 8, unit & 0xff], 2 + i * 2)
  }
  return byteString(bytes)
}

/** The text of a text string: UTF-16BE or UTF-8 where it says so, otherwise one character a byte. */
export function readText(value: PdfString): string {
  const { bytes } = value
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return new TextDecoder().decode(bytes)
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

/** A date string in UTC, ISO 32000-1 section 7.9.4: `D:20260909020000Z`. */
export function dateString(at: string): PdfString {
  return textString(`D:${new Date(at).toISOString().replace(/[-:T]|\.\d+Z/g, '')}Z`)
}

export function isDict(value: PdfObject | undefined): value is PdfDict {
  return typeof value === 'object' && value !== null && value.kind === 'dict'
}
export function isArray(value: PdfObject | undefined): value is PdfArray {
  return typeof value === 'object' && value !== null && value.kind === 'array'
}
export function isRef(value: PdfObject | undefined): value is PdfRef {
  return typeof value === 'object' && value !== null && value.kind === 'ref'
}
export function isString(value: PdfObject | undefined): value is PdfString {
  return typeof value === 'object' && value !== null && value.kind === 'string'
}
export function isStream(value: PdfObject | undefined): value is PdfStream {
  return typeof value === 'object' && value !== null && value.kind === 'stream'
}
/** Whether it is this very name. */
export function isName(value: PdfObject | undefined, text: string): boolean {
  return typeof value === 'object' && value !== null && value.kind === 'name' && value.value === text
}
/** Whether it is a non-negative whole number. */
export function isCount(value: PdfObject | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
