import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { periodNamed } from '../../src/app/assessment.ts'
import { renewCrl } from '../../src/app/authority.ts'
import { importKey, makeKeys, openLedgerKey, openReportKey } from '../../src/app/keys.ts'
import type { Ports } from '../../src/app/ports.ts'
import { issueReport } from '../../src/app/report.ts'
import { openTimestamper } from '../../src/app/timestamper.ts'
import { verifyReport } from '../../src/app/verify.ts'
import { collectNow, issue, openLedger, type openProject } from '../../src/app.ts'
import type { Period } from '../../src/model/period.ts'
import { printPdf } from '../../src/render/print.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { openShop } from '../helpers/shop.ts'
import { type Authority, startAuthority } from '../helpers/time-stamp-authority.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const signal = AbortSignal.timeout(300_000)
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let authority: Authority

beforeAll(async () => {
  folder = await temporaryFolder()
  authority = await startAuthority({ time: new Date(Date.now() + 1_000) })
  await writeFile(join(folder.path, 'tsa.pem'), authority.rootCertificate)
  await makeKeys({ folder: join(folder.path, 'keys'), organisation: 'Example Retail Ltd', passphrase: null })
  const project = await configured('')
  await collectNow(project, { targets: project.config.plan, signal })
})

afterAll(async () => {
  await authority[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

test('with a time-stamping authority the report is PAdES B-T and its time is proven', async () => {
  const project = await configured(`signing: { timestamp: { urls: ["${authority.url}"], trust: [tsa.pem] } }\n`)
  const report = await issue(project, { period: current(project), signal })
  expect(report).toMatchObject({ level: 'B-T', asked: 'B-T', shortfall: null })
  const verified = await verifyReport(report.files.pdf, { trust: [], project })
  expect(verified).toMatchObject({ verdict: 'accepted', level: 'B-T' })
  // Without revocation data nobody can say who had been revoked: behind the signature, and behind the ledger's stamp.
  expect(verified.checks.filter(({ holds }) => holds !== true)).toHaveLength(2)

  const own = await verifyReport(report.files.pdf, { trust: [join(folder.path, 'keys/ca.cert.pem')], project: null })
  expect(own).toMatchObject({ verdict: 'intact-signer-unproven', heading: 'Intact, but its time is not proven' })
})

test('an authority that is out of reach does not stop the report: it is B-B and says why', async () => {
  const project = await configured('signing: { timestamp: { urls: ["http://127.0.0.1:1/tsr"] } }\n')
  const report = await issue(project, { period: current(project), signal })
  expect(report.level).toBe('B-B')
  expect(report.asked).toBe('B-T')
  expect(report.shortfall).toContain('127.0.0.1:1')
  expect((await verifyReport(report.files.pdf, { trust: [], project })).verdict).toBe('accepted')
})

test('an authority whose clock is before the certificate leaves the report untimed and says so', async () => {
  await using early = await startAuthority({ time: new Date('2026-02-01T00:00:00Z') })
  const project = await configured(`signing: { timestamp: { urls: ["${early.url}"] } }\n`)
  const report = await issue(project, { period: current(project), signal })
  expect(report.level).toBe('B-B')
  expect(report.shortfall).toContain('2026-02-01')
  expect((await verifyReport(report.files.pdf, { trust: [], project })).verdict).toBe('accepted')
})

test('a report that its own verification refuses is not issued and not recorded', async () => {
  const project = await configured('')
  const before = await issued(project)
  await using store = await openLedger(project, 'write')
  const ports: Ports = {
    openLedger,
    ledgerKey: openLedgerKey,
    timestamper: openTimestamper,
    print: printPdf,
    async reportKey(...given) {
      const key = await openReportKey(...given)
      return {
        ...key,
        async sign(pdf, options) {
          const signed = await key.sign(pdf, options)
          const damaged = Uint8Array.from(signed.pdf)
          damaged[100] = (damaged[100] ?? 0) ^ 1
          return { ...signed, pdf: damaged }
        },
      }
    },
  }
  const issuing = issueReport(project, store, ports, { period: current(project), signal })
  await expect(issuing).rejects.toMatchObject({ code: 'AFD_REPORT_UNSOUND' })
  expect(await issued(project)).toBe(before)
})

test('a key brought as PKCS#12 signs once its lines stand in the configuration', async () => {
  const keys = join(folder.path, 'keys')
  const bundle = join(folder.path, 'brought.p12')
  const files = ['-inkey', 'report.key.pem', '-in', 'report.cert.pem', '-certfile', 'ca.cert.pem']
  execFileSync('openssl', ['pkcs12', '-export', ...files, '-out', bundle, '-passout', 'pass:brought'], { cwd: keys })
  await writeFile(join(folder.path, 'passphrase'), 'brought\n', { mode: 0o600 })
  const passphrase = `file:${join(folder.path, 'passphrase')}`
  const imported = await importKey({ file: bundle, certificates: [], folder: keys, passphrase })
  const project = await configured(`${imported.lines.join('\n')}\n`)
  const report = await issue(project, { period: current(project), signal })
  const trust = [join(keys, 'ca.cert.pem')]
  expect((await verifyReport(report.files.pdf, { trust, project: null })).verdict).toBe('accepted')

  await writeFile(join(folder.path, 'passphrase'), 'another\n')
  await expect(issue(project, { period: current(project), signal })).rejects.toMatchObject({
    code: 'AFD_KEY_PASSPHRASE',
    exitCode: 5,
  })
})

test('reports of one period are numbered, and each is recorded in the ledger', async () => {
  const project = await configured('')
  const period = current(project)
  const [first, second] = [await issue(project, { period, signal }), await issue(project, { period, signal })]
  expect(Number(second.id.slice(-4))).toBe(Number(first.id.slice(-4)) + 1)
  await using store = await openLedger(project, 'read')
  const issued: unknown[] = []
  for await (const { entry } of store.entries({ kinds: ['report.issued'] })) issued.push(entry.facts.id)
  expect(issued).toContain(second.id)
})

test('a number is given once, even where two reports are made at the same time in different folders', async () => {
  const project = await configured('')
  const made = (directory: string) => issue(project, { period: current(project), directory, signal })
  const before = await issued(project)
  const [given, refused] = (await Promise.allSettled([made('here'), made('there')])).toSorted((a, b) =>
    a.status.localeCompare(b.status),
  )
  expect(given).toMatchObject({ status: 'fulfilled' })
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'AFD_REPORT_NUMBER', exitCode: 6 } })
  expect(await issued(project)).toBe(before + 1)
})

test.skipIf(process.getuid?.() === 0)('a folder that cannot be written to is told, and nothing is issued', async () => {
  const project = await configured('')
  const closed = join(folder.path, 'closed')
  await mkdir(closed)
  await chmod(closed, 0o500)
  await expect(issue(project, { period: current(project), directory: closed, signal })).rejects.toMatchObject({
    code: 'AFD_REPORT_WRITE',
    exitCode: 6,
  })
})

test('a file in the place of the report folder is told, and nothing is recorded as issued', async () => {
  const project = await configured('')
  await writeFile(join(folder.path, 'occupied'), 'something else')
  const before = await issued(project)
  await expect(issue(project, { period: current(project), directory: 'occupied', signal })).rejects.toMatchObject({
    code: 'AFD_REPORT_WRITE',
    exitCode: 6,
  })
  expect(await issued(project)).toBe(before)
  expect(await readFile(join(folder.path, 'occupied'), 'utf8')).toBe('something else')
})

test('a certificate that a revocation list at hand names signs no report', async () => {
  const keys = join(folder.path, 'stolen')
  await makeKeys({ folder: keys, organisation: 'Example Retail Ltd', passphrase: null })
  const project = await configured(`signing:
  key: stolen/report.key.pem
  certificates: [stolen/report.cert.pem, stolen/ca.cert.pem]
  revocation: { crls: [stolen/ca.crl.pem] }
`)
  expect((await issue(project, { period: current(project), signal })).level).toBe('B-B')
  const before = await issued(project)
  await renewCrl({ folder: keys, passphrase: null, revoke: join(keys, 'report.cert.pem'), reason: 'keyCompromise' })
  await expect(issue(project, { period: current(project), signal })).rejects.toMatchObject({
    code: 'AFD_CERTIFICATE_REVOKED',
    exitCode: 5,
  })
  expect(await issued(project)).toBe(before)
})

type Project = Awaited<ReturnType<typeof openProject>>

const configured = (more: string): Promise<Project> => openShop(folder.path, more)

function current(project: Project): Period {
  return periodNamed(project, undefined)
}

async function issued(project: Project): Promise<number> {
  await using store = await openLedger(project, 'read')
  let count = 0
  for await (const _ of store.entries({ kinds: ['report.issued'] })) count++
  return count
}
