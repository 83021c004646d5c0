import type { Assessment, Comparison } from '../../src/model/assessment.ts'
import type { ReportIssue } from './issue.ts'

/** The report as data, for machines: the same content as the PDF. Version 1 only ever gains members. */
export type AuditReportJson = {
  readonly version: 1
  readonly issue: ReportIssue
  readonly assessment: Assessment
  readonly comparison: Comparison | null
}

/** The JSON edition of the audit report, indented, with a line feed at its end. */
export function auditJson(report: Omit<AuditReportJson, 'version'>): string {
  const { issue, assessment, comparison } = report
  const edition: AuditReportJson = { version: 1, issue, assessment, comparison }
  return `${JSON.stringify(edition, null, 2)}\n`
}
