import { entry, type PdfFile } from './file.ts'
import { isDict, isRef, isString, type PdfObject, readText, textString, withEntries } from './objects.ts'
import type { Update } from './update.ts'

const mostBookmarks = 100_000

/** Gives bookmarks a title without the repetition that Chromium writes for a heading at the top of a page. */
export function mendBookmarks(file: PdfFile, update: Update): void {
  const waiting: (PdfObject | undefined)[] = [entry(file, file.catalog, 'Outlines')]
  const seen = new Set<PdfObject>()
  for (let at = 0; at < waiting.length && at < mostBookmarks; at++) {
    const place = waiting[at]
    const item = file.resolve(place)
    if (!isDict(item) || seen.has(item)) continue
    seen.add(item)
    waiting.push(item.entries.get('First'), item.entries.get('Next'))
    const title = entry(file, item, 'Title')
    if (!isRef(place) || !isString(title)) continue
    const text = readText(title)
    const once = withoutRepetition(text)
    if (once !== text) update.put(place, withEntries(item, { Title: textString(once) }))
  }
}

/** `22 Summary Summary` is `2 Summary`: every part of the heading stands twice, one after the other. */
export function withoutRepetition(title: string): string {
  const match = title.length > 3 ? /^(.+?)\1(?:(.+)\2)?$/.exec(title) : null
  return match ? `${match[1]}${match[2] ?? ''}` : title
}
