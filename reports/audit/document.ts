import type { Assessment, Comparison } from '../../src/model/assessment.ts'
import type { AuditDocument, Heading } from '../../src/render/document.ts'
import { about } from './about.ts'
import { annex } from './annex.ts'
import { comparisonSection } from './comparison.ts'
import { contextOf } from './context.ts'
import { cover } from './cover.ts'
import { evidenceIndex } from './evidence.ts'
import { exceptions } from './exceptions.ts'
import { findings } from './findings.ts'
import { inventory } from './inventory.ts'
import type { ReportIssue } from './issue.ts'
import { population } from './population.ts'
import { summary } from './summary.ts'
import { verification } from './verification.ts'

export type AuditReport = {
  readonly assessment: Assessment
  /** Null where there is no earlier period in the ledger. */
  readonly comparison: Comparison | null
  readonly issue: ReportIssue
}

const headings = {
  about: { id: 'about', number: 2, title: 'About this report' },
  summary: { id: 'summary', number: 3, title: 'Summary' },
  findings: { id: 'findings', number: 4, title: 'Findings by objective' },
  exceptions: { id: 'exceptions', number: 5, title: 'Exceptions' },
  comparison: { id: 'comparison', number: 6, title: 'Comparison with the previous period' },
  population: { id: 'population', number: 7, title: 'Population and completeness' },
  evidence: { id: 'evidence', number: 8, title: 'Evidence index' },
  verification: { id: 'verification', number: 9, title: 'How to verify this report' },
  inventory: { id: 'inventory', number: 10, title: 'Annex: protocols, certificates and logs' },
  annex: { id: 'annex', number: 11, title: 'Annex: controls, parameters and runs' },
} as const satisfies { [section: string]: Omit<Heading, 'flows' | 'slight'> }

/** So few leave room for another section on their page: exceptions, targets, and observations of the inventory. */
const few = { exceptions: 3, targets: 16, inventory: 40 }

/** The audit report of one assessment as a document to print; pure. */
export function auditDocument({ assessment, comparison, issue }: AuditReport): AuditDocument {
  const context = contextOf(assessment, issue)
  const { coverage } = assessment
  const period = context.dates.period(assessment.period)
  const section = (name: keyof typeof headings): Heading => ({ ...headings[name], flows: false })
  // With next to nothing to say it stands above the next section: below the one before it, it might be alone on a page.
  const slight = (name: keyof typeof headings): Heading => ({ ...headings[name], flows: false, slight: true })
  const below = (name: keyof typeof headings, rows: number, most: number): Heading => ({
    ...headings[name],
    flows: rows <= most,
  })
  const excepted = assessment.exceptions.length
  const sections = {
    about: about(context, section('about')),
    summary: summary(context, section('summary'), comparison),
    findings: findings(context, section('findings')),
    exceptions: exceptions(
      context,
      excepted === 0 ? slight('exceptions') : below('exceptions', excepted, few.exceptions),
    ),
    comparison: comparisonSection(
      context,
      { ...(comparison === null ? slight('comparison') : section('comparison')), flows: excepted === 0 },
      comparison,
    ),
    population: population(
      context,
      comparison === null
        ? { ...section('population'), flows: true }
        : below('population', coverage.targets.length, few.targets),
    ),
    evidence: evidenceIndex(context, issue.evidence.length === 0 ? slight('evidence') : section('evidence')),
    verification: verification(context, { ...section('verification'), flows: issue.evidence.length === 0 }),
  }
  const sideBySide = inventory(context, below('inventory', (assessment.inventory ?? []).length, few.inventory))
  const rules = annex(
    context,
    sideBySide ? section('annex') : { ...section('annex'), number: headings.inventory.number },
  )
  return {
    kind: 'audit',
    title: `${issue.id}: audit evidence report, ${assessment.organisation}, ${period}`,
    id: issue.id,
    organisation: assessment.organisation,
    period,
    contents: [...Object.values(sections), ...(sideBySide ? [sideBySide] : []), rules].map(({ heading }) => heading),
    cover: cover(context, comparison),
    ...sections,
    inventory: sideBySide,
    annex: rules,
  }
}
