import { entry, type PdfFile } from '../pdf/file.ts'
import { isCount, isName, isRef, isString, type PdfObject } from '../pdf/objects.ts'
import { fieldEntry, rectangle } from './annotation.ts'
import { type Annotation, nameOf } from './document.ts'
import type { Rule } from './rule.ts'
import type { PdfSubject } from './subject.ts'

/** Rules over whether annotations and fields can be met and understood without being seen. */
export const annotationAccessRules: readonly Rule[] = [
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
        const described = filled(fieldEntry(file, annotation.dict, 'TU'))
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

function isOutside(file: PdfFile, { dict, page }: Annotation): boolean {
  const [left = 0, bottom = 0, right = 0, top = 0] = rectangle(file, entry(file, dict, 'Rect'))
  const crop = rectangle(file, entry(file, page.page, 'CropBox') ?? page.mediaBox)
  const [from = 0, low = 0, to = 0, high = 0] = crop
  return right <= from || left >= to || top <= low || bottom >= high
}
