import { fromLatin1, latin1 } from '../bytes.ts'
import { entry } from '../pdf/file.ts'
import { isArray, isDict, isName, isString, type PdfObject } from '../pdf/objects.ts'
import { nameOf } from './document.ts'
import { excessOf } from './limits.ts'
import type { Rule } from './rule.ts'

const filters = new Set(
  'ASCIIHexDecode ASCII85Decode FlateDecode RunLengthDecode CCITTFaxDecode JBIG2Decode DCTDecode JPXDecode Crypt'.split(
    ' ',
  ),
)
const inlineFilters = new Set([...filters, 'AHx', 'A85', 'Fl', 'RL', 'CCF', 'DCT'])

/** Rules over a file's objects, whatever they are for. */
export const fileRules: readonly Rule[] = [
  {
    id: 'trailer-id',
    clauses: { 'PDF/A-3b': '6.1.3' },
    says: 'The trailer has an /ID of two strings that are not empty.',
    check({ file }, look) {
      look.saw()
      const id = file.resolve(file.trailer.entries.get('ID'))
      const parts = isArray(id) ? id.items.map((item) => file.resolve(item)) : []
      if (parts.length !== 2 || !parts.every((part) => isString(part) && part.bytes.length > 0)) {
        look.fault(null, 'it has none')
      }
    },
  },
  {
    id: 'cross-references',
    clauses: { 'PDF/A-3b': '6.1.4' },
    says: 'One end of line stands between xref and the first subsection.',
    check({ bytes, file }, look) {
      for (const { start } of file.sections) {
        look.saw()
        const text = fromLatin1(bytes.subarray(start, start + 24))
        if (!/^xref(?:\r\n|\r|\n)\d+ \d+/.test(text)) look.fault(null, `the section at byte ${start}`)
      }
    },
  },
  {
    id: 'hexadecimal-strings',
    clauses: { 'PDF/A-3b': '6.1.6' },
    says: 'Hexadecimal strings have an even number of digits.',
    check({ bytes, objects, content }, look) {
      for (const { object, what } of content().oddStrings) look.fault(object, what)
      for (const { number, value } of objects) {
        for (const inner of values(value)) {
          if (!isString(inner) || !inner.token || bytes[inner.token.start] !== 0x3c) continue
          look.saw()
          const text = fromLatin1(bytes.subarray(inner.token.start + 1, inner.token.end - 1))
          if (text.replace(/[\0\t\n\f\r ]/g, '').length % 2 === 1) look.fault(number, `<${text.slice(0, 40)}>`)
        }
      }
    },
  },
  {
    id: 'stream-ends',
    clauses: { 'PDF/A-3b': '6.1.7.1' },
    says: 'An end of line stands before endstream, and /Length counts the bytes up to it.',
    check({ objects }, look) {
      for (const { number, value } of objects) {
        if (typeof value !== 'object' || value?.kind !== 'stream') continue
        look.saw()
        const { buffer, byteOffset, length } = value.bytes
        const behind = fromLatin1(new Uint8Array(buffer, byteOffset + length, 11))
        if (!/^(?:\r\n|\r|\n)endstream/.test(behind)) look.fault(number, 'its /Length ends elsewhere')
      }
    },
  },
  {
    id: 'streams-inside',
    clauses: { 'PDF/A-3b': '6.1.7.1' },
    says: 'No stream has its data in another file: no /F, /FFilter, /FDecodeParms.',
    check({ dictionaries }, look) {
      for (const { object, dict, stream } of dictionaries) {
        if (!stream || stream.dict !== dict) continue
        look.saw()
        for (const key of ['F', 'FFilter', 'FDecodeParms']) {
          if (dict.entries.has(key)) look.fault(object, `it has /${key}`)
        }
      }
    },
  },
  {
    id: 'filters',
    clauses: { 'PDF/A-3b': '6.1.7.2, 6.1.10' },
    says: 'Streams and inline images use the filters of ISO 32000-1 Table 6 without LZW; Crypt only as Identity.',
    check({ file, objects, content }, look) {
      const each = (object: number, of: PdfObject, allowed: ReadonlySet<string>, key: string, parameters: string) => {
        const value = entry(file, of, key)
        if (value === null) return
        const list = isArray(value) ? value.items.map((item) => file.resolve(item)) : [value]
        const settings = entry(file, of, parameters)
        for (const [i, filter] of list.entries()) {
          look.saw()
          const name = nameOf(filter) ?? 'none'
          if (!allowed.has(name)) look.fault(object, `/${name}`)
          const own = isArray(settings) ? file.resolve(settings.items[i]) : settings
          if (name === 'Crypt' && !isName(entry(file, own, 'Name'), 'Identity')) look.fault(object, '/Crypt')
        }
      }
      for (const { number, value } of objects) {
        if (typeof value === 'object' && value?.kind === 'stream') {
          each(number, value, filters, 'Filter', 'DecodeParms')
        }
      }
      for (const { object, image } of content().inlineImages) {
        each(object, image, inlineFilters, entry(file, image, 'F') === null ? 'Filter' : 'F', 'DP')
      }
    },
  },
  {
    id: 'names-utf-8',
    clauses: { 'PDF/A-3b': '6.1.8' },
    says: 'Font names, colourants and structure types are UTF-8.',
    check({ file, dictionaries, content }, look) {
      for (const { object, space } of content().colours) {
        if (!isArray(space) || !['Separation', 'DeviceN'].includes(nameOf(file.resolve(space.items[0])) ?? '')) continue
        const named = file.resolve(space.items[1])
        for (const item of isArray(named) ? named.items : [named]) {
          look.saw()
          if (!isUtf8(nameOf(file.resolve(item)) ?? '')) look.fault(object, 'a colourant')
        }
      }
      for (const { object, dict } of dictionaries) {
        for (const key of ['BaseFont', 'FontName', 'S']) {
          const name = nameOf(file.resolve(dict.entries.get(key)))
          if (name === null) continue
          look.saw()
          if (!isUtf8(name)) look.fault(object, `/${key}`)
        }
      }
    },
  },
  {
    id: 'object-spacing',
    clauses: { 'PDF/A-3b': '6.1.9' },
    says: 'Objects begin and end as `\\n1 0 obj\\n` and `\\nendobj\\n` do, with single spaces and ends of line.',
    check({ bytes, objects }, look) {
      for (const { number, start, end } of objects) {
        look.saw()
        const before = start === 0 ? '\n' : fromLatin1(bytes.subarray(start - 1, start))
        const head = fromLatin1(bytes.subarray(start, start + 24))
        const tail = fromLatin1(bytes.subarray(end - 7, end + 1))
        const good =
          /[\r\n]/.test(before) && /^\d+[ \t\r\n]\d+[ \t\r\n]obj[\r\n]/.test(head) && /^[\r\n]endobj[\r\n]$/.test(tail)
        if (!good) look.fault(number, 'it is spaced otherwise')
      }
    },
  },
  {
    id: 'permissions',
    clauses: { 'PDF/A-3b': '6.1.12' },
    says: 'The permissions name nothing but UR3 and DocMDP, and a DocMDP signature has no digest of its own.',
    check({ file, dictionaries }, look) {
      const permissions = entry(file, file.catalog, 'Perms')
      if (!isDict(permissions)) return
      look.saw()
      for (const key of permissions.entries.keys()) {
        if (key !== 'UR3' && key !== 'DocMDP') look.fault(file.catalogRef.number, `/Perms has /${key}`)
      }
      if (!permissions.entries.has('DocMDP')) return
      for (const { object, dict } of dictionaries) {
        if (!dict.entries.has('TransformMethod')) continue
        for (const key of ['DigestLocation', 'DigestMethod', 'DigestValue']) {
          if (dict.entries.has(key)) look.fault(object, `a signature reference has /${key}`)
        }
      }
    },
  },
  {
    id: 'limits',
    clauses: { 'PDF/A-3b': '6.1.13' },
    says: 'Numbers, strings (32,767 bytes), names (127 bytes) and the count of objects keep within the limits.',
    check({ objects, content }, look) {
      for (const { object, what } of content().excesses) look.fault(object, what)
      if (objects.length > 8_388_607) look.fault(null, `${objects.length} objects`)
      for (const { number, value } of objects) {
        for (const inner of values(value)) {
          const excess = excessOf(inner)
          look.saw()
          if (excess !== null) look.fault(number, excess)
        }
      }
    },
  },
  {
    id: 'nesting',
    clauses: { 'PDF/A-3b': '6.1.13' },
    says: 'q and Q nest at most 28 deep.',
    check({ content }, look) {
      for (let i = 0; i < content().streams; i++) look.saw()
      for (const { object, what } of content().tooDeep) look.fault(object, what)
    },
  },
  {
    id: 'page-sizes',
    clauses: { 'PDF/A-3b': '6.1.13' },
    says: 'Page boxes measure 3 to 14,400 units.',
    check({ file, pages }, look) {
      for (const { ref, page, mediaBox } of pages) {
        for (const key of ['MediaBox', 'CropBox', 'BleedBox', 'TrimBox', 'ArtBox']) {
          const box = key === 'MediaBox' ? mediaBox : entry(file, page, key)
          if (box === null && key !== 'MediaBox') continue
          look.saw()
          const [left = 0, bottom = 0, right = 0, top = 0] = isArray(box)
            ? box.items.map((item) => Number(file.resolve(item)))
            : []
          const sizes = [Math.abs(right - left), Math.abs(top - bottom)]
          if (!sizes.every((size) => size >= 3 && size <= 14_400))
            look.fault(ref.number, `/${key} ${sizes.join(' × ')}`)
        }
      }
    },
  },
  {
    id: 'no-requirements',
    clauses: { 'PDF/A-3b': '6.10, 6.11' },
    says: 'Nothing asks for what a reader may lack: no /Requirements, no alternate presentations, no /PresSteps.',
    check({ file, pages }, look) {
      look.saw()
      if (file.catalog.entries.has('Requirements')) look.fault(file.catalogRef.number, '/Requirements')
      if (entry(file, entry(file, file.catalog, 'Names'), 'AlternatePresentations') !== null) {
        look.fault(file.catalogRef.number, '/AlternatePresentations')
      }
      for (const { ref, page } of pages) if (page.entries.has('PresSteps')) look.fault(ref.number, '/PresSteps')
    },
  },
]

/** A value and all that is inside it. */
function* values(value: PdfObject): Generator<PdfObject> {
  yield value
  if (typeof value !== 'object' || value === null) return
  if (value.kind === 'array') for (const item of value.items) yield* values(item)
  if (value.kind === 'stream') yield* values(value.dict)
  if (value.kind !== 'dict') return
  for (const [key, inner] of value.entries) {
    yield { kind: 'name', value: key }
    yield* values(inner)
  }
}

function isUtf8(name: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(latin1(name))
    return true
  } catch {
    return false
  }
}
