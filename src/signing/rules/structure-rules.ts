import { entry } from '../pdf/file.ts'
import { isArray, isCount, isRef, isString, type PdfObject, readText } from '../pdf/objects.ts'
import type { Rule } from './rule.ts'
import { kidsOf, type StructureElement, standardTypes } from './structure.ts'
import type { PdfSubject } from './subject.ts'

const language = /^[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*$/

/** Rules over tags: what the structure tree says and what the pages say of it. */
export const structureRules: readonly Rule[] = [
  {
    id: 'marked',
    clauses: { 'PDF/UA-1': '6.2, 7.1 (Matterhorn 01-007)' },
    says: 'The document says that it is tagged, and that no tag is suspect.',
    check({ file }, look) {
      look.saw()
      const marks = entry(file, file.catalog, 'MarkInfo')
      if (entry(file, marks, 'Marked') !== true) look.fault(file.catalogRef.number, 'no /Marked true')
      if (entry(file, marks, 'Suspects') === true) look.fault(file.catalogRef.number, '/Suspects true')
    },
  },
  {
    id: 'structure-tree',
    clauses: { 'PDF/UA-1': '7.1' },
    says: 'There is a structure tree, and each of its elements names its parent.',
    check({ file, structure }, look) {
      const { root, elements, problem } = structure()
      if (!root) return look.fault(file.catalogRef.number, 'no /StructTreeRoot')
      if (problem !== null) look.fault(file.catalogRef.number, problem)
      for (const { object, dict, parent, written } of elements) {
        look.saw()
        const above = file.resolve(dict.entries.get('P'))
        if (above !== (parent?.dict ?? root)) look.fault(object, `/${written} names another parent, or none`)
      }
    },
  },
  {
    id: 'content-tagged',
    clauses: { 'PDF/UA-1': '7.1 (Matterhorn 01-005)' },
    says: 'All that is painted is tagged, or an artefact.',
    check({ content }, look) {
      const { items, untagged, unreadable } = content()
      for (let i = 0; i < items; i++) look.saw()
      for (const { what } of unreadable) look.unchecked(what)
      for (const { object, what } of untagged) look.fault(object, what)
    },
  },
  {
    id: 'artefacts-apart',
    clauses: { 'PDF/UA-1': '7.1 (Matterhorn 01-003, 01-004)' },
    says: 'No artefact is inside tagged content, and no tagged content inside an artefact.',
    check({ content }, look) {
      for (const { numbers } of content().marked.values()) for (const _ of numbers) look.saw()
      for (const { object, what } of content().crossed) look.fault(object, what)
    },
  },
  {
    id: 'content-in-structure',
    clauses: { 'PDF/UA-1': '7.1 (Matterhorn 01-005)' },
    says: 'Tagged content belongs to an element of the structure tree.',
    check({ file, content, structure }, look) {
      const { parents, byObject } = structure()
      for (const [owner, { object, numbers }] of content().marked) {
        const key = entry(file, owner, 'StructParents')
        const list = isCount(key) ? file.resolve(parents.get(key)) : null
        for (const number of numbers) {
          look.saw()
          const element = isArray(list) ? list.items[number] : undefined
          if (!isRef(element) || !byObject.has(element.number)) look.fault(object, `marked content ${number}`)
        }
      }
    },
  },
  {
    id: 'role-map',
    clauses: { 'PDF/UA-1': '7.1 (Matterhorn 02-001, 02-003, 02-004)' },
    says: 'Every structure type is one of ISO 32000-1 or mapped to one, none of those is mapped, and nothing runs in a circle.',
    check({ file, structure }, look) {
      const { elements, roles } = structure()
      for (const [from] of roles) {
        if (standardTypes.has(from)) look.fault(file.catalogRef.number, `/${from} is mapped`)
        const seen = new Set<string>()
        for (let type: string | undefined = from; type !== undefined; type = roles.get(type)) {
          if (seen.has(type)) look.fault(file.catalogRef.number, `/${from} is mapped in a circle`)
          if (seen.has(type)) break
          seen.add(type)
        }
      }
      const reported = new Set<string>()
      for (const { object, written, type } of elements) {
        look.saw()
        if (standardTypes.has(type) || reported.has(written)) continue
        reported.add(written)
        look.fault(object, `/${written} is no type of PDF 1.7 and not mapped to one`)
      }
    },
  },
  {
    id: 'language',
    clauses: { 'PDF/UA-1': '7.2 (Matterhorn 11-001 to 11-006)' },
    says: 'The catalog names the language of the document, and every language is named as in RFC 3066.',
    check({ file, structure, content }, look) {
      const one = (object: number, value: PdfObject) => {
        look.saw()
        if (!isString(value) || !language.test(readText(value))) look.fault(object, 'no language')
      }
      const elsewhere = structure().elements.filter(({ dict }) => dict.entries.has('Lang'))
      // Parts may name their languages where the whole does not; whether each of them does is another question.
      if (file.catalog.entries.has('Lang') || elsewhere.length + content().languages === 0) {
        one(file.catalogRef.number, entry(file, file.catalog, 'Lang'))
      } else look.unchecked('the language of parts, where the document has none')
      for (const { object, dict } of elsewhere) one(object, entry(file, dict, 'Lang'))
    },
  },
  {
    id: 'figures',
    clauses: { 'PDF/UA-1': '7.3, 7.7 (Matterhorn 13-004, 17-002)' },
    says: 'Figures and formulas have a text in /Alt or /ActualText.',
    check(subject, look) {
      eachOf(subject, ['Figure', 'Formula'], ({ object, dict, written }) => {
        look.saw()
        const alternative = entry(subject.file, dict, 'Alt')
        const described = isString(alternative) && readText(alternative).trim() !== ''
        if (!described && !dict.entries.has('ActualText')) look.fault(object, `a ${written} without`)
      })
    },
  },
  {
    id: 'headings',
    clauses: { 'PDF/UA-1': '7.4 (Matterhorn 14-002, 14-003, 14-006, 14-007)' },
    says: 'Headings begin with H1 and leave out no level; H and H1 to H6 are not mixed.',
    check(subject, look) {
      let level = 0
      let plain = 0
      eachOf(subject, ['H'], () => void plain++)
      eachOf(subject, ['H1', 'H2', 'H3', 'H4', 'H5', 'H6'], ({ object, type }) => {
        look.saw()
        const own = Number(type.slice(1))
        if (own > level + 1)
          look.fault(object, level === 0 ? `the first heading is ${type}` : `${type} after H${level}`)
        if (plain > 0) look.fault(object, `${type} beside H`)
        level = own
      })
      for (const element of subject.structure().elements) {
        if (kidsOf(element).filter(({ type }) => type === 'H').length > 1) look.fault(element.object, 'two H in it')
      }
    },
  },
  {
    id: 'notes',
    clauses: { 'PDF/UA-1': '7.9 (Matterhorn 19-003, 19-004)' },
    says: 'Every Note has an /ID of its own.',
    check(subject, look) {
      const known = new Set<string>()
      eachOf(subject, ['Note'], ({ object, dict }) => {
        look.saw()
        const id = entry(subject.file, dict, 'ID')
        const text = isString(id) ? readText(id) : ''
        if (text === '' || known.has(text)) look.fault(object, text === '' ? 'no /ID' : `the /ID ${text} again`)
        known.add(text)
      })
    },
  },
  {
    id: 'forms-once',
    clauses: { 'PDF/UA-1': '7.20 (Matterhorn 30-002)' },
    says: 'A form XObject with tagged content of its own is drawn once.',
    check({ content, dictionaries }, look) {
      for (const { object, dict, stream } of dictionaries) {
        if (stream?.dict !== dict || !dict.entries.has('StructParents')) continue
        look.saw()
        const times = content().drawn.get(stream) ?? 0
        if (times > 1) look.fault(object, `it is drawn ${times} times`)
      }
    },
  },
]

function eachOf(subject: PdfSubject, types: readonly string[], work: (element: StructureElement) => void): void {
  for (const element of subject.structure().elements) if (types.includes(element.type)) work(element)
}
