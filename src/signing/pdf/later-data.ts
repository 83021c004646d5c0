import { fromLatin1, sameBytes } from '../bytes.ts'
import { Refusal } from '../refusal.ts'
import { appendTimestampField, isDocumentTimestamp } from './document-timestamp.ts'
import { addToStore, type FoundStore, readStore, type SecurityStore } from './dss.ts'
import { openPdf, type PdfFile } from './file.ts'
import { isDict, isString, PdfError } from './objects.ts'
import { isSameBut } from './same.ts'
import { type SignedRange, signatureFields } from './signature-field.ts'
import { updateOf } from './update.ts'

/*
 * The two updates that follow a signature without being one. Either is written anew from what was read of it, and has to
 * be the same byte for byte: nothing can hide in it. Archived reports exist: what is written here may only grow.
 */

/** What the newest update of a file brought, and the file as it was before. */
export type LaterData =
  | { readonly kind: 'validation-data'; readonly before: PdfFile; readonly store: FoundStore }
  | {
      readonly kind: 'document-timestamp'
      readonly before: PdfFile
      readonly range: SignedRange
      /** The bytes of /Contents: the token and the zeros behind it. */
      readonly room: Uint8Array
    }

/**
 * What the newest update of a file is, where it is validation data or a document timestamp; null where it is something
 * else, a signature perhaps. Throws Refusal for one that brings anything beyond, or PdfError.
 */
export function readLaterData(file: PdfFile): LaterData | null {
  const [newest] = file.sections
  if (!newest || file.sections.length < 2) return null
  const value = file.resolve(signatureFields(file).at(-1)?.entries.get('V'))
  const gap = isDict(value) && isDocumentTimestamp(file, value) ? value.entries.get('Contents') : undefined
  const gapAt = isString(gap) ? gap.token : undefined
  if (isString(gap) && gapAt && gapAt.start >= (file.sections[1]?.end ?? 0)) {
    const before = previousRevision(file)
    const { bytes, range } = appendTimestampField(before, gap.bytes.length)
    if (!isSameBut(range, bytes, file.bytes)) throw more('a document timestamp')
    return { kind: 'document-timestamp', before, range, room: gap.bytes }
  }
  const store = readStore(file)
  const [first] = store?.numbers ?? []
  if (!store || first === undefined || !newest.offsets.has(first)) return null
  const before = previousRevision(file)
  const update = updateOf(before)
  addToStore(before, update, addedSince(readStore(before), store))
  if (!sameBytes(update.write({}).bytes, file.bytes)) throw more('validation data')
  return { kind: 'validation-data', before, store }
}

/** Entries that an update brought or changed; `addToStore` leaves the others in their place. */
function addedSince(before: FoundStore | null, after: FoundStore): ReadonlyMap<string, SecurityStore> {
  return new Map([...after.related].filter(([key, value]) => !isSameStore(before?.related.get(key), value)))
}

function isSameStore(a: SecurityStore | undefined, b: SecurityStore): boolean {
  return (['certificates', 'ocsps', 'crls'] as const).every((list) => {
    const known = a?.[list] ?? []
    return (
      a &&
      known.length === b[list].length &&
      known.every((bytes, i) => sameBytes(bytes, b[list][i] ?? bytes.subarray(1)))
    )
  })
}

/**
 * The file as it was before its newest update, which our writer puts right behind its last end of line; throws PdfError
 * where it does not stand there, or cannot be read.
 */
export function previousRevision(file: PdfFile): PdfFile {
  const from = file.sections[1]?.end ?? 0
  const match = /^\nstartxref\n\d{1,12}\n%%EOF\n/.exec(fromLatin1(file.bytes.subarray(from, from + 64)))
  if (!match) throw new PdfError('the update before the newest does not end as it should', from)
  return openPdf(file.bytes.subarray(0, from + match[0].length))
}

const more = (what: string): Refusal =>
  new Refusal('modified-after-signing', `After it was signed, more than ${what} was added to the document.`)
