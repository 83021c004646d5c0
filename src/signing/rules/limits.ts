import { isString, type PdfObject } from '../pdf/objects.ts'
import { nameOf } from './document.ts'

/** How a value exceeds the limits of ISO 32000-1 annex C, which PDF/A keeps; null where it does not. */
export function excessOf(value: PdfObject): string | null {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && (value > 2_147_483_647 || value < -2_147_483_648)) return `the number ${value}`
    return null
  }
  if (isString(value) && value.bytes.length > 32_767) return `a string of ${value.bytes.length} bytes`
  const name = nameOf(value)
  return name !== null && name.length > 127 ? `the name /${name.slice(0, 40)}…` : null
}
