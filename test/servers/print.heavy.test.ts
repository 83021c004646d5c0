import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { auditDocument } from '../../reports/audit/document.ts'
import { renderHtml } from '../../src/render/html.ts'
import { printPdf } from '../../src/render/print.ts'
import { drawAssessment, drawComparison, quarter, type Shape } from '../helpers/assessment.ts'
import { drawIssue } from '../helpers/report.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-test-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function pagesOf(shape: Shape): Promise<readonly string[]> {
  const assessment = drawAssessment(shape)
  const report = { assessment, comparison: drawComparison(assessment), issue: drawIssue(assessment) }
  const file = join(folder, 'report.pdf')
  writeFileSync(file, await printPdf(renderHtml(auditDocument(report)), { signal: AbortSignal.timeout(60_000) }))
  const text = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8', maxBuffer: 1 << 28 })
  return text.split('\f').slice(0, -1)
}

test('three hundred findings print within a minute, each with its own lines, on no blank page', async () => {
  const names = ['Gateway', 'API', 'Identity provider', 'Log store', 'Mobile backend', 'Reporting', 'Batch', 'Console']
  const systems = ['Customer Data API', 'Payments', 'Partner portal'].map((name) => ({ name, components: names }))
  const pages = await pagesOf({ ...quarter, systems })
  expect(drawAssessment({ ...quarter, systems }).findings).toHaveLength(312)
  expect(pages.length).toBeGreaterThan(60)
  expect(pages.filter((page) => page.replace(/\s/g, '').length < 120)).toEqual([])
})

test('a finding longer than a page breaks between its rows and repeats its head', async () => {
  const pages = await pagesOf({ ...quarter, controls: 1, standings: ['not-satisfied'], subjects: 60 })
  const rows = pages.filter((page) => /TLSv1\.0\s+yes\s+not satisfied/.test(page))
  expect(rows.length).toBeGreaterThan(4)
  expect(rows.filter((page) => !/protocol\s+offered\s+Result\s+(?:Collected\s+)?Evidence/.test(page))).toEqual([])
})

test('one word of four hundred letters in every name still makes a report', async () => {
  const word = 'x'.repeat(400)
  const shape = { ...quarter, organisation: word, host: word, systems: [{ name: word, components: [word] }] }
  expect((await pagesOf(shape)).length).toBeGreaterThan(10)
})
