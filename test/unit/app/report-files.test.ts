import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reportFiles, writeReport } from '../../../src/app/report-files.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

const contents = { pdf: Buffer.from('%PDF'), html: '<html>', json: '{}' }
const origin = 'example.org/affidavit'
const recorded = { origin, record: async () => {} }

test('a report is put in place in its three forms once it is recorded', async () => {
  await using folder = await temporaryFolder()
  const directory = join(folder.path, 'reports')
  let then: readonly string[] = []
  await writeReport(reportFiles(directory, 'AER-1'), contents, {
    origin,
    record: async () => {
      then = await readdir(directory)
    },
  })
  expect(then.every((name) => name.endsWith('.part'))).toBe(true)
  expect((await readdir(directory)).sort()).toEqual(['AER-1.html', 'AER-1.json', 'AER-1.pdf'])
})

test('what cannot be recorded leaves no file behind', async () => {
  await using folder = await temporaryFolder()
  const failing = writeReport(reportFiles(folder.path, 'AER-1'), contents, {
    origin,
    record: async () => {
      throw new Error('the store is full')
    },
  })
  await expect(failing).rejects.toThrow('the store is full')
  expect(await readdir(folder.path)).toEqual([])
})

test('what cannot be written is not recorded, and leaves nothing half-written behind', async () => {
  await using folder = await temporaryFolder()
  const files = reportFiles(folder.path, 'AER-1')
  let records = 0
  // Fails to be written when the other forms are, as on a disk that fills up.
  const unwritable = { ...contents, pdf: new Proxy(contents.pdf, {}) }
  const failing = writeReport(files, unwritable, { origin, record: async () => void records++ })
  await expect(failing).rejects.toMatchObject({ code: 'AFD_REPORT_WRITE', exitCode: 6 })
  expect(records).toBe(0)
  expect((await readdir(folder.path)).filter((name) => /html|json/.test(name))).toEqual([])
})

test('a report that is there already is never replaced', async () => {
  await using folder = await temporaryFolder()
  const files = reportFiles(folder.path, 'AER-1')
  await writeFile(files.pdf, 'signed long ago')
  await expect(writeReport(files, contents, recorded)).rejects.toMatchObject({ code: 'AFD_REPORT_EXISTS' })
  expect(await readFile(files.pdf, 'utf8')).toBe('signed long ago')
  expect(await readdir(folder.path)).toEqual(['AER-1.pdf'])
})
