import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { periodNamed } from '../../src/app/assessment.ts'
import { demandedErasure, eraseOnDemand } from '../../src/app/erase-on-demand.ts'
import { openLedgerKey } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import type { IssuedReport } from '../../src/app/report.ts'
import { verifyReport } from '../../src/app/verify.ts'
import { collectNow, issue, openLedger } from '../../src/app.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { tamper } from '../helpers/ledger-tamper.ts'
import { retentionProject } from '../helpers/retention.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const signal = AbortSignal.timeout(300_000)
const demand = { reason: 'request 4711', basis: 'GDPR Art. 17', policy: undefined, artefact: undefined }
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let project: Project
let before: IssuedReport
let after: IssuedReport

beforeAll(async () => {
  folder = await temporaryFolder()
  project = await retentionProject(join(folder.path, 'project'), '')
  await collectNow(project, { targets: project.config.plan, signal })
  before = await reportNow()
  await using store = await openLedger(project, 'write')
  for await (const { entry } of store.entries({ kinds: ['log.source'] })) {
    const asked = { ...demand, entry: `E-${entry.sequence}` }
    const seen = await demandedErasure(project, store, asked)
    await eraseOnDemand(project, store, await openLedgerKey(project), asked, seen)
  }
  after = await reportNow()
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

test('erasing raw bytes changes no judgement', () => {
  const findings = ({ assessment }: IssuedReport) =>
    assessment.findings.map(({ id, outcome, standing, reason, decisions }) => [
      ...[id, outcome, standing, reason],
      decisions.map(({ entry, facts }) => [entry, facts]),
    ])
  expect(findings(after)).toEqual(findings(before))
  expect(before.assessment.findings.length).toBeGreaterThan(3)
})

test('a report issued after an erasure verifies, and says what was erased, when and why', async () => {
  const { verdict, checks } = await verifyReport(after.files.pdf, { trust: [], project })
  expect(verdict).toBe('accepted')
  const told = checks.filter(({ sentence }) => /erased/.test(sentence))
  expect(told.map(({ holds }) => holds)).toEqual([true, true])
  expect(told[0]?.sentence).toMatch(/raw bytes of one artefact .* on demand \(E-\d+\)/)
  expect(told[1]?.sentence).toMatch(/holds the raw bytes of 0 artefacts .* 1 more were erased/)
})

test('a report issued before an erasure still verifies, and the store says what has gone since', async () => {
  const { verdict, checks } = await verifyReport(before.files.pdf, { trust: [], project })
  expect(verdict).toBe('accepted')
  expect(checks.filter(({ sentence }) => /erased/.test(sentence))).toMatchObject([{ holds: true }])
})

test('raw bytes that are gone without an entry contradict the report', async () => {
  const other = await retentionProject(join(folder.path, 'robbed'), '')
  await collectNow(other, { targets: other.config.plan, signal })
  const report = await issue(other, { period: periodNamed(other, undefined), signal })
  expect((await verifyReport(report.files.pdf, { trust: [], project: other })).verdict).toBe('accepted')
  tamper(join(other.directory, 'affidavit.db'), 'DELETE FROM blobs')
  const { verdict, checks } = await verifyReport(report.files.pdf, { trust: [], project: other })
  expect(verdict).toBe('refused')
  expect(checks.find(({ holds }) => holds === false)?.sentence).toContain('are gone, and no entry says why')
})

async function reportNow(): Promise<IssuedReport> {
  return await issue(project, { period: periodNamed(project, undefined), signal })
}
