import { entry, type PdfFile } from '../pdf/file.ts'
import { isArray, isName, isString, type PdfDict, type PdfObject, readText } from '../pdf/objects.ts'
import { nameOf } from './document.ts'
import type { Rule } from './rule.ts'
import { kidsOf, parentOf, type StructureElement } from './structure.ts'
import type { PdfSubject } from './subject.ts'

/** Which elements may be in which, ISO 32000-1 sections 14.8.4.2 and 14.8.4.3. */
const inside: { readonly [type: string]: readonly string[] } = {
  Table: ['TR', 'THead', 'TBody', 'TFoot', 'Caption'],
  THead: ['TR'],
  TBody: ['TR'],
  TFoot: ['TR'],
  TR: ['TH', 'TD'],
  L: ['L', 'LI', 'Caption'],
  LI: ['Lbl', 'LBody'],
  TOC: ['TOC', 'TOCI', 'Caption'],
}
const outside: { readonly [type: string]: readonly string[] } = {
  TR: ['Table', 'THead', 'TBody', 'TFoot'],
  THead: ['Table'],
  TBody: ['Table'],
  TFoot: ['Table'],
  TH: ['TR'],
  TD: ['TR'],
  LI: ['L'],
  LBody: ['LI'],
  TOCI: ['TOC'],
}
const tables = new Set(['Table', 'THead', 'TBody', 'TFoot', 'TR', 'TH', 'TD'])

/** Rules over tables, lists and tables of contents. */
export const tableRules: readonly Rule[] = [
  nesting('table-nesting', (type) => tables.has(type), 'Matterhorn 09-004', 'Tables have rows, and rows have cells.'),
  nesting(
    'list-nesting',
    (type) => !tables.has(type),
    'Matterhorn 09-005, 09-006',
    'Lists have items, items a label or a body; tables of contents have their entries.',
  ),
  {
    id: 'table-grid',
    clauses: { 'PDF/UA-1': '7.2' },
    says: 'The rows of a table have the same number of columns, spans counted, and no cell lies over another.',
    check(subject, look) {
      for (const table of subject.structure().elements) {
        if (table.type !== 'Table') continue
        look.saw()
        const widths = gridOf(subject.file, rowsOf(table))
        if (new Set(widths).size > 1) look.fault(table.object, `rows of ${[...new Set(widths)].join(', ')} columns`)
      }
    },
  },
  {
    id: 'table-parts',
    clauses: { 'PDF/UA-1': '7.2' },
    says: 'A table has at most one head and one foot, a body where it has either, and a caption first or last.',
    check(subject, look) {
      for (const table of subject.structure().elements) {
        if (table.type !== 'Table') continue
        look.saw()
        const kids = kidsOf(table).map(({ type }) => type)
        const count = (type: string) => kids.filter((kid) => kid === type).length
        if (count('THead') > 1 || count('TFoot') > 1 || count('Caption') > 1) look.fault(table.object, 'a part twice')
        if (count('THead') + count('TFoot') > 0 && count('TBody') === 0) look.fault(table.object, 'no body')
        if (kids.slice(1, -1).includes('Caption')) look.fault(table.object, 'a caption in the middle')
      }
    },
  },
  {
    id: 'table-heads',
    clauses: { 'PDF/UA-1': '7.5 (Matterhorn 15-003)' },
    says: 'Header cells have a scope, or all cells of their table name their headers.',
    check(subject, look) {
      const { file } = subject
      for (const table of subject.structure().elements) {
        if (table.type !== 'Table') continue
        const cells = rowsOf(table).flatMap(kidsOf)
        const heads = cells.filter(({ type }) => type === 'TH')
        const known = new Set(heads.map(({ dict }) => textOf(entry(file, dict, 'ID'))))
        const data = cells.filter(({ type }) => type === 'TD')
        const named = data.every(({ dict }) => {
          const headers = attributeOf(file, dict, 'Headers')
          return isArray(headers) && headers.items.every((item) => known.has(textOf(file.resolve(item))))
        })
        for (const head of heads) {
          look.saw()
          const scope = nameOf(attributeOf(file, head.dict, 'Scope'))
          if (!['Row', 'Column', 'Both'].includes(scope ?? '') && !(named && data.length > 0))
            look.fault(head.object, 'a header cell')
        }
      }
    },
  },
]

function nesting(id: string, concerns: (type: string) => boolean, condition: string, says: string): Rule {
  return {
    id,
    clauses: { 'PDF/UA-1': `7.2 (${condition})` },
    says,
    check({ structure }: PdfSubject, look) {
      for (const element of structure().elements) {
        const { object, type } = element
        if (!concerns(type) || !(type in inside || type in outside)) continue
        look.saw()
        const parent = parentOf(element)?.type ?? 'the root'
        if (outside[type] && !outside[type].includes(parent)) look.fault(object, `${type} in ${parent}`)
        for (const kid of inside[type] ? kidsOf(element) : []) {
          if (!inside[type]?.includes(kid.type)) look.fault(kid.object, `${kid.type} in ${type}`)
        }
      }
    },
  }
}

function rowsOf(table: StructureElement): readonly StructureElement[] {
  return kidsOf(table).flatMap((kid) => (kid.type === 'TR' ? [kid] : kid.type === 'Caption' ? [] : kidsOf(kid)))
}

/** How many columns each row takes, cells that reach down from above included. */
function gridOf(file: PdfFile, rows: readonly StructureElement[]): readonly number[] {
  let reaching: number[] = []
  return rows.map((row) => {
    const next: number[] = []
    let column = 0
    const free = () => {
      while ((reaching[column] ?? 0) > 0) {
        next[column] = (reaching[column] ?? 0) - 1
        column++
      }
    }
    for (const { dict } of kidsOf(row)) {
      free()
      const [across, down] = ['ColSpan', 'RowSpan'].map((key) => Math.max(1, Number(attributeOf(file, dict, key) ?? 1)))
      for (let i = 0; i < Math.min(across ?? 1, 1000); i++) next[column++] = (down ?? 1) - 1
    }
    free()
    reaching = next
    return column
  })
}

/** An attribute of the owner Table, ISO 32000-1 section 14.7.5. */
function attributeOf(file: PdfFile, element: PdfDict, key: string): PdfObject {
  const value = entry(file, element, 'A')
  for (const item of isArray(value) ? value.items : [value]) {
    if (isName(entry(file, item, 'O'), 'Table') && entry(file, item, key) !== null) return entry(file, item, key)
  }
  return null
}

const textOf = (value: PdfObject): string => (isString(value) ? readText(value) : '')
