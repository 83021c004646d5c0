import { entry } from '../pdf/file.ts'
import { isDict, isString, readText } from '../pdf/objects.ts'
import type { Rule } from './rule.ts'
import type { XmlElement } from './xml.ts'
import { xmpNamespaces as ns, type Xmp, type XmpProperty } from './xmp.ts'

/** Schemas that PDF/A-3 knows without a description, with the properties of those that are checked by name. */
const predefined: { readonly [namespace: string]: readonly string[] | null } = {
  [ns.dc]:
    'contributor coverage creator date description format identifier language publisher relation rights source subject title type'.split(
      ' ',
    ),
  [ns.xmp]:
    'Advisory BaseURL CreateDate CreatorTool Identifier Label MetadataDate ModifyDate Nickname Rating Thumbnails'.split(
      ' ',
    ),
  [ns.pdf]: ['Keywords', 'PDFVersion', 'Producer', 'Trapped'],
  [ns.pdfaid]: ['part', 'amd', 'corr', 'conformance', 'rev'],
  [ns.pdfaExtension]: ['schemas'],
  'http://ns.adobe.com/xap/1.0/mm/': null,
  'http://ns.adobe.com/xap/1.0/bj/': null,
  'http://ns.adobe.com/xap/1.0/t/pg/': null,
  'http://ns.adobe.com/xap/1.0/rights/': null,
  'http://ns.adobe.com/xmp/1.0/DynamicMedia/': null,
  'http://ns.adobe.com/photoshop/1.0/': null,
  'http://ns.adobe.com/tiff/1.0/': null,
  'http://ns.adobe.com/exif/1.0/': null,
  'http://ns.adobe.com/exif/1.0/aux/': null,
  'http://ns.adobe.com/camera-raw-settings/1.0/': null,
}

/** Rules over what a document says about itself. */
export const metadataRules: readonly Rule[] = [
  {
    id: 'xmp-present',
    clauses: { 'PDF/A-3b': '6.6.2.1', 'PDF/UA-1': '7.1 (Matterhorn 06-001)' },
    says: 'The catalog has a metadata stream of XML.',
    check({ file, xmp }, look) {
      look.saw()
      if (!xmp().present) look.fault(file.catalogRef.number, 'there is none')
    },
  },
  {
    id: 'xmp-well-formed',
    clauses: { 'PDF/A-3b': '6.6.2.1' },
    says: 'The metadata are well-formed XML in UTF-8, in a packet whose header has neither bytes nor encoding.',
    check({ file, xmp }, look) {
      const { present, header, problem } = xmp()
      if (!present) return look.unchecked('there are no metadata')
      look.saw()
      if (problem !== null) look.fault(file.catalogRef.number, problem)
      if (/\b(?:bytes|encoding)\s*=/.test(header ?? '')) look.fault(file.catalogRef.number, 'the header says more')
    },
  },
  {
    id: 'xmp-schemas',
    clauses: { 'PDF/A-3b': '6.6.2.3.1' },
    says: 'Every property is predefined or described in an extension schema.',
    check({ file, xmp }, look) {
      const described = new Set(
        extensions(xmp()).flatMap(({ namespace, names }) => names.map((name) => namespace + name)),
      )
      for (const { namespace, prefix, name } of xmp().properties) {
        look.saw()
        const known = predefined[namespace]
        const good = known === null || known?.includes(name) || described.has(namespace + name)
        if (!good) look.fault(file.catalogRef.number, `${prefix}:${name}`)
      }
    },
  },
  {
    id: 'extension-schemas',
    clauses: { 'PDF/A-3b': '6.6.2.3.2, 6.6.2.3.3' },
    says: 'Extension schemas have a name, namespace and prefix, and each property a name, type, category and description.',
    check({ file, xmp }, look) {
      for (const { problems } of extensions(xmp())) {
        look.saw()
        for (const problem of problems) look.fault(file.catalogRef.number, problem)
      }
    },
  },
  {
    id: 'pdfa-identification',
    clauses: { 'PDF/A-3b': '6.6.4' },
    says: 'A file that calls itself PDF/A says pdfaid:part 3 and a conformance of A, B or U, under that prefix.',
    check({ file, xmp }, look) {
      const [part, conformance] = ['part', 'conformance'].map((name) => property(xmp(), ns.pdfaid, name))
      if (!part) return look.unchecked('the file does not call itself PDF/A')
      look.saw()
      const object = file.catalogRef.number
      if (part.value.trim() !== '3') look.fault(object, `part ${part.value}`)
      if (!/^[ABU]$/.test(conformance?.value.trim() ?? '')) look.fault(object, 'no such pdfaid:conformance')
      for (const { namespace, prefix } of xmp().properties) {
        if (namespace === ns.pdfaid && prefix !== 'pdfaid') look.fault(object, `the prefix is ${prefix}`)
      }
    },
  },
  {
    id: 'pdfua-identification',
    clauses: { 'PDF/UA-1': '5 (Matterhorn 06-002)' },
    says: 'A file that calls itself PDF/UA says pdfuaid:part 1, under that prefix.',
    check({ file, xmp }, look) {
      const part = property(xmp(), ns.pdfuaid, 'part')
      if (!part) return look.unchecked('the file does not call itself PDF/UA')
      look.saw()
      if (part.value.trim() !== '1') look.fault(file.catalogRef.number, `part ${part.value}`)
      for (const { namespace, prefix } of xmp().properties) {
        if (namespace === ns.pdfuaid && prefix !== 'pdfuaid')
          look.fault(file.catalogRef.number, `the prefix is ${prefix}`)
      }
    },
  },
  {
    id: 'title',
    clauses: { 'PDF/UA-1': '7.1 (Matterhorn 06-003)' },
    says: 'The metadata have a dc:title with some text.',
    check({ file, xmp }, look) {
      look.saw()
      if (!property(xmp(), ns.dc, 'title')?.value.trim()) look.fault(file.catalogRef.number, 'there is none')
    },
  },
  {
    id: 'title-shown',
    clauses: { 'PDF/UA-1': '7.1 (Matterhorn 07-001, 07-002)' },
    says: 'A reader is asked to show the title: /DisplayDocTitle true.',
    check({ file }, look) {
      look.saw()
      if (entry(file, entry(file, file.catalog, 'ViewerPreferences'), 'DisplayDocTitle') !== true) {
        look.fault(file.catalogRef.number, 'it is not')
      }
    },
  },
  {
    id: 'information-agrees',
    clauses: { 'PDF 1.7': '14.3.3' },
    says: 'The information dictionary says what the metadata say.',
    check({ file, xmp }, look) {
      const information = file.resolve(file.trailer.entries.get('Info'))
      if (!isDict(information) || !xmp().present || xmp().problem !== null) return
      for (const [key, namespace, name] of pairs) {
        const value = entry(file, information, key)
        if (!isString(value)) continue
        look.saw()
        const said = property(xmp(), namespace, name)?.value.trim()
        const text = readText(value).trim()
        const same = key.endsWith('Date') ? dateOf(text) === Date.parse(said ?? '') : text === said
        if (!same) look.fault(null, `/${key} ${text.slice(0, 60)}, metadata: ${said?.slice(0, 60) ?? 'nothing'}`)
      }
    },
  },
]

const pairs = [
  ['Title', ns.dc, 'title'],
  ['Author', ns.dc, 'creator'],
  ['Subject', ns.dc, 'description'],
  ['Keywords', ns.pdf, 'Keywords'],
  ['Creator', ns.xmp, 'CreatorTool'],
  ['Producer', ns.pdf, 'Producer'],
  ['CreationDate', ns.xmp, 'CreateDate'],
  ['ModDate', ns.xmp, 'ModifyDate'],
] as const

function property(xmp: Xmp, namespace: string, name: string): XmpProperty | undefined {
  return xmp.properties.find((each) => each.namespace === namespace && each.name === name)
}

/** The moment of a PDF date, ISO 32000-1 section 7.9.4; NaN for what is none. */
function dateOf(text: string): number {
  const match = /^D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:Z|([+-])(\d\d)'?(?:(\d\d)'?)?)?/.exec(text)
  if (!match) return Number.NaN
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', sign, ahead, more = '00'] = match
  const zone = sign ? `${sign}${ahead}:${more}` : 'Z'
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`)
}

type Extension = { readonly namespace: string; readonly names: readonly string[]; readonly problems: readonly string[] }

function extensions(xmp: Xmp): readonly Extension[] {
  const container = property(xmp, ns.pdfaExtension, 'schemas')?.element
  return itemsOf(container).map((item) => {
    const problems: string[] = []
    const need = (of: XmlElement, names: readonly string[], namespace: string) => {
      for (const name of names) if (!inside(of, namespace, name)?.text.trim()) problems.push(`${name} is missing`)
    }
    need(item, ['schema', 'namespaceURI', 'prefix'], ns.pdfaSchema)
    const listed = itemsOf(inside(item, ns.pdfaSchema, 'property'))
    for (const each of listed) {
      need(each, ['name', 'valueType', 'category', 'description'], ns.pdfaProperty)
      const category = inside(each, ns.pdfaProperty, 'category')?.text.trim()
      if (category !== 'external' && category !== 'internal') problems.push(`the category ${category}`)
    }
    return {
      namespace: inside(item, ns.pdfaSchema, 'namespaceURI')?.text.trim() ?? '',
      names: listed.map((each) => inside(each, ns.pdfaProperty, 'name')?.text.trim() ?? ''),
      problems,
    }
  })
}

/** The items of a bag or sequence, each the element that holds its fields. */
function itemsOf(of: XmlElement | null | undefined): readonly XmlElement[] {
  const items = of?.children[0]?.children ?? []
  return items.map((item) =>
    item.children.length === 1 && item.children[0]?.name === 'Description' ? item.children[0] : item,
  )
}

function inside(of: XmlElement, namespace: string, name: string): XmlElement | undefined {
  const attribute = of.attributes.find((each) => each.namespace === namespace && each.name === name)
  if (attribute) return { ...attribute, attributes: [], children: [], text: attribute.value }
  return of.children.find((each) => each.namespace === namespace && each.name === name)
}
