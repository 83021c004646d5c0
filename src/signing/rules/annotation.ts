import { entry, type PdfFile } from '../pdf/file.ts'
import { isArray, type PdfObject } from '../pdf/objects.ts'

/** An entry of a field, or of the one above it. */
export function fieldEntry(file: PdfFile, widget: PdfObject, key: string): PdfObject {
  return entry(file, widget, key) ?? entry(file, entry(file, widget, 'Parent'), key)
}

/** The numbers of a rectangle; none where it is not one. */
export function rectangle(file: PdfFile, value: PdfObject): readonly number[] {
  return isArray(value) ? value.items.map((item) => Number(file.resolve(item))) : []
}
