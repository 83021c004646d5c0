import { entry } from '../pdf/file.ts'
import { isArray, isDict, isStream, isString, type PdfObject, readText } from '../pdf/objects.ts'
import { nameOf } from './document.ts'
import type { Rule } from './rule.ts'
import type { PdfSubject } from './subject.ts'

/** Rules over embedded files. */
export const attachmentRules: readonly Rule[] = [
  {
    id: 'attachment-names',
    clauses: { 'PDF/A-3b': '6.8', 'PDF/UA-1': '7.11 (Matterhorn 21-001)' },
    says: 'An embedded file has its name in /F and /UF.',
    check(subject, look) {
      for (const { object, dict } of specifications(subject)) {
        look.saw()
        for (const key of ['F', 'UF']) {
          const value = entry(subject.file, dict, key)
          if (!isString(value) || readText(value) === '') look.fault(object, `no /${key}`)
        }
      }
    },
  },
  {
    id: 'attachment-types',
    clauses: { 'PDF/A-3b': '6.8' },
    says: 'An embedded file has its media type in /Subtype.',
    check(subject, look) {
      for (const { object, dict } of specifications(subject)) {
        look.saw()
        for (const stream of filesOf(subject, dict)) {
          const type = nameOf(entry(subject.file, stream, 'Subtype'))
          if (!/^[-\w+.]+\/[-\w+.]+$/.test(type ?? '')) look.fault(object, type ?? 'there is none')
        }
      }
    },
  },
  {
    id: 'attachment-dates',
    clauses: { 'PDF/A-3b': '6.8' },
    says: 'An embedded file has the date of its last change in /Params.',
    check(subject, look) {
      for (const { object, dict } of specifications(subject)) {
        look.saw()
        for (const stream of filesOf(subject, dict)) {
          const date = entry(subject.file, entry(subject.file, stream, 'Params'), 'ModDate')
          if (!isString(date) || !/^D:\d{4}/.test(readText(date))) look.fault(object, 'no /ModDate')
        }
      }
    },
  },
  {
    id: 'attachment-relationships',
    clauses: { 'PDF/A-3b': '6.8' },
    says: 'An embedded file says in /AFRelationship how it stands to the document.',
    check(subject, look) {
      for (const { object, dict } of specifications(subject)) {
        look.saw()
        if (nameOf(entry(subject.file, dict, 'AFRelationship')) === null) look.fault(object, 'it does not')
      }
    },
  },
  {
    id: 'attachments-associated',
    clauses: { 'PDF/A-3b': '6.8' },
    says: 'An embedded file stands in the /AF of the catalog or of the part of the document that it belongs to.',
    check(subject, look) {
      const { file } = subject
      const associated = new Set<PdfObject>()
      for (const { dict } of subject.dictionaries) {
        const list = entry(file, dict, 'AF')
        if (isArray(list)) for (const item of list.items) associated.add(file.resolve(item))
        else if (list !== null) associated.add(list)
      }
      for (const { object, dict } of specifications(subject)) {
        look.saw()
        if (!associated.has(dict)) look.fault(object, 'no /AF names it')
      }
    },
  },
]

function specifications({ file, dictionaries }: PdfSubject): PdfSubject['dictionaries'] {
  return dictionaries.filter(({ dict }) => isDict(entry(file, dict, 'EF')))
}

function filesOf({ file }: PdfSubject, specification: PdfObject): readonly PdfObject[] {
  const files = entry(file, specification, 'EF')
  const streams = isDict(files) ? [...files.entries.values()].map((value) => file.resolve(value)) : []
  return [...new Set(streams)].filter((stream) => isStream(stream))
}
