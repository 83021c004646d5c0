import { isArray, isString, PdfError, type PdfObject, type PdfString } from '../pdf/objects.ts'
import { operations } from './operators.ts'

/** The Unicode text of a character code; undefined for a code that a ToUnicode CMap leaves out. */
export type ToUnicode = ReadonlyMap<number, string>

const mostCodes = 1 << 17

/** Reads a ToUnicode CMap, ISO 32000-1 section 9.10.3; throws PdfError for what is none. */
export function readToUnicode(bytes: Uint8Array): ToUnicode {
  const map = new Map<number, string>()
  // A CMap is PostScript, and close enough to a content stream: operands before operators.
  for (const { operator, operands } of operations(bytes)) {
    if (operator === 'endbfchar') {
      for (let i = 0; i + 1 < operands.length; i += 2) set(map, code(operands[i]), utf16(operands[i + 1]))
    }
    if (operator === 'endbfrange') {
      for (let i = 0; i + 2 < operands.length; i += 3) range(map, operands.slice(i, i + 3))
    }
  }
  return map
}

function range(map: Map<number, string>, [first, last, to]: readonly PdfObject[]): void {
  const start = code(first)
  const end = code(last)
  if (end < start || end - start > mostCodes) throw new PdfError('a faulty range in a ToUnicode CMap')
  for (let at = start; at <= end; at++) {
    if (isArray(to)) set(map, at, utf16(to.items[at - start]))
    else set(map, at, raised(utf16(to), at - start))
  }
}

function set(map: Map<number, string>, at: number, text: string): void {
  if (map.size > mostCodes) throw new PdfError('an endless ToUnicode CMap')
  map.set(at, text)
}

/** The text with its last unit raised. */
function raised(text: string, by: number): string {
  if (text === '') return text
  return text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + by)
}

function code(value: PdfObject | undefined): number {
  if (!isString(value) || value.bytes.length > 4) throw new PdfError('a faulty code in a ToUnicode CMap')
  return number(value)
}

function number({ bytes }: PdfString): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}

function utf16(value: PdfObject | undefined): string {
  if (!isString(value)) throw new PdfError('a faulty text in a ToUnicode CMap')
  if (value.bytes.length === 1) return String.fromCharCode(number(value))
  let text = ''
  for (let i = 0; i + 1 < value.bytes.length; i += 2) {
    text += String.fromCharCode(((value.bytes[i] ?? 0) << 8) | (value.bytes[i + 1] ?? 0))
  }
  return text
}
