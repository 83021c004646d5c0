import { concat, fromLatin1, hex, latin1 } from '../bytes.ts'
import type { PdfDict, PdfObject } from './objects.ts'

/** The bytes of an object; a stream with its dictionary, whose /Length is set here. */
export function writeObject(value: PdfObject): Uint8Array {
  if (typeof value !== 'object' || value === null || value.kind !== 'stream') return latin1(text(value))
  const entries = new Map([...value.dict.entries, ['Length', value.bytes.length] as const])
  return concat(latin1(`${text({ kind: 'dict', entries })}\nstream\n`), value.bytes, latin1('\nendstream'))
}

function text(value: PdfObject): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return numberText(value)
  switch (value.kind) {
    case 'name':
      return nameText(value.value)
    case 'string':
      return stringText(value.bytes)
    case 'array':
      return `[${value.items.map(text).join(' ')}]`
    case 'dict':
      return dictText(value)
    case 'ref':
      return `${value.number} ${value.generation} R`
    case 'raw':
      return value.text
    case 'stream':
      throw new TypeError('a stream is always an object of its own')
    default:
      return value satisfies never
  }
}

function dictText(value: PdfDict): string {
  return `<<${[...value.entries].map(([key, entry]) => `${nameText(key)} ${text(entry)}`).join('\n')}>>`
}

/** Reals have no exponents in PDF. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`not a PDF number: ${value}`)
  const plain = String(value)
  return /e/.test(plain) ? value.toFixed(10).replace(/\.?0+$/, '') : plain
}

function nameText(value: string): string {
  return `/${value.replace(/[^!-~]|[#()<>[\]{}/%]/g, (character) => {
    const code = character.charCodeAt(0)
    if (code === 0 || code > 0xff) throw new TypeError('a name holds bytes other than zero')
    return `#${code.toString(16).padStart(2, '0').toUpperCase()}`
  })}`
}

/** Printable ASCII as a literal string, its parentheses and backslashes escaped; anything else in hexadecimal. */
function stringText(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte < 0x20 || byte > 0x7e)) return `<${hex(bytes).toUpperCase()}>`
  return `(${fromLatin1(bytes).replace(/[()\\]/g, '\\$&')})`
}
