import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { auditDocument } from '../../reports/audit/document.ts'
import { renderHtml } from '../../src/render/html.ts'
import { printPdf } from '../../src/render/print.ts'
import { checkPdfRules } from '../../src/signing/rules/check.ts'
import { drawAssessment, drawComparison, quarter, type Shape } from '../helpers/assessment.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { drawIssue } from '../helpers/report.ts'
import { sign } from '../helpers/signing.ts'

const { signal } = new AbortController()

async function signedReport(shape: Shape): Promise<Uint8Array> {
  const assessment = drawAssessment(shape)
  const report = { assessment, comparison: drawComparison(assessment), issue: drawIssue(assessment) }
  const printed = await printPdf(renderHtml(auditDocument(report)), { signal })
  return (await sign(printed, { rectangle: [60, 60, 300, 120] })).pdf
}

const notPassed = (pdf: Uint8Array) =>
  checkPdfRules(pdf).flatMap(({ id, result, faults, unchecked }) =>
    result === 'passed' ? [] : [{ id, result, faults, unchecked }],
  )

test('a whole report breaks no rule, and all but its silence about PDF/UA is checked', async () => {
  expect(notPassed(await signedReport(quarter)).map(({ id }) => id)).toEqual(['pdfua-identification'])
})

test('a report without findings, exceptions and gaps breaks none either', async () => {
  const pdf = await signedReport({ ...quarter, controls: 1, standings: ['satisfied'] })
  expect(notPassed(pdf).map(({ id }) => id)).toEqual(['pdfua-identification'])
})

test('a report with characters that no face has does not call itself PDF/A', async () => {
  const pdf = await signedReport({ ...quarter, controls: 1, organisation: 'Example \u{1f6d1} \u{12000}' })
  expect(notPassed(pdf)).toContainEqual(expect.objectContaining({ id: 'pdfa-identification', result: 'not-checked' }))
})

const weasyprint = (process.env.PATH ?? '').split(':').some((place) => existsSync(join(place, 'weasyprint')))

const page = `<!doctype html><html lang="en"><head><title>Other maker</title>
<style>body { font-family: "DejaVu Sans" }</style></head><body><h1>Title</h1>
<p>Some <b>bold</b> text with a <a href="https://example.org/">link</a>.</p>
<h2>List</h2><ul><li>one</li><li>two</li></ul>
<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table></body></html>`

/** What WeasyPrint 57 itself leaves out of files of a variant, looked up by hand; anything else would be a false alarm. */
const leftOut = {
  'pdf/a-3b': ['trailer-id'],
  'pdf/ua-1': ['table-heads'],
} as const

test.skipIf(!weasyprint).each(['pdf/a-3b', 'pdf/ua-1'] as const)(
  'what WeasyPrint writes as %s breaks only rules that it does break',
  async (variant) => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'page.html'), page)
    const file = join(folder.path, 'page.pdf')
    execFileSync('weasyprint', ['--pdf-variant', variant, join(folder.path, 'page.html'), file], { stdio: 'ignore' })
    const standard = variant === 'pdf/a-3b' ? 'PDF/A-3b' : 'PDF/UA-1'
    const broken = checkPdfRules(readFileSync(file)).filter(
      ({ result, clauses }) => result === 'failed' && clauses[standard],
    )
    expect(broken.map(({ id }) => id)).toEqual(leftOut[variant])
  },
)
