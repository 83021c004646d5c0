import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectProject } from '../../../src/app/inspect.ts'
import { openProject } from '../../../src/app.ts'
import { instant } from '../../../src/model/time.ts'
import { makeLocalIdentity } from '../../../src/signing/keys/identity.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

test('time stamps that nothing can vouch for are warned of', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'there.pem'), '')
  const warned = async (timestamp: string) => {
    const file = join(folder.path, 'affidavit.yaml')
    await writeFile(
      file,
      `version: 1
organisation: { name: Example Retail Ltd }
systems: [{ id: shop, name: Shop, components: [{ id: part }] }]
signing: ${timestamp}
`,
    )
    const warnings = await inspectProject(await openProject(file))
    return warnings.map(({ message }) => message).filter((message) => /timestamp|there|absent/.test(message))
  }
  const urls = 'urls: ["https://tsa.example.test/"]'
  expect(await warned('{}')).toEqual([])
  expect(await warned(`{ timestamp: { ${urls} } }`)).toEqual([expect.stringContaining('signing.timestamp.trust')])
  expect(await warned(`{ timestamp: { ${urls}, trust: [there.pem] } }`)).toEqual([])
  expect(await warned(`{ timestamp: { ${urls}, trust: [absent.pem] } }`)).toEqual([
    expect.stringContaining('absent.pem'),
  ])
})

test('certificates and revocation lists that soon run out are warned of', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'affidavit.yaml')
  const warned = async (daysAgo: number, level: string) => {
    await rm(join(folder.path, 'keys'), { recursive: true, force: true })
    await mkdir(join(folder.path, 'keys'))
    const from = instant(Date.now() - daysAgo * 86_400_000)
    const { reportCertificate, rootCertificate, rootCrl } = makeLocalIdentity({ organisation: 'Example', from })
    await writeFile(join(folder.path, 'keys/report.cert.pem'), reportCertificate)
    await writeFile(join(folder.path, 'keys/ca.cert.pem'), rootCertificate)
    await writeFile(join(folder.path, 'keys/ca.crl.pem'), rootCrl)
    await writeFile(
      file,
      `version: 1
organisation: { name: Example Retail Ltd }
systems: [{ id: shop, name: Shop, components: [{ id: part }] }]
signing: { ${level} timestamp: { urls: ["https://tsa.example.test/"], trust: [keys/ca.cert.pem] } }
`,
    )
    const warnings = await inspectProject(await openProject(file))
    return warnings.map(({ message }) => message).filter((message) => / (?:run|ran)s? out on /.test(message))
  }
  expect(await warned(1, 'level: B-LTA,')).toEqual([])
  expect(await warned(350, '')).toEqual([])
  expect(await warned(350, 'level: B-LTA,')).toEqual([expect.stringMatching(/^keys\/ca\.crl\.pem runs out on 20/)])
  expect(await warned(1200, 'level: B-LT,')).toEqual([
    expect.stringMatching(/^keys\/report\.cert\.pem ran out on 20/),
    expect.stringMatching(/^keys\/ca\.crl\.pem ran out on 20/),
  ])
})

test('files that targets name and that are not there are warned of, patterns are not', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'there.pem'), '')
  const file = join(folder.path, 'affidavit.yaml')
  await writeFile(
    file,
    `version: 1
organisation: { name: Example Retail Ltd }
systems:
  - id: shop
    name: Shop
    components:
      - id: part
        targets:
          - { collector: tls, target: { host: shop.example.test, trust: [there.pem, absent.pem] } }
          - { collector: log-retention, target: { logs: [{ id: audit, files: ["audit.log*"] }] } }
`,
  )
  const warnings = await inspectProject(await openProject(file))
  expect(warnings.filter(({ message }) => /there|absent|audit/.test(message))).toEqual([
    expect.objectContaining({ message: expect.stringMatching(/absent\.pem .*shop\/part\/tls/) }),
  ])
})

test('keys that will not sign are warned of before anything is collected or printed', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'affidavit.yaml')
  await mkdir(join(folder.path, 'keys'))
  const identity = makeLocalIdentity({ organisation: 'Example', from: instant(Date.now()) })
  const other = makeLocalIdentity({ organisation: 'Another', from: instant(Date.now()) })
  await writeFile(join(folder.path, 'keys/report.key.pem'), identity.reportKey, { mode: 0o600 })
  await writeFile(join(folder.path, 'keys/report.cert.pem'), identity.reportCertificate)
  await writeFile(join(folder.path, 'keys/ca.cert.pem'), identity.rootCertificate)
  await writeFile(join(folder.path, 'keys/other.cert.pem'), other.reportCertificate)
  await writeFile(join(folder.path, 'keys/ledger.key.pem'), identity.ledgerKey, { mode: 0o600 })
  const warned = async (lines: string) => {
    await writeFile(
      file,
      `version: 1
organisation: { name: Example Retail Ltd }
systems: [{ id: shop, name: Shop, components: [{ id: part }] }]
${lines}
`,
    )
    const warnings = await inspectProject(await openProject(file))
    return warnings.map(({ message }) => message).filter((message) => message.includes('cannot be used'))
  }
  expect(await warned('')).toEqual([])
  expect(await warned('signing: { certificates: [keys/other.cert.pem] }')).toEqual([
    expect.stringContaining('the report key'),
  ])
  expect(await warned('keys: { ledger: keys/report.key.pem }')).toEqual([expect.stringContaining('the ledger key')])
})
