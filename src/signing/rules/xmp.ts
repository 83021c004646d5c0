import { entry } from '../pdf/file.ts'
import { isName, isStream, PdfError } from '../pdf/objects.ts'
import type { PdfDocument } from './document.ts'
import { readXml, type XmlElement } from './xml.ts'

/** A property of the document; `value` is its text, or the first item's, or that for x-default. */
export type XmpProperty = {
  readonly namespace: string
  readonly prefix: string
  readonly name: string
  readonly value: string
  readonly element: XmlElement | null
}

/** The XMP packet of a document. */
export type Xmp = {
  readonly present: boolean
  /** What stands in `<?xpacket begin=… ?>`; null without one. */
  readonly header: string | null
  readonly utf8: boolean
  /** Why it cannot be read. */
  readonly problem: string | null
  readonly properties: readonly XmpProperty[]
}

export const xmpNamespaces = {
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  dc: 'http://purl.org/dc/elements/1.1/',
  xmp: 'http://ns.adobe.com/xap/1.0/',
  pdf: 'http://ns.adobe.com/pdf/1.3/',
  pdfaid: 'http://www.aiim.org/pdfa/ns/id/',
  pdfuaid: 'http://www.aiim.org/pdfua/ns/id/',
  pdfaExtension: 'http://www.aiim.org/pdfa/ns/extension/',
  pdfaSchema: 'http://www.aiim.org/pdfa/ns/schema#',
  pdfaProperty: 'http://www.aiim.org/pdfa/ns/property#',
} as const

/** Reads the metadata of the catalog, ISO 16684-1; what cannot be read is a problem, not an error. */
export function readXmp({ file, decode }: PdfDocument): Xmp {
  const stream = entry(file, file.catalog, 'Metadata')
  const none = { header: null, utf8: false, problem: null, properties: [] }
  if (!isStream(stream) || !isName(entry(file, stream, 'Type'), 'Metadata')) return { present: false, ...none }
  if (!isName(entry(file, stream, 'Subtype'), 'XML')) return { present: false, ...none }
  const bytes = decode(stream)
  if (!bytes) return { present: true, ...none, problem: 'it cannot be unpacked' }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { present: true, ...none, problem: 'it is not UTF-8' }
  }
  const header = /<\?xpacket\s+(begin[\s\S]*?)\?>/.exec(text)?.[1] ?? null
  try {
    return { present: true, header, utf8: true, problem: null, properties: properties(readXml(text)) }
  } catch (error) {
    if (!(error instanceof PdfError)) throw error
    return { present: true, header, utf8: true, problem: error.message, properties: [] }
  }
}

function properties(root: XmlElement): readonly XmpProperty[] {
  const rdf = root.name === 'RDF' ? root : root.children.find(({ name }) => name === 'RDF')
  if (!rdf || rdf.namespace !== xmpNamespaces.rdf) throw new PdfError('there is no rdf:RDF')
  return rdf.children.flatMap((description) => [
    ...description.attributes
      .filter(
        ({ namespace }) => namespace !== xmpNamespaces.rdf && namespace !== '' && !namespace.endsWith('/namespace'),
      )
      .map((attribute) => ({ ...attribute, element: null })),
    ...description.children.map((element) => ({ ...element, value: firstText(element), element })),
  ])
}

function firstText(element: XmlElement): string {
  const [list] = element.children
  if (!list) return element.text
  const preferred = list.children.find(({ attributes }) => attributes.some(({ value }) => value === 'x-default'))
  const item = preferred ?? list.children[0]
  return item?.text ?? ''
}
