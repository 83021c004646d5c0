import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { importKey } from '../../../src/app/keys.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { identityOf } from '../../helpers/signing.ts'

test('an imported key is named in the configuration where it was put, and is never put over another', async () => {
  await using folder = await temporaryFolder()
  const { reportKey, reportCertificate } = identityOf('p256')
  const [file, certificate] = [join(folder.path, 'key.pem'), join(folder.path, 'crt.pem')]
  await writeFile(file, reportKey)
  await writeFile(certificate, reportCertificate)
  const options = { file, certificates: [certificate], folder: join(folder.path, 'keys, ours'), passphrase: null }
  const { lines, files } = await importKey(options)
  const { signing } = parse(lines.join('\n'))
  expect([signing.key, ...signing.certificates]).toEqual(files.map(({ path }) => path))
  expect(await readFile(signing.key, 'utf8')).toBe(reportKey)
  await expect(importKey(options)).rejects.toMatchObject({ code: 'AFD_KEY_EXISTS' })
  const half = { ...options, folder: join(folder.path, 'half') }
  const [, chain] = (await importKey(half)).files
  await rm(chain?.path.replace('.cert.pem', '.key.pem') ?? '')
  await expect(importKey(half)).rejects.toMatchObject({ code: 'AFD_KEY_EXISTS' })
  expect(await readdir(half.folder)).toHaveLength(1)
})
