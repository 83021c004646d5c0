import { entry, type PdfFile } from '../pdf/file.ts'
import { isArray, isDict, isName, isStream, isString, type PdfObject } from '../pdf/objects.ts'
import { fieldEntry, rectangle } from './annotation.ts'
import { nameOf } from './document.ts'
import type { Rule } from './rule.ts'

const kinds = new Set(
  (
    'Text Link FreeText Line Square Circle Polygon PolyLine Highlight Underline Squiggly StrikeOut Stamp Caret Ink Popup ' +
    'FileAttachment Widget PrinterMark TrapNet Watermark Redact'
  ).split(' '),
)
const actions = ['GoTo', 'GoToR', 'GoToE', 'Thread', 'URI', 'Named', 'SubmitForm']
const forbiddenActions = new Set(
  (
    'Launch Sound Movie ResetForm ImportData Hide SetOCGState Rendition Trans GoTo3DView JavaScript set-state no-op ' +
    'SetState NOP'
  ).split(' '),
)
const pageActions = ['NextPage', 'PrevPage', 'FirstPage', 'LastPage']

/** Rules over annotations, forms and actions. */
export const annotationRules: readonly Rule[] = [
  {
    id: 'annotation-kinds',
    clauses: { 'PDF/A-3b': '6.3.1' },
    says: 'Annotations are of the kinds of ISO 32000-1, without 3D, sound, screen and movie.',
    check({ file, annotations }, look) {
      for (const { object, dict } of annotations) {
        look.saw()
        const kind = nameOf(entry(file, dict, 'Subtype')) ?? 'none'
        if (!kinds.has(kind)) look.fault(object, `/${kind}`)
      }
    },
  },
  {
    id: 'no-trap-network',
    clauses: { 'PDF/UA-1': '7.18.2 (Matterhorn 28-007)' },
    says: 'No annotation is a trap network.',
    check({ file, annotations }, look) {
      for (const { object, dict } of annotations) {
        look.saw()
        if (isName(entry(file, dict, 'Subtype'), 'TrapNet')) look.fault(object, '/TrapNet')
      }
    },
  },
  {
    id: 'annotation-flags',
    clauses: { 'PDF/A-3b': '6.3.2' },
    says: 'Annotations are printed and neither hidden, invisible, nor without view.',
    check({ file, annotations }, look) {
      for (const { object, dict } of annotations) {
        if (isName(entry(file, dict, 'Subtype'), 'Popup')) continue
        look.saw()
        const flags = entry(file, dict, 'F')
        if (typeof flags !== 'number') look.fault(object, 'no /F')
        // Print; not Invisible, Hidden, NoView, ToggleNoView.
        else if ((flags & 4) === 0 || (flags & (1 | 2 | 32 | 256)) !== 0) look.fault(object, `/F ${flags}`)
      }
    },
  },
  {
    id: 'annotation-appearance',
    clauses: { 'PDF/A-3b': '6.3.3' },
    says: 'Annotations but links, popups and those without extent look like their /AP says, which has /N alone.',
    check({ file, annotations }, look) {
      for (const { object, dict } of annotations) {
        look.saw()
        const kind = nameOf(entry(file, dict, 'Subtype'))
        const appearance = entry(file, dict, 'AP')
        if (!isDict(appearance)) {
          if (kind !== 'Link' && kind !== 'Popup' && !isEmpty(file, dict)) look.fault(object, 'no /AP')
          continue
        }
        if ([...appearance.entries.keys()].join() !== 'N') look.fault(object, '/AP has more than /N')
        const button = kind === 'Widget' && isName(fieldEntry(file, dict, 'FT'), 'Btn')
        const normal = entry(file, appearance, 'N')
        if (button ? !isDict(normal) : !isStream(normal)) look.fault(object, '/N is of the wrong kind')
      }
    },
  },
  {
    id: 'forms-static',
    clauses: { 'PDF/A-3b': '6.4.1, 6.4.2', 'PDF/UA-1': '7.15 (Matterhorn 25-001)' },
    says: 'The form has no XFA, needs no appearances made and no rendering, and its fields do nothing by themselves.',
    check({ file, dictionaries, annotations }, look) {
      const form = entry(file, file.catalog, 'AcroForm')
      const root = file.catalogRef.number
      if (entry(file, file.catalog, 'NeedsRendering') === true) look.fault(root, '/NeedsRendering')
      if (!isDict(form)) return
      look.saw()
      if (form.entries.has('XFA')) look.fault(root, '/XFA')
      if (entry(file, form, 'NeedAppearances') === true) look.fault(root, '/NeedAppearances')
      for (const { object, dict } of annotations) {
        if (!isName(entry(file, dict, 'Subtype'), 'Widget')) continue
        look.saw()
        for (const key of ['A', 'AA']) if (dict.entries.has(key)) look.fault(object, `a widget with /${key}`)
      }
      for (const { object, dict } of dictionaries) {
        if (dict.entries.has('FT') && dict.entries.has('AA')) look.fault(object, 'a field with /AA')
      }
    },
  },
  {
    id: 'actions',
    clauses: { 'PDF/A-3b': '6.5.1' },
    says: 'Actions lead somewhere in this file, to another, or to an address: no JavaScript, launching, sound or the like.',
    check({ file, dictionaries }, look) {
      const one = (object: number, action: PdfObject) => {
        const kind = nameOf(entry(file, action, 'S'))
        look.saw()
        if (!actions.includes(kind ?? '')) look.fault(object, `/${kind}`)
        const target = nameOf(entry(file, action, 'N'))
        if (kind === 'Named' && !pageActions.includes(target ?? '')) look.fault(object, `/Named ${target}`)
      }
      for (const { object, dict } of dictionaries) {
        const places = [
          // Structure elements have an /A too, which is no action.
          ...(dict.entries.has('Subtype') || dict.entries.has('Title') ? [dict.entries.get('A')] : []),
          dict.entries.get('OpenAction'),
        ]
        for (const place of places) if (isDict(file.resolve(place))) one(object, file.resolve(place))
        const next = entry(file, dict, 'Next')
        const follows = dict.entries.has('S') && !dict.entries.has('Title')
        for (const item of follows && isArray(next) ? next.items : follows ? [next] : []) {
          if (isDict(file.resolve(item))) one(object, file.resolve(item))
        }
        // Wherever they are, also where nothing leads to them.
        const kind = nameOf(entry(file, dict, 'S'))
        if (forbiddenActions.has(kind ?? '') && !isName(entry(file, dict, 'Type'), 'StructElem')) {
          look.fault(object, `/${kind}`)
        }
      }
      if (entry(file, entry(file, file.catalog, 'Names'), 'JavaScript') !== null) {
        look.fault(file.catalogRef.number, 'a name tree of JavaScript')
      }
    },
  },
  {
    id: 'no-additional-actions',
    clauses: { 'PDF/A-3b': '6.5.2' },
    says: 'Catalog and pages have no /AA.',
    check({ file, pages }, look) {
      look.saw()
      if (file.catalog.entries.has('AA')) look.fault(file.catalogRef.number, 'the catalog has one')
      for (const { ref, page } of pages) {
        look.saw()
        if (page.entries.has('AA')) look.fault(ref.number, 'a page has one')
      }
    },
  },
  {
    id: 'signatures',
    clauses: { 'PDF/A-3b': '6.4.3' },
    says: 'Every signature covers its revision of the file but for its own /Contents, which is a SEQUENCE in DER.',
    check({ file, bytes, dictionaries }, look) {
      for (const { object, dict } of dictionaries) {
        const range = entry(file, dict, 'ByteRange')
        const contents = entry(file, dict, 'Contents')
        if (!isArray(range) || !isString(contents)) continue
        look.saw()
        const [start, first = 0, second = 0, length = 0] = range.items.map((item) => Number(file.resolve(item)))
        const gap = contents.token
        const end = second + length
        const closes = end === bytes.length || /^%%EOF[\r\n]*$/.test(tail(bytes, end))
        if (start !== 0 || gap?.start !== first || gap.end !== second || !closes) {
          look.fault(object, 'its /ByteRange leaves out something else')
        }
        if (contents.bytes[0] !== 0x30) look.fault(object, 'its /Contents is no SEQUENCE')
      }
    },
  },
]

function isEmpty(file: PdfFile, annotation: PdfObject): boolean {
  const [left = 0, bottom = 0, right = 1, top = 1] = rectangle(file, entry(file, annotation, 'Rect'))
  return left === right && bottom === top
}

function tail(bytes: Uint8Array, end: number): string {
  return Buffer.from(bytes.subarray(Math.max(0, end - 7), end))
    .toString('latin1')
    .replace(/^[\s\S]*(?=%%EOF)/, '')
}
