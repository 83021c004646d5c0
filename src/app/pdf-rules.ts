import { readFile } from 'node:fs/promises'
import { ConfigError } from '../model/errors.ts'
import { checkPdfRules } from '../signing/rules/check.ts'
import type { RuleResult, Standard } from '../signing/rules/rule.ts'

export type { RuleResult, Standard } from '../signing/rules/rule.ts'

export type PdfRulesReport = {
  /** What the file calls itself, soundly: a claim that breaks its rule is not listed. */
  readonly claims: readonly Standard[]
  readonly rules: readonly RuleResult[]
}

/**
 * Checks a PDF file against our rules from PDF/A-3b, PDF/UA-1 and PDF 1.7; throws ConfigError where it is not there, or
 * is no PDF to begin with.
 */
export async function checkPdfFile(path: string): Promise<PdfRulesReport> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ConfigError('AFD_PDF_RULES_FILE', `the file ${path} cannot be read`, {
      hint: 'name a PDF file: affidavit pdf-rules report.pdf',
      subject: path,
      cause,
    })
  })
  // Readers look that far for it; what has none breaks every rule, and nobody learns anything from the list.
  if (!bytes.subarray(0, 1024).includes('%PDF-')) {
    throw new ConfigError('AFD_PDF_RULES_FILE', `${path} is no PDF: no %PDF- header stands at its beginning`, {
      hint: 'name a PDF file: affidavit pdf-rules report.pdf',
      subject: path,
    })
  }
  const rules = checkPdfRules(bytes)
  const claimed = (id: string) => rules.some((rule) => rule.id === id && rule.result === 'passed')
  return {
    claims: [
      ...(claimed('pdfa-identification') ? (['PDF/A-3b'] as const) : []),
      ...(claimed('pdfua-identification') ? (['PDF/UA-1'] as const) : []),
    ],
    rules,
  }
}
