import { PdfError } from '../pdf/objects.ts'
import { annotationAccessRules } from './annotation-access-rules.ts'
import { annotationRules } from './annotation-rules.ts'
import { attachmentRules } from './attachment-rules.ts'
import { byteRules } from './byte-rules.ts'
import { colourRules } from './colour-rules.ts'
import { fileRules } from './file-rules.ts'
import { fontRules } from './font-rules.ts'
import { contentRules, graphicsRules } from './graphics-rules.ts'
import { metadataRules } from './metadata-rules.ts'
import { applyRule, notApplied, type Rule, type RuleResult } from './rule.ts'
import { structureRules } from './structure-rules.ts'
import { type PdfSubject, readSubject } from './subject.ts'
import { tableRules } from './table-rules.ts'

/** All rules over a file that can be read, in the order of the report. */
const subjectRules: readonly Rule[] = [
  ...fileRules,
  ...contentRules,
  ...colourRules,
  ...graphicsRules,
  ...fontRules,
  ...annotationRules,
  ...annotationAccessRules,
  ...metadataRules,
  ...attachmentRules,
  ...structureRules,
  ...tableRules,
]

const readable: Omit<Rule, 'check'> = {
  id: 'readable',
  clauses: { 'PDF/A-3b': '6.1.4, 6.1.7.1, 6.1.9', 'PDF/UA-1': '7.16', 'PDF 1.7': '7.5' },
  says: 'Every object is where the cross-reference table says, each stream as long as it says, and no key stands twice.',
}

/** Everything that is checked. */
export const pdfRules: readonly Omit<Rule<never>, 'check'>[] = [...byteRules, readable, ...subjectRules]

/**
 * Checks a PDF against our rules from PDF/A-3b and PDF/UA-1. It says of each rule what became of it, and nothing about
 * requirements that no rule stands for; a file that cannot be read leaves the rules about its objects not checked.
 */
export function checkPdfRules(bytes: Uint8Array): readonly RuleResult[] {
  const first = byteRules.map((rule) => applyRule(rule, bytes))
  let subject: PdfSubject
  try {
    subject = readSubject(bytes)
  } catch (error) {
    if (!(error instanceof PdfError)) throw error
    // Cross-reference streams and files laid out for the web are allowed; they are only not read here.
    const unsupported = /cross-reference (?:streams|sections out of order)/.test(error.message)
    const own = applyRule<null>(
      {
        ...readable,
        check: (_, look) => (unsupported ? look.unchecked(error.message) : look.fault(null, error.message)),
      },
      null,
    )
    return [...first, own, ...subjectRules.map((rule) => notApplied(rule, 'the file cannot be read'))]
  }
  const read = applyRule<PdfSubject>(
    {
      ...readable,
      check({ objects }, look) {
        for (const _ of objects) look.saw()
      },
    },
    subject,
  )
  return [...first, read, ...subjectRules.map((rule) => applyRule(rule, subject))]
}
