import { expect, test } from 'vitest'
import { auditDocument } from '../../../reports/audit/document.ts'
import type { Assessment } from '../../../src/model/assessment.ts'
import { renderHtml } from '../../../src/render/html.ts'
import { unbrokenNumbers } from '../../../src/render/prose.ts'
import { drawAssessment, drawComparison, quarter } from '../../helpers/assessment.ts'
import { drawIssue } from '../../helpers/report.ts'

function rendered(assessment: Assessment): string {
  return renderHtml(auditDocument({ assessment, comparison: drawComparison(assessment), issue: drawIssue(assessment) }))
}

const plain = rendered(drawAssessment(quarter))

/** The assessment with a text put into every place where somebody else's words stand. */
function infested(text: string): Assessment {
  const assessment = drawAssessment({ ...quarter, organisation: text, host: text })
  return {
    ...assessment,
    systems: assessment.systems.map((system) => ({
      ...system,
      name: text,
      owner: text,
      description: text,
      data: [text],
      components: system.components.map((component) => ({ ...component, name: text, owner: text })),
    })),
    controls: assessment.controls.map((control) => ({
      ...control,
      title: text,
      statement: text,
      remediation: text,
      source: text,
      risk: { ...control.risk, why: text },
      references: { ...control.references, [text]: [text] },
      rule: { ...control.rule, expect: text },
    })),
    findings: assessment.findings.map((finding) => ({
      ...finding,
      reason: text,
      reperform: [text],
      decisions: finding.decisions.map((decision) => ({ ...decision, reason: text, facts: { [text]: text } })),
    })),
    exceptions: assessment.exceptions.map((exception) => ({ ...exception, reason: text, approver: text })),
    coverage: {
      ...assessment.coverage,
      gaps: assessment.coverage.gaps.map((gap) => ({ ...gap, target: text, explanation: text })),
    },
    ledger: { ...assessment.ledger, origin: text, checkpoint: text },
  }
}

test('markup in evidence is shown as text and never becomes an element', () => {
  const html = rendered(infested('</style><script>alert(1)</script><img src=x onerror="y">\' {{title}} {{> cover}}'))
  expect(html).not.toMatch(/<script|<img|onerror="/)
  expect(html.match(/<style/g)).toHaveLength(1)
  expect(html.match(/<\/style/g)).toHaveLength(1)
  expect(html).toContain('{{title}}')
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
})

test('an observation of which no fact was asked has a mark in its cell, since browsers leave empty cells out of the tags', () => {
  const assessment = drawAssessment(quarter)
  const findings = assessment.findings.map((finding) => ({
    ...finding,
    decisions: finding.decisions.map((decision) => ({ ...decision, facts: {} })),
  }))
  const tables = rendered({ ...assessment, findings }).match(/<table class="observations[\s\S]*?<\/table>/g) ?? []
  expect(tables.length).toBeGreaterThan(0)
  const empty = tables.flatMap(
    (table) => table.match(/<td[^>]*>(?:<span class="pairs">)?\s*(?:<\/span>)?<\/td>/g) ?? [],
  )
  expect(empty).toEqual([])
})

test('text in backticks becomes code and what stands in it is still escaped', () => {
  const html = rendered(infested('set `a<b>` here'))
  expect(html).toContain('set <code>a&lt;b&gt;</code> here')
})

test('nothing outside the file is referenced', () => {
  const references = [...plain.matchAll(/(?:src|href|xlink:href|action|data)="([^"]*)"|url\(([^)]{0,40})/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  )
  expect(references.length).toBeGreaterThan(20)
  expect(references.filter((reference) => !reference.startsWith('#') && !reference.startsWith('data:'))).toEqual([])
  expect(plain).not.toMatch(/@import|<link|<script/)
  expect(plain).toContain("default-src 'none'")
})

test('every inner link has its target and no id stands twice', () => {
  const ids = [...plain.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
  expect(new Set(ids).size).toBe(ids.length)
  const links = [...plain.matchAll(/href="#([^"]+)"/g)].map((match) => match[1])
  expect(links.filter((link) => !ids.includes(link))).toEqual([])
})

test('every chart is an image with a sentence', () => {
  const charts = [...plain.matchAll(/<svg[^>]*>/g)].map((match) => match[0])
  expect(charts.length).toBeGreaterThan(20)
  expect(charts.filter((chart) => !/role="img" aria-label="[^"]{8,}"/.test(chart))).toEqual([])
})

test('a colour never stands without its word', () => {
  expect(plain).not.toMatch(/class="chip [a-z]+">\s*</)
})

test('the same document renders to the same text', () => {
  expect(rendered(drawAssessment(quarter))).toBe(plain)
})

test('a range of evidence breaks at its dash and never behind the hyphen of a number', () => {
  expect(unbrokenNumbers('E-40118')).toBe('E-40118')
  expect(unbrokenNumbers('E-8 – E-12 (bytes <erased>)')).toBe(
    '<span class="nowrap">E-8 –</span> <span class="nowrap">E-12</span> (bytes &lt;erased&gt;)',
  )
})
