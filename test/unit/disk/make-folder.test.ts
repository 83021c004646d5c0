import { chmod, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../../../src/disk/make-folder.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

test('a folder is made with those above it, and made again changes nothing', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a', 'b', 'c')
  makeFolder(path, 0o700)
  for (const each of [path, join(folder.path, 'a')]) expect((await stat(each)).mode & 0o777).toBe(0o700)
  await chmod(path, 0o750)
  makeFolder(path, 0o700)
  expect((await stat(path)).mode & 0o777).toBe(0o750)
})

test('a link to a folder is a folder, and what is none is told', async () => {
  await using folder = await temporaryFolder()
  await symlink('.', join(folder.path, 'link'))
  makeFolder(join(folder.path, 'link', 'below'))
  expect((await stat(join(folder.path, 'below'))).isDirectory()).toBe(true)
  await writeFile(join(folder.path, 'file'), '')
  expect(() => makeFolder(join(folder.path, 'file'))).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  expect(() => makeFolder(join(folder.path, 'file', 'below'))).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  await symlink('nowhere', join(folder.path, 'dangling'))
  expect(() => makeFolder(join(folder.path, 'dangling'))).toThrow(expect.objectContaining({ code: 'EEXIST' }))
})

test.runIf(process.platform === 'linux')('a file system that makes no folders is told, and not asked for ever', () => {
  expect(() => makeFolder('/proc/affidavit/reports')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
})
