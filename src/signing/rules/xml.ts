import { PdfError } from '../pdf/objects.ts'

/** An element of an XML text; `namespace` is empty where it has none. */
export type XmlElement = {
  readonly namespace: string
  readonly prefix: string
  readonly name: string
  readonly attributes: readonly {
    readonly namespace: string
    readonly prefix: string
    readonly name: string
    readonly value: string
  }[]
  readonly children: readonly XmlElement[]
  /** Text directly inside. */
  readonly text: string
}

type Open = { -readonly [key in keyof XmlElement]: XmlElement[key] } & { children: XmlElement[] }

const named = '[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?'
const token = new RegExp(
  `<\\?([\\s\\S]*?)\\?>|<!--((?:(?!--)[\\s\\S])*)-->|<!\\[CDATA\\[([\\s\\S]*?)\\]\\]>|</(${named})\\s*>|<(${named})((?:\\s+${named}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>|([^<]+)`,
  'gy',
)
const attribute = new RegExp(`(${named})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'g')

/** Reads a well-formed XML text without a document type; throws PdfError for anything else. */
export function readXml(text: string): XmlElement {
  const document: Open = { namespace: '', prefix: '', name: '', attributes: [], children: [], text: '' }
  const open: { element: Open; tag: string; spaces: ReadonlyMap<string, string> }[] = [
    { element: document, tag: '', spaces: new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]) },
  ]
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const start = token.lastIndex
    const match = token.exec(text)
    const here = open.at(-1)
    if (!match || !here) throw new PdfError(`not well-formed XML at character ${start}`)
    const [, , , data, closing, opening, written = '', empty, plain] = match
    if (closing !== undefined) {
      if (open.length < 2 || here.tag !== closing) throw new PdfError(`</${closing}> closes what is not open`)
      open.pop()
    } else if (opening !== undefined) {
      const { element, spaces } = begin(opening, written, here.spaces)
      here.element.children.push(element)
      if (empty !== '/') open.push({ element, tag: opening, spaces })
      if (open.length > 64) throw new PdfError('XML nested too deeply')
    } else if (data !== undefined) here.element.text += data
    else if (plain !== undefined) here.element.text += resolved(plain)
  }
  if (open.length > 1) throw new PdfError(`<${open.at(-1)?.tag}> is not closed`)
  const [root, ...others] = document.children
  if (!root || others.length > 0 || document.text.replace(/\ufeff/g, '').trim() !== '') {
    throw new PdfError('XML has exactly one root element')
  }
  return root
}

function begin(tag: string, written: string, outer: ReadonlyMap<string, string>) {
  const pairs = [...written.matchAll(attribute)].map(([, key = '', double, single]) => ({
    key,
    value: resolved(double ?? single ?? ''),
  }))
  if (new Set(pairs.map(({ key }) => key)).size < pairs.length) throw new PdfError(`<${tag}> has an attribute twice`)
  const spaces = new Map(outer)
  for (const { key, value } of pairs) {
    if (key === 'xmlns') spaces.set('', value)
    if (key.startsWith('xmlns:')) spaces.set(key.slice(6), value)
  }
  const attributes = pairs
    .filter(({ key }) => key !== 'xmlns' && !key.startsWith('xmlns:'))
    .map(({ key, value }) => ({ ...split(key, spaces, false), value }))
  const element: Open = { ...split(tag, spaces, true), attributes, children: [], text: '' }
  return { element, spaces }
}

function split(written: string, spaces: ReadonlyMap<string, string>, usesDefault: boolean) {
  const [first = '', second] = written.split(':')
  if (second === undefined) return { namespace: usesDefault ? (spaces.get('') ?? '') : '', prefix: '', name: first }
  const namespace = spaces.get(first)
  if (namespace === undefined) throw new PdfError(`the prefix ${first} is not declared`)
  return { namespace, prefix: first, name: second }
}

const entities: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function resolved(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));|&/g, (_, decimal, hexadecimal, name) => {
    const known = entities[name ?? '']
    if (known !== undefined) return known
    const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal ?? '', 16)
    if (!(code > 0 && code <= 0x10ffff)) throw new PdfError('an unknown entity in XML')
    return String.fromCodePoint(code)
  })
}
