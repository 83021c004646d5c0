import { readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reportFiles, writeReport } from '../../../src/app/report-files.ts'
import { reportPartMark } from '../../../src/app/report-parts.ts'
import { settleReports } from '../../../src/app/settle-reports.ts'
import { partOf } from '../../../src/disk/part.ts'
import { openStore } from '../../../src/ledger/open.ts'
import type { Store } from '../../../src/ledger/store.ts'
import { sha256 } from '../../../src/model/digest.ts'
import { millis } from '../../../src/model/time.ts'
import { clock, newEntry, origin, temporaryFolder } from '../../helpers/ledger.ts'

const minute = 60_000
const settle = (folder: string, store: Store) => settleReports(folder, store, clock)

test('a report that was recorded when its process was killed is put in place, as far as it was not', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, { 'AER-1': '%PDF one', 'AER-2': '%PDF two' })
  await parts(folder, 'AER-1', { html: 'h1', json: 'j1', pdf: '%PDF one' })
  await writeFile(join(folder, 'AER-2.html'), 'h2')
  await parts(folder, 'AER-2', { json: 'j2', pdf: '%PDF two' })
  expect(await settle(folder, store)).toEqual(['AER-1', 'AER-2'])
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
  await parts(folder, 'AER-1-timestamped', { pdf: '%PDF one, raised' })
  await parts(folder, 'AER-2-timestamped', { pdf: '%PDF two, raised' }, 61 * minute)
  expect(await settle(folder, store)).toEqual(['AER-1-timestamped'])
  expect(await reportsIn(folder)).toEqual(['AER-1-timestamped.pdf'])
})

test('what was never recorded, or only in part written, goes when nobody can be at it any more', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, { 'AER-1': '%PDF one, whole' })
  await parts(folder, 'AER-1', { html: 'h', json: 'j', pdf: '%PDF one' }, 61 * minute)
  await parts(folder, 'AER-9', { html: 'h' }, 61 * minute)
  expect(await settle(folder, store)).toEqual([])
  expect(await reportsIn(folder)).toEqual([])
})

test('what a process of another container may be about to record is left alone', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, {})
  await parts(folder, 'AER-1', { html: 'h', pdf: '%PDF' }, 59 * minute)
  const before = await reportsIn(folder)
  expect(before).toHaveLength(2)
  expect(await settle(folder, store)).toEqual([])
  expect(await reportsIn(folder)).toEqual(before)
})

test('a report that is settled while its process puts it in place is there once, and the process is told of nothing', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, { 'AER-1': '%PDF one' })
  const files = reportFiles(folder, 'AER-1')
  const record = async () => {
    expect(await settle(folder, store)).toEqual(['AER-1'])
  }
  await writeReport(files, { html: 'h', json: 'j', pdf: Buffer.from('%PDF one') }, { origin, record })
  expect(await reportsIn(folder)).toEqual(['AER-1.html', 'AER-1.json', 'AER-1.pdf'])
  expect(await readFile(files.pdf, 'utf8')).toBe('%PDF one')
})

test('what another ledger issues into the same folder, and what is no part of a report, is left alone', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, {})
  await parts(folder, 'AER-1', { html: 'h', pdf: '%PDF' }, 61 * minute, 'example.org/other')
  await writeFile(join(folder, 'AER-3.pdf.part'), 'of somebody else')
  const before = await reportsIn(folder)
  expect(await settle(folder, store)).toEqual([])
  expect(await reportsIn(folder)).toEqual(before)
})

test('a folder that is not there yet has nothing to settle', async () => {
  const folder = temporaryFolder()
  await using store = await ledgerWith(folder, {})
  expect(await settle(join(folder, 'reports'), store)).toEqual([])
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

/** What a process left so long before `clock`. */
async function parts(
  folder: string,
  id: string,
  forms: Readonly<Record<string, string>>,
  agoMs = 0,
  ledger = origin,
): Promise<void> {
  const mark = reportPartMark(ledger)
  const written = new Date(millis(clock.now()) - agoMs)
  for (const [form, text] of Object.entries(forms)) {
    const path = partOf(join(folder, `${id}.${form}`), mark)
    await writeFile(path, text)
    await utimes(path, written, written)
  }
}

async function reportsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('AER-')).sort()
}
