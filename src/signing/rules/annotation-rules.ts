import { entry, type PdfFile } from '../pdf/file.ts'
import { isArray, isCount, isDict, isName, isRef, isStream, isString, type PdfObject } from '../pdf/objects.ts'
import { type Annotation, nameOf } from './document.ts'
import type { Rule } from './rule.ts'
import type { PdfSubject } from './subject.ts'

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
        const button = kind === 'Widget' && isName(field(file, dict, 'FT'), 'Btn')
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
  {
    id: 'tab-order',
    clauses: { 'PDF/UA-1': '7.18.3 (Matterhorn 28-008, 28-009)' },
    says: 'On pages with annotations the tab order is that of the structure.',
    check({ file, annotations }, look) {
      for (const { ref, page } of new Set(annotations.map(({ page: place }) => place))) {
        look.saw()
        if (!isName(entry(file, page, 'Tabs'), 'S')) look.fault(ref.number, 'no /Tabs /S')
      }
    },
  },
  {
    id: 'links-tagged',
    clauses: { 'PDF/UA-1': '7.18.5 (Matterhorn 28-011)' },
    says: 'Every link annotation is part of a Link in the structure.',
    check(subject, look) {
      eachVisible(subject, 'Link', (annotation) => {
        look.saw()
        const type = holderOf(subject, annotation)
        if (type !== 'Link')
          look.fault(annotation.object, type === null ? 'it is not in the structure' : `in a ${type}`)
      })
    },
  },
  {
    id: 'annotations-described',
    clauses: { 'PDF/UA-1': '7.18.1, 7.18.5 (Matterhorn 28-004, 28-012)' },
    says: 'Annotations have a description in /Contents; those that are no links may have it as /Alt in the structure.',
    check(subject, look) {
      const { file } = subject
      eachVisible(subject, null, (annotation) => {
        const kind = nameOf(entry(file, annotation.dict, 'Subtype'))
        if (kind === 'Widget' || kind === 'PrinterMark') return
        look.saw()
        const alternative = kind !== 'Link' && filled(entry(file, elementOf(subject, annotation), 'Alt'))
        if (!filled(entry(file, annotation.dict, 'Contents')) && !alternative)
          look.fault(annotation.object, `a ${kind}`)
      })
    },
  },
  {
    id: 'annotations-tagged',
    clauses: { 'PDF/UA-1': '7.18.1, 7.18.8 (Matterhorn 28-002, 28-017)' },
    says: 'Annotations that are no links, widgets or printer marks are part of an Annot in the structure.',
    check(subject, look) {
      const { file } = subject
      eachVisible(subject, null, (annotation) => {
        const kind = nameOf(entry(file, annotation.dict, 'Subtype'))
        if (kind === 'Widget' || kind === 'Link') return
        look.saw()
        const type = holderOf(subject, annotation)
        if (kind === 'PrinterMark' ? type !== null : type !== 'Annot') look.fault(annotation.object, `a ${kind}`)
      })
    },
  },
  {
    id: 'fields-tagged',
    clauses: { 'PDF/UA-1': '7.18.4 (Matterhorn 28-010)' },
    says: 'Every field that can be seen is part of a Form in the structure.',
    check(subject, look) {
      eachVisible(subject, 'Widget', (annotation) => {
        look.saw()
        if (holderOf(subject, annotation) !== 'Form') look.fault(annotation.object, 'a field outside any Form')
      })
    },
  },
  {
    id: 'fields-described',
    clauses: { 'PDF/UA-1': '7.18.1 (Matterhorn 28-005)' },
    says: 'Every field that can be seen has a description in /TU, or its Form one in /Alt.',
    check(subject, look) {
      const { file } = subject
      eachVisible(subject, 'Widget', (annotation) => {
        look.saw()
        const described = filled(field(file, annotation.dict, 'TU'))
        if (!described && !filled(entry(file, elementOf(subject, annotation), 'Alt'))) {
          look.fault(annotation.object, 'a field without a description')
        }
      })
    },
  },
]

/** Annotations that a reader can meet: not hidden, and with some extent on their page. */
function eachVisible(subject: PdfSubject, kind: string | null, work: (annotation: Annotation) => void): void {
  const { file } = subject
  for (const annotation of subject.annotations) {
    const own = nameOf(entry(file, annotation.dict, 'Subtype'))
    const flags = entry(file, annotation.dict, 'F')
    const hidden = typeof flags === 'number' && (flags & 2) !== 0
    if (own === 'Popup' || hidden || (kind !== null && own !== kind) || isOutside(file, annotation)) continue
    work(annotation)
  }
}

/** The structure element that a /StructParent leads to. */
function elementOf(subject: PdfSubject, { dict }: Annotation): PdfObject {
  const key = entry(subject.file, dict, 'StructParent')
  return isCount(key) ? (subject.structure().parents.get(key) ?? null) : null
}

/** The type of the element that holds an annotation; null where the structure does not hold it. */
function holderOf(subject: PdfSubject, annotation: Annotation): string | null {
  const ref = elementOf(subject, annotation)
  const element = isRef(ref) ? subject.structure().byObject.get(ref.number) : undefined
  return element?.holds.includes(annotation.object) ? element.type : null
}

const filled = (value: PdfObject): boolean => isString(value) && value.bytes.length > 0

/** An entry of a field, or of the one above it. */
function field(file: PdfFile, widget: PdfObject, key: string): PdfObject {
  return entry(file, widget, key) ?? entry(file, entry(file, widget, 'Parent'), key)
}

function rectangle(file: PdfFile, value: PdfObject): readonly number[] {
  return isArray(value) ? value.items.map((item) => Number(file.resolve(item))) : []
}

function isEmpty(file: PdfFile, annotation: PdfObject): boolean {
  const [left = 0, bottom = 0, right = 1, top = 1] = rectangle(file, entry(file, annotation, 'Rect'))
  return left === right && bottom === top
}

function isOutside(file: PdfFile, { dict, page }: Annotation): boolean {
  const [left = 0, bottom = 0, right = 0, top = 0] = rectangle(file, entry(file, dict, 'Rect'))
  const crop = rectangle(file, entry(file, page.page, 'CropBox') ?? page.mediaBox)
  const [from = 0, low = 0, to = 0, high = 0] = crop
  return right <= from || left >= to || top <= low || bottom >= high
}

function tail(bytes: Uint8Array, end: number): string {
  return Buffer.from(bytes.subarray(Math.max(0, end - 7), end))
    .toString('latin1')
    .replace(/^[\s\S]*(?=%%EOF)/, '')
}
