import { dict, isDict, type PdfDict, type PdfObject, withEntries } from '../../../src/signing/pdf/objects.ts'
import type { Update } from '../../../src/signing/pdf/update.ts'
import type { Report } from './report.ts'

/** A content stream of a text. */
export const stream = (text: string): PdfObject => ({
  kind: 'stream',
  dict: dict({}),
  bytes: Buffer.from(text, 'latin1'),
})

/** Writes the first page again with some entries set anew. */
export const putPage = (update: Update, { firstPage }: Report, entries: { readonly [key: string]: PdfObject }): void =>
  update.put(firstPage.ref, withEntries(firstPage.page, entries))

/** Writes the catalog again with some entries set anew. */
export const putCatalog = (
  update: Update,
  { file }: Report,
  entries: { readonly [key: string]: PdfObject | undefined },
): void => update.put(file.catalogRef, withEntries(file.catalog, entries))

/** The value where it is a dictionary, otherwise an empty one. */
export const dictOf = (value: PdfObject): PdfDict => (isDict(value) ? value : dict({}))
