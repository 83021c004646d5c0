import { spawnSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { settleReports } from '../../../src/app/settle-reports.ts'
import { openStore } from '../../../src/ledger/open.ts'
import type { Store } from '../../../src/ledger/store.ts'
import { sha256 } from '../../../src/model/digest.ts'
import { clock, newEntry, origin, temporaryFolder } from '../../helpers/ledger.ts'

/** A process that is certainly over. */
const gone = spawnSync(process.execPath, ['--eval', '']).pid
/** One that is certainly there, and not us. */
const alive = process.ppid

test('a report that was recorded when its process was killed is put in place, as far as it was not', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, { 'AER-1': '%PDF one', 'AER-2': '%PDF two' })
  await parts(folder, 'AER-1', gone, { html: 'h1', json: 'j1', pdf: '%PDF one' })
  await writeFile(join(folder, 'AER-2.html'), 'h2')
  await parts(folder, 'AER-2', gone, { json: 'j2', pdf: '%PDF two' })
  expect(await settleReports(folder, store)).toEqual(['AER-1', 'AER-2'])
  expect(await reportsIn(folder)).toEqual(
    ['AER-1', 'AER-2'].flatMap((id) => ['html', 'json', 'pdf'].map((form) => `${id}.${form}`)),
  )
  expect(await readFile(join(folder, 'AER-2.pdf'), 'utf8')).toBe('%PDF two')
  expect(await readFile(join(folder, 'AER-1.json'), 'utf8')).toBe('j1')
})

test('a report that was raised and recorded when its process was killed is put in place too', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, { 'AER-1': '%PDF one' })
  const facts = { id: 'AER-1', sha256: sha256('%PDF one, raised') }
  await store.append([newEntry(1, { kind: 'report.raised', facts })])
  await parts(folder, 'AER-1-timestamped', gone, { pdf: '%PDF one, raised' })
  await parts(folder, 'AER-2-timestamped', gone, { pdf: '%PDF two, raised' })
  expect(await settleReports(folder, store)).toEqual(['AER-1-timestamped'])
  expect(await reportsIn(folder)).toEqual(['AER-1-timestamped.pdf'])
})

test('what was never recorded, or only in part written, goes', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, { 'AER-1': '%PDF one, whole' })
  await parts(folder, 'AER-1', gone, { html: 'h', json: 'j', pdf: '%PDF one' })
  await parts(folder, 'AER-9', gone, { html: 'h' })
  expect(await settleReports(folder, store)).toEqual([])
  expect(await reportsIn(folder)).toEqual([])
})

test('what another process is writing, and what is no part of a report, is left alone', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, {})
  await parts(folder, 'AER-1', alive, { html: 'h', pdf: '%PDF' })
  await writeFile(join(folder, 'AER-3.pdf.part'), 'of somebody else')
  expect(await settleReports(folder, store)).toEqual([])
  expect(await reportsIn(folder)).toEqual([`AER-1.html.${alive}.part`, `AER-1.pdf.${alive}.part`, 'AER-3.pdf.part'])
})

test('a folder that is not there yet has nothing to settle', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, {})
  expect(await settleReports(join(folder, 'reports'), store)).toEqual([])
})

/** A ledger that has recorded reports, by id. */
async function ledgerWith(folder: string, reports: Readonly<Record<string, string>>): Promise<Store> {
  const store = await openStore({ path: join(folder, 'evidence.db'), origin, clock, mode: 'create' })
  const entries = Object.entries(reports).map(([id, pdf], index) =>
    newEntry(index, { kind: 'report.issued', facts: { id, sha256: sha256(pdf) } }),
  )
  await store.append(entries)
  return store
}

async function parts(folder: string, id: string, pid: number, forms: Readonly<Record<string, string>>): Promise<void> {
  for (const [form, text] of Object.entries(forms)) await writeFile(join(folder, `${id}.${form}.${pid}.part`), text)
}

async function reportsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('AER-')).sort()
}
