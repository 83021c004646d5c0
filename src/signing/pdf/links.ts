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

/** The annotations of a page with a description in /Contents on every link that lacks one (for screen readers). */
export function describeLinks(file: PdfFile, update: Update, page: PdfDict): readonly PdfObject[] {
  const annotations = entry(file, page, 'Annots')
  if (!isArray(annotations)) return []
  return annotations.items.map((item) => {
    const annotation = update.get(item)
    if (!isDict(annotation) || !isName(entry(file, annotation, 'Subtype'), 'Link')) return item
    if (annotation.entries.has('Contents')) return item
    const described = withEntries(annotation, { Contents: textString(description(file, annotation)) })
    if (!isRef(item)) return described
    update.put(item, described)
    return item
  })
}

function description(file: PdfFile, link: PdfDict): string {
  const action = entry(file, link, 'A')
  const address = entry(file, action, 'URI')
  if (isString(address)) return fromLatin1(address.bytes)
  const destination = entry(file, link, 'Dest') ?? entry(file, action, 'D')
  if (isString(destination)) return `#${fromLatin1(destination.bytes)}`
  if (typeof destination === 'object' && destination?.kind === 'name') return `#${destination.value}`
  return '#'
}
