import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type DemoResult, mendings, runDemo } from '../../demo/scenario.ts'
import { plantedFaults } from '../../demo/servers/faults.ts'
import { verifyReport } from '../../src/app/verify.ts'
import { openProject } from '../../src/app.ts'
import { verifyPdf } from '../../src/signing/verify-pdf.ts'
import { temporaryFolder } from '../helpers/folder.ts'

// Printing and verifying a whole report takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let demo: DemoResult
let secret: string

beforeAll(async () => {
  folder = await temporaryFolder()
  demo = await runDemo({ folder: join(folder.path, 'demo'), signal: AbortSignal.timeout(220_000), tell: () => {} })
  secret = (await readFile(join(folder.path, 'demo/servers/sound/client-secret'), 'utf8')).trim()
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

test('every fault planted in the weak system is found', () => {
  expect(plantedFaults.length).toBeGreaterThan(20)
  expect(demo.missedFaults).toEqual([])
})

test('the sound system has no finding, in either period', () => {
  for (const assessment of [demo.before, demo.after]) {
    const open = assessment.findings
      .filter(({ component }) => component.startsWith('customer-data-api-sound/'))
      .filter(({ standing }) => !['satisfied', 'not-applicable'].includes(standing))
      .map(({ id, standing, reason }) => `${id} ${standing}: ${reason}`)
    expect(open).toEqual([])
  }
})

test('the comparison names exactly what was changed between the periods', () => {
  const moved = demo.comparison.changes
    .filter(({ change }) => !['unchanged', 'persisting'].includes(change))
    .map(({ finding, change }) => `${change} ${finding}`)
    .sort()
  expect(mendings.flat()).toHaveLength(4)
  expect(moved).toEqual([
    'fixed CERT-02@customer-data-api-weak/api',
    'fixed GW-02@customer-data-api-weak/api',
    'fixed GW-03@customer-data-api-weak/api',
    'fixed LOG-06@customer-data-api-weak/audit-log',
    'fixed TLS-02@customer-data-api-weak/api',
  ])
  const tls = demo.comparison.changes.find(({ finding }) => finding.startsWith('TLS-02@customer-data-api-weak/api'))
  expect(tls?.facts.map(({ part, path, before, after }) => ({ part, path, before, after }))).toEqual([
    { part: 'TLSv1.0', path: 'offered', before: 'yes', after: 'no' },
    { part: 'TLSv1.1', path: 'offered', before: 'yes', after: 'no' },
  ])
})

test('the report is of a period that has ended, and its trend shows both steps', () => {
  const { asOf, period, trend } = demo.report.assessment
  expect(asOf).toBe(period.to)
  expect(trend).toHaveLength(2)
  expect(trend[1]?.notSatisfied).toBeLessThan(trend[0]?.notSatisfied ?? 0)
})

test('an accepted finding stays not satisfied', () => {
  const gap = demo.after.findings.find(({ id }) => id === 'LOG-03@customer-data-api-weak/audit-log')
  expect(gap).toMatchObject({ outcome: 'not-satisfied', disposition: 'excepted', standing: 'excepted' })
})

test('the report is accepted under its own authority and the store verifies', async () => {
  expect(demo.verification.verdict).toBe('accepted')
  expect(demo.store).toMatchObject({ verdict: 'verified', problems: [], timestamps: 2, contradictions: [] })
  expect(demo.store.bounds.map(({ anchored }) => anchored)).toEqual([true, true])
  const alone = await verifyReport(demo.report.files.pdf, { trust: [], project: null })
  expect(alone.verdict).toBe('intact-signer-unproven')
})

test('the report is refused with any one byte changed', async () => {
  const pdf = await readFile(demo.report.files.pdf)
  const ca = await readFile(join(folder.path, 'demo/keys/ca.cert.pem'))
  const step = Math.floor(pdf.length / 60)
  for (let at = 0; at < pdf.length; at += step) {
    const changed = Buffer.from(pdf)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    const { verdict } = await verifyPdf(changed, { anchors: [ca] })
    expect(verdict, `byte ${at}`).toBe('refused')
  }
})

test('no secret and no token is in the store, the reports or their attachments', async () => {
  const root = join(folder.path, 'demo')
  const project = await openProject(demo.configuration)
  const files = [
    project.config.store.path,
    `${project.config.store.path}-wal`,
    ...(await readdir(join(root, 'reports'))).map((name) => join('reports', name)),
  ]
  const { attachments } = await verifyPdf(await readFile(demo.report.files.pdf), {
    anchors: [await readFile(join(root, 'keys/ca.cert.pem'))],
  })
  const contents = [
    ...(await Promise.all(files.map((file) => readFile(join(root, file)).catch(() => Buffer.alloc(0))))),
    ...attachments.map(({ bytes }) => Buffer.from(bytes)),
  ]
  for (const content of contents) {
    expect(content.includes(secret)).toBe(false)
    expect(/eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}/.test(content.toString('latin1'))).toBe(false)
  }
})
