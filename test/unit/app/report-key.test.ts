import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyLocationOf, openSigner } from '../../../src/app/report-key.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { clock, identityOf, never } from '../../helpers/signing.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
  const { reportKey, reportCertificate, rootCertificate } = identityOf('p256')
  const torn = reportCertificate.replace(/\n[^-\n]+\n-----END/, '\n-----END')
  const files = { 'own.pem': reportKey, 'own.crt': reportCertificate, 'ca.crt': rootCertificate, 'torn.crt': torn }
  for (const [name, content] of Object.entries({ ...files, 'notes.txt': 'hello', 'notes.p12': 'hello' })) {
    await writeFile(join(folder.path, name), content)
  }
})

afterAll(() => folder[Symbol.asyncDispose]())

const open = (key: string, certificates: readonly string[]) =>
  openSigner({ location: keyLocationOf(key), certificates, passphrase: null, directory: folder.path }, clock, never)

test('a key opens with its own certificate, wherever it stands among others', async () => {
  expect((await open('own.pem', ['ca.crt', 'own.crt'])).certificateChain).toHaveLength(2)
})

test.each([
  ['a key file without a key', 'notes.txt', ['own.crt'], 'AFD_KEY_UNREADABLE', ['notes.txt']],
  ['a PKCS #12 file that is none', 'notes.p12', [], 'AFD_KEY_UNREADABLE', ['notes.p12']],
  ['a certificate file without a certificate', 'own.pem', ['own.crt', 'notes.txt'], 'AFD_CERTIFICATE', ['notes.txt']],
  ['a certificate file that was torn', 'own.pem', ['torn.crt'], 'AFD_CERTIFICATE', ['torn.crt']],
  ['certificates of somebody else', 'own.pem', ['ca.crt'], 'AFD_KEY_CERTIFICATE', ['own.pem', 'ca.crt']],
  ['a key for which no certificate is given', 'own.pem', [], 'AFD_KEY_CERTIFICATE', ['own.pem']],
])('%s is told by the names of the files', async (_, key, certificates, code, named) => {
  const error = await open(key, certificates).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code, hint: expect.any(String), subject: named[0] })
  for (const name of named) expect(error).toMatchObject({ message: expect.stringContaining(name) })
})
