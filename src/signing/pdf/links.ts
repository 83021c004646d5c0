import { fromLatin1 } from '../bytes.ts'
import { entry, type PdfFile } from './file.ts'
import {
  isArray,
  isDict,
  isName,
  isRef,
  isString,
  type PdfDict,
  type PdfObject,
  textString,
  withEntries,
} from './objects.ts'
import type { Update } from './update.ts'

/**
 * The annotations of a page with a description in /Contents on every link that lacks one (for screen readers): its
 * address, or the page that it leads to. `numbers` are those of the pages, by object.
 */
export function describeLinks(
  file: PdfFile,
  update: Update,
  page: PdfDict,
  numbers: ReadonlyMap<number, number>,
): readonly PdfObject[] {
  const annotations = entry(file, page, 'Annots')
  if (!isArray(annotations)) return []
  return annotations.items.map((item) => {
    const annotation = update.get(item)
    if (!isDict(annotation) || !isName(entry(file, annotation, 'Subtype'), 'Link')) return item
    if (annotation.entries.has('Contents')) return item
    const described = withEntries(annotation, { Contents: textString(description(file, annotation, numbers)) })
    if (!isRef(item)) return described
    update.put(item, described)
    return item
  })
}

function description(file: PdfFile, link: PdfDict, numbers: ReadonlyMap<number, number>): string {
  const action = entry(file, link, 'A')
  const address = entry(file, action, 'URI')
  if (isString(address)) return fromLatin1(address.bytes)
  const number = numbers.get(pageOf(file, entry(file, link, 'Dest') ?? entry(file, action, 'D')) ?? -1)
  return number === undefined ? 'Within this document' : `Page ${number}`
}

/** The object number of the page of a destination, ISO 32000-1 section 12.3.2. */
function pageOf(file: PdfFile, destination: PdfObject): number | null {
  if (isArray(destination)) return isRef(destination.items[0]) ? destination.items[0].number : null
  if (isDict(destination)) return pageOf(file, entry(file, destination, 'D'))
  const named = typeof destination === 'object' && destination?.kind === 'name' ? destination.value : null
  const target = named === null ? null : entry(file, entry(file, file.catalog, 'Dests'), named)
  return target === null ? null : pageOf(file, target)
}
