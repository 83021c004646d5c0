import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditDocument } from '../../reports/audit/document.ts'
import { instant } from '../../src/model/time.ts'
import { renderHtml } from '../../src/render/html.ts'
import { pageNumbers } from '../../src/render/page-numbers.ts'
import { printPdf } from '../../src/render/print.ts'
import { drawAssessment, drawComparison, quarter } from '../helpers/assessment.ts'
import { drawInventory } from '../helpers/inventory.ts'
import { drawIssue } from '../helpers/report.ts'

const createdAt = instant('2026-10-01T04:00:12Z')
const { signal } = new AbortController()

let folder: string
let pdf: Uint8Array
let latin1: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'affidavit-test-'))
  const plain = drawAssessment(quarter)
  const components = plain.systems.flatMap((system) => system.components.map(({ ref }) => ref))
  const assessment = { ...plain, inventory: drawInventory(20, components, plain.asOf) }
  const act = { at: createdAt, policy: 'raw-personal', basis: 'storage limitation', reason: null }
  const behind = assessment.inventory.map(({ entry }) => [entry])
  const erasures = [{ ...act, entry: 95_000, artefacts: behind.length, behind }]
  const issue = drawIssue(assessment, { retention: { erasures, policies: [], holds: [] } })
  const document = { assessment, comparison: drawComparison(assessment), issue }
  pdf = await printPdf(renderHtml(auditDocument(document)), { signal, createdAt })
  latin1 = Buffer.from(pdf).toString('latin1')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the report is a tagged PDF with an outline, a title and the date it was given', () => {
  expect(latin1.startsWith('%PDF-1.')).toBe(true)
  expect(latin1).toContain('/Marked true')
  expect(latin1).toContain('/StructTreeRoot')
  expect(latin1).toContain('/Outlines')
  expect(latin1).toContain("/CreationDate (D:20261001040012+00'00')")
})

test('nothing is wider than the page: Chromium would print all of them smaller', () => {
  // Where the text of a page begins: 18 mm from the left, in the 300 dots an inch that Chromium draws in.
  const scales = contentStreams(pdf).flatMap(
    (content) => /^([\d.]+) 0 0 \1 212\.5 -\d\S* cm$/m.exec(content)?.[1] ?? [],
  )
  expect(scales.length).toBeGreaterThan(10)
  expect([...new Set(scales)]).toEqual([String(300 / 96)])
})

test('fonts are embedded as TrueType with Unicode maps, none as Type 3', () => {
  expect(latin1).not.toContain('/Subtype /Type3')
  expect(latin1).toContain('/CIDFontType2')
  expect(latin1.match(/\/Subtype \/Type0/g)?.length).toBe(latin1.match(/\/ToUnicode/g)?.length)
})

test('charts are figures with their sentence as alternative text', () => {
  const figures = latin1.match(/\/S \/Figure/g)?.length ?? 0
  expect(figures).toBeGreaterThan(20)
  expect(latin1.match(/\/Alt /g)?.length).toBeGreaterThanOrEqual(figures)
})

test('the contents name the page on which each section begins', () => {
  const pages = pageNumbers(pdf)
  expect(pages.get('about')).toBe(2)
  const order = ['about', 'summary', 'findings', 'exceptions', 'comparison', 'population', 'evidence', 'verification']
  const numbers = order.map((section) => pages.get(section) ?? 0)
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  expect(numbers.every((number) => number > 0)).toBe(true)
})

const pdftotext = installed('pdftotext')

test.skipIf(!pdftotext)('no page is blank and each section starts on the page that the contents say', () => {
  const file = join(folder, 'report.pdf')
  writeFileSync(file, pdf)
  const pages = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\f')
    .slice(0, -1)
  expect(pages.filter((page) => page.replace(/\s/g, '').length < 120)).toEqual([])
  expect(pages[0]).toContain('Customer Data API')
  expect(pages[1]).toMatch(/Summary\s+4\b/)
  expect(pages[3]).toMatch(/3\s+Summary/)
  expect(pages[4]).toMatch(/Findings by objective/)
  expect(pages[4]).toMatch(/5 \/ \d+/)
})

test('the same HTML and date print to the same bytes', async () => {
  const html = '<!doctype html><html lang="en"><title>Same</title><h1>Same</h1></html>'
  const first = await printPdf(html, { signal, createdAt })
  const second = await printPdf(html, { signal, createdAt })
  expect(Buffer.compare(first, second)).toBe(0)
})

test('nothing is fetched and no script runs, whatever the HTML asks for', async () => {
  let requests = 0
  const server = createServer((_, response) => {
    requests += 1
    response.end('x')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const html = `<!doctype html><html><head><title>Before</title><link rel="stylesheet" href="${origin}/a.css"></head><body><img src="${origin}/b.png"><iframe src="${origin}/c"></iframe><script src="${origin}/d.js"></script><script>document.title = 'After'</script></body></html>`
    const printed = Buffer.from(await printPdf(html, { signal })).toString('latin1')
    expect(requests).toBe(0)
    expect(printed).toContain('/Title (Before)')
    await printPdf(`<meta http-equiv="refresh" content="0;url=${origin}/m"><p>x`, { signal })
    expect(requests).toBe(0)
  } finally {
    server.close()
  }
})

test('the profile is gone after printing, also where printing failed', async () => {
  const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`affidavit-print-${process.pid}-`))
  await printPdf('<p>x', { signal })
  await printPdf('<p>x', { signal, browser: process.execPath }).catch(() => undefined)
  expect(left()).toEqual([])
})

test('a browser that dies at once is reported with a hint', async () => {
  const broken = join(folder, 'broken-browser')
  writeFileSync(broken, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  await expect(printPdf('<p>x', { signal, browser: broken })).rejects.toMatchObject({
    code: 'AFD_RENDER_BROWSER_FAILED',
    hint: expect.stringContaining('AFFIDAVIT_BROWSER'),
  })
})

test('printing ends with its signal and with its time', async () => {
  const stop = new AbortController()
  stop.abort(new Error('stopped'))
  await expect(printPdf('<p>x', { signal: stop.signal })).rejects.toThrow('stopped')
  await expect(printPdf('<p>x', { signal, timeoutMs: 1 })).rejects.toMatchObject({ code: 'AFD_RENDER_TIMEOUT' })
})

/** Every content stream of the pages, inflated. */
function contentStreams(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes).toString('latin1')
  return [...text.matchAll(/\/Type \/Page\n[\s\S]*?\/Contents (\d+) 0 R/g)].map(([, id]) => {
    const start = text.indexOf('stream\n', text.indexOf(`\n${id} 0 obj\n`)) + 'stream\n'.length
    return inflateSync(Buffer.from(text.slice(start, text.indexOf('\nendstream', start)), 'latin1')).toString('latin1')
  })
}

function installed(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((place) => existsSync(join(place, program)))
}
