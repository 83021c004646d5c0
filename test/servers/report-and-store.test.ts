import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { periodNamed } from '../../src/app/assessment.ts'
import { makeKeys } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import type { IssuedReport } from '../../src/app/report.ts'
import { verifyReport, verifyTheStore } from '../../src/app/verify.ts'
import { collectNow, issue, openLedger } from '../../src/app.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { openShop } from '../helpers/shop.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const signal = AbortSignal.timeout(300_000)
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let project: Project
let report: IssuedReport

beforeAll(async () => {
  folder = await temporaryFolder()
  await makeKeys({ folder: join(folder.path, 'keys'), organisation: 'Example Retail Ltd', passphrase: null })
  project = await openShop(folder.path)
  await collectNow(project, { targets: project.config.plan, signal })
  report = await issue(project, { period: periodNamed(project, undefined), signal })
  await collectNow(project, { targets: project.config.plan, signal })
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

test('beside its store a report is said to be in it, and to be the file that was issued', async () => {
  const { verdict, checks } = await verifyReport(report.files.pdf, { trust: [], project })
  expect(verdict).toBe('accepted')
  const sentences = checks.filter(({ holds }) => holds).map(({ sentence }) => sentence)
  expect(sentences.some((sentence) => sentence.includes('more were only appended'))).toBe(true)
  expect(sentences.some((sentence) => sentence.includes(report.id))).toBe(true)
})

test('a store with another history contradicts the report', async () => {
  const other = await another('rewritten')
  await collectNow(other, { targets: other.config.plan, signal })
  await collectNow(other, { targets: other.config.plan, signal })
  const { verdict, checks, conclusion } = await verifyReport(report.files.pdf, { trust: [], project: other })
  expect(verdict).toBe('refused')
  expect(checks.filter(({ holds }) => holds === false)).toHaveLength(1)
  expect(conclusion).toContain('what was recorded beside it says otherwise')
})

test('a store that is shorter than the report contradicts it; none at all says nothing', async () => {
  const other = await another('shorter')
  expect((await verifyReport(report.files.pdf, { trust: [], project: other })).verdict).toBe('accepted')
  await (await openLedger(other, 'create'))[Symbol.asyncDispose]()
  expect((await verifyReport(report.files.pdf, { trust: [], project: other })).verdict).toBe('refused')
})

test('the store is compared with a kept report or checkpoint', async () => {
  const state = await verifyTheStore(project, signal, report.files.pdf)
  expect(state).toMatchObject({ verdict: 'verified', since: report.assessment.ledger.size })
  const kept = join(folder.path, 'kept.txt')
  await writeFile(kept, report.assessment.ledger.checkpoint ?? '')
  expect(await verifyTheStore(project, signal, kept)).toMatchObject({ verdict: 'verified' })

  const other = await openShop(join(folder.path, 'rewritten'))
  const rewritten = await verifyTheStore(other, signal, kept)
  expect(rewritten).toMatchObject({ verdict: 'refused', problems: [{ code: 'history-rewritten' }] })
  expect((await verifyTheStore(other, signal)).verdict).toBe('verified')
})

test('a checkpoint that another key signed, or a report that was altered, is nothing to compare with', async () => {
  const other = await another('foreign')
  await makeKeys({ folder: join(folder.path, 'foreign', 'new'), organisation: 'Else', passphrase: null })
  await copyFile(join(folder.path, 'foreign/new/ledger.key.pem'), join(folder.path, 'foreign/keys/ledger.key.pem'))
  await (await openLedger(other, 'create'))[Symbol.asyncDispose]()
  await expect(verifyTheStore(other, signal, join(folder.path, 'kept.txt'))).rejects.toMatchObject({
    code: 'AFD_NOTE_SIGNATURE',
  })
  const pdf = await readFile(report.files.pdf)
  pdf[1000] = (pdf[1000] ?? 0) ^ 1
  await writeFile(join(folder.path, 'altered.pdf'), pdf)
  await expect(verifyTheStore(project, signal, join(folder.path, 'altered.pdf'))).rejects.toMatchObject({
    code: 'AFD_VERIFY_SINCE',
    exitCode: 4,
  })
})

/** The same configuration and keys in a folder of their own, without a store. */
async function another(name: string): Promise<Project> {
  const path = join(folder.path, name)
  await mkdir(join(path, 'keys'), { recursive: true })
  for (const key of ['ledger.key.pem', 'report.key.pem', 'report.cert.pem', 'ca.cert.pem']) {
    await copyFile(join(folder.path, 'keys', key), join(path, 'keys', key))
  }
  return await openShop(path)
}
