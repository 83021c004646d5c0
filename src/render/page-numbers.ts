/** Where a page number belongs in the HTML; a comment, so that a screen shows nothing. */
export function pageMark(anchor: string): string {
  return `<!--page of ${anchor}-->`
}

/** Whether any page number is asked for. */
export function hasPageMarks(html: string): boolean {
  return /<!--page of [A-Za-z0-9-]+-->/.test(html)
}

/** The HTML with every mark replaced by the number of the page that its anchor was printed on. */
export function fillPageNumbers(html: string, pages: ReadonlyMap<string, number>): string {
  return html.replace(/<!--page of ([A-Za-z0-9-]+)-->/g, (mark, anchor: string) => String(pages.get(anchor) ?? mark))
}

/**
 * The page, from 1, that each named destination of a PDF lies on (ISO 32000-2, 12.3.2.4). It reads the plain objects
 * that Chromium writes; of anything else it makes nothing, and the contents then stand without page numbers.
 */
export function pageNumbers(pdf: Uint8Array): ReadonlyMap<string, number> {
  const text = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength).toString('latin1')
  const objects = new Map<string, string>()
  // Only the dictionaries of the page tree and of destinations matter; streams are skipped by their first line.
  for (const match of text.matchAll(
    /\n(\d+) 0 obj\n(<<(?:\/Type \/Pages?\n|\/Type \/Catalog\n|\/[^\s[]+ \[\d+ 0 R \/XYZ)[\s\S]*?)\nendobj/g,
  )) {
    if (match[1] && match[2]) objects.set(match[1], match[2])
  }
  const catalog = [...objects.values()].find((object) => object.startsWith('<</Type /Catalog'))
  const root = /\/Pages (\d+) 0 R/.exec(catalog ?? '')?.[1]
  const destinations = objects.get(/\/Dests (\d+) 0 R/.exec(catalog ?? '')?.[1] ?? '') ?? ''
  if (!root) return new Map()
  const order = new Map(leaves(objects, root).map((page, index) => [page, index + 1]))
  return new Map(
    [...destinations.matchAll(/\/([^\s[]+) \[(\d+) 0 R/g)].flatMap(([, name, page]) => {
      const number = order.get(page ?? '')
      return name && number !== undefined ? [[name, number] as const] : []
    }),
  )
}

function leaves(objects: ReadonlyMap<string, string>, id: string, depth = 0): readonly string[] {
  const object = objects.get(id) ?? ''
  if (!object.startsWith('<</Type /Pages')) return [id]
  if (depth > 32) return []
  const kids = /\/Kids \[([^\]]*)\]/.exec(object)?.[1] ?? ''
  return [...kids.matchAll(/(\d+) 0 R/g)].flatMap(([, kid]) => leaves(objects, kid ?? '', depth + 1))
}
