import { auditDocument } from '../../reports/audit/document.ts'
import { renderHtml } from '../../src/render/html.ts'
import { drawAssessment, drawComparison, quarter } from '../../test/helpers/assessment.ts'
import { drawIssue } from '../../test/helpers/report.ts'

/** Components and controls that make a report of about so many pages. */
export const sizes: { readonly [pages: number]: readonly [components: number, controls: number] } = {
  10: [1, 1],
  100: [33, 13],
  500: [193, 13],
}

/** The HTML of a report of about so many pages, the same each time. */
export function reportOf(pages: number): string {
  const [components, controls] = sizes[pages] ?? [1, 1]
  const systems = Array.from({ length: Math.ceil(components / 8) }, (_, system) => ({
    name: `System ${system + 1}`,
    components: Array.from({ length: Math.min(8, components - 8 * system) }, (_, at) => `Component ${at + 1}`),
  }))
  const assessment = drawAssessment({ ...quarter, systems, controls })
  const report = { assessment, comparison: drawComparison(assessment), issue: drawIssue(assessment) }
  return renderHtml(auditDocument(report))
}
