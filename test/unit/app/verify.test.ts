import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { verifyReport } from '../../../src/app/verify.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

const alone = { trust: [], project: null }

test('a trusted certificate that cannot be read is the reader’s slip, and refuses no report', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'report.pdf')
  await writeFile(file, 'not a PDF')
  for (const content of ['', 'no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']) {
    const trust = join(folder.path, 'trust.pem')
    await writeFile(trust, content)
    await expect(verifyReport(file, { trust: [trust], project: null })).rejects.toMatchObject({
      code: 'AFD_VERIFY_TRUST',
      exitCode: 2,
    })
  }
})

test('what is no PDF, or an empty file, is refused; a folder or a missing file is nothing to judge', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'report.pdf')
  for (const content of ['', 'not a PDF', '%PDF-1.7\n%%EOF\n']) {
    await writeFile(file, content)
    expect((await verifyReport(file, alone)).verdict, content).toBe('refused')
  }
  for (const path of [folder.path, join(folder.path, 'absent.pdf')]) {
    await expect(verifyReport(path, alone)).rejects.toMatchObject({ code: 'AFD_VERIFY_UNREADABLE', exitCode: 2 })
  }
})
