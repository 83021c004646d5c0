import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeNew } from '../../../src/disk/part.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

test('a new file has its bytes, and nothing beside it is left', async () => {
  await using folder = await temporaryFolder()
  await writeNew(join(folder.path, 'a.pdf'), Buffer.from('whole'))
  expect(await readdir(folder.path)).toEqual(['a.pdf'])
  expect(await readFile(join(folder.path, 'a.pdf'), 'utf8')).toBe('whole')
})

test('a file that is there already stays as it is, and nothing beside it is left', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'a.pdf'), 'first')
  await expect(writeNew(join(folder.path, 'a.pdf'), Buffer.from('second'))).rejects.toMatchObject({ code: 'EEXIST' })
  expect(await readdir(folder.path)).toEqual(['a.pdf'])
  expect(await readFile(join(folder.path, 'a.pdf'), 'utf8')).toBe('first')
})

test('of ten writers of one name one writes, the others are told', async () => {
  await using folder = await temporaryFolder()
  const place = join(folder.path, 'a.pdf')
  const results = await Promise.allSettled([...'0123456789'].map((each) => writeNew(place, Buffer.from(each))))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const winner = results.findIndex(({ status }) => status === 'fulfilled')
  expect(await readFile(place, 'utf8')).toBe(String(winner))
  expect(await readdir(folder.path)).toEqual(['a.pdf'])
})
