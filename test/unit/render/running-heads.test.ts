import fc from 'fast-check'
import { expect, test } from 'vitest'
import { auditDocument } from '../../../reports/audit/document.ts'
import { cssString, runningHeads } from '../../../src/render/running-heads.ts'
import { drawAssessment, drawComparison, quarter } from '../../helpers/assessment.ts'
import { drawIssue } from '../../helpers/report.ts'

test('no text can end a CSS string, its rule or the style element', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      const inner = cssString(text).slice(1, -1)
      expect(inner).not.toMatch(/["'<>{}&\n\r\f]/)
      // Every backslash begins an escape of ours.
      expect(inner.replace(/\\[0-9a-f]{1,6} /g, '')).not.toContain('\\')
    }),
  )
})

test('a CSS string says the text again once its escapes are resolved', () => {
  const text = 'A "B" <c> \\ {d} – é 顧客'
  const resolved = cssString(text)
    .slice(1, -1)
    .replace(/\\([0-9a-f]{1,6}) /g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
  expect(resolved).toBe(text)
})

test('a page that two sections share names both in its head, unless one says next to nothing', () => {
  const heads = (standings: typeof quarter.standings) => {
    const assessment = drawAssessment({ ...quarter, controls: 1, standings })
    return runningHeads(
      auditDocument({ assessment, comparison: drawComparison(assessment), issue: drawIssue(assessment) }),
    )
  }
  const few = heads(['excepted', 'satisfied', 'satisfied'])
  expect(few).toContain('@page findings { @top-left { content: "Findings by objective · Exceptions" } }')
  expect(few).toContain('#exceptions { page: findings }')
  const none = heads(['satisfied'])
  expect(none).toContain('@page findings { @top-left { content: "Findings by objective" } }')
  expect(none).toContain('#comparison { page: exceptions }')
  expect(none).toContain(
    '@page exceptions { @top-left { content: "Comparison with the previous period · Population and completeness" } }',
  )
})
