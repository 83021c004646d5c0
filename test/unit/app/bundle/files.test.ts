import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isBundle, readBundle } from '../../../../src/app/bundle/files.ts'
import { temporaryFolder } from '../../../helpers/folder.ts'

test('a bundle is told by what it is: a folder, or a zip archive of any name', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'report.pdf'), '%PDF-1.7')
  await writeFile(join(folder.path, 'archive.bin'), 'PK\x03\x04')
  expect(await isBundle(folder.path)).toBe(true)
  expect(await isBundle(join(folder.path, 'archive.bin'))).toBe(true)
  expect(await isBundle(join(folder.path, 'report.pdf'))).toBe(false)
  expect(await isBundle(join(folder.path, 'nowhere'))).toBe(false)
})

test.skipIf(process.getuid?.() === 0)('a file that may not be read is no bundle, and told by its reader', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'report.pdf'), '%PDF-1.7')
  await chmod(join(folder.path, 'report.pdf'), 0)
  expect(await isBundle(join(folder.path, 'report.pdf'))).toBe(false)
})

test('a file of a bundle that cannot be read any more is a slip, and no bug', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'manifest.sha256'), '')
  const files = await readBundle(folder.path)
  await rm(join(folder.path, 'manifest.sha256'))
  await expect(files.read('manifest.sha256')).rejects.toMatchObject({ code: 'AFD_BUNDLE_UNREADABLE', exitCode: 2 })
  await expect(files.read('other')).rejects.toMatchObject({ code: 'AFD_BUNDLE_FILE' })
})
