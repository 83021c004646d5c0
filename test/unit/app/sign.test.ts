import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SignReportOptions, signReport } from '../../../src/app/sign.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { chromiumPdf, identityOf, never, sign } from '../../helpers/signing.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const at = (name: string) => join(folder.path, name)

beforeAll(async () => {
  folder = await temporaryFolder()
  const { pdf } = await sign(chromiumPdf())
  const [issuer, second] = [identityOf('p256'), identityOf('p384')]
  const files = {
    'report.pdf': pdf,
    'appended.pdf': Buffer.concat([pdf, Buffer.from(' ')]),
    'notes.txt': 'hello',
    'issuer.pem': issuer.rootCertificate,
    'second.pem': second.rootCertificate,
    'second.key.pem': second.reportKey,
    'second.crt.pem': second.reportCertificate,
  }
  for (const [name, content] of Object.entries(files)) await writeFile(at(name), content)
})

afterAll(() => folder[Symbol.asyncDispose]())

const signAs = (changes: Partial<SignReportOptions>) =>
  signReport({
    file: at('report.pdf'),
    key: at('second.key.pem'),
    certificates: [at('second.crt.pem'), at('second.pem')],
    passphrase: null,
    reason: 'Approved',
    timestamp: [],
    trust: [],
    signal: never,
    ...changes,
  })

test.each([
  ['that is no PDF', 'notes.txt', 'signed.pdf', 'AFD_SIGN_UNREADABLE'],
  ['to which something was added', 'appended.pdf', 'signed.pdf', 'AFD_PDF_REFUSED'],
  ['whose signed copy would replace a file', 'report.pdf', 'notes.txt', 'AFD_SIGN_OUTPUT'],
])('a report %s is told before the key is asked for anything', async (_, file, output, code) => {
  const key = at('there-is-no-such-key')
  await expect(signAs({ file: at(file), output: at(output), key })).rejects.toMatchObject({ code })
})

test('all signatures are listed, each with whether those who were named vouch for it', async () => {
  const anchored = async (output: string, trust: readonly string[]) => {
    const { signatures, refusal } = await signAs({ output: at(output), trust: trust.map(at) })
    expect(refusal).toBeNull()
    return signatures.map((signature) => signature.anchored)
  }
  expect(await anchored('1.pdf', [])).toEqual([false, false])
  expect(await anchored('2.pdf', ['issuer.pem'])).toEqual([true, false])
  expect(await anchored('3.pdf', ['issuer.pem', 'second.pem'])).toEqual([true, true])
})

test('an authority that is trusted for times alone says nothing against the signer before', async () => {
  await expect(signAs({ output: at('4.pdf'), trust: [at('second.pem')] })).rejects.toMatchObject({
    code: 'AFD_PDF_REFUSED',
    hint: expect.stringContaining('--trust'),
  })
  const { path, signatures } = await signAs({ output: at('4.pdf'), trustTimes: [at('second.pem')] })
  expect(signatures).toHaveLength(2)
  expect((await readFile(path)).subarray(0, 5).toString()).toBe('%PDF-')
})
