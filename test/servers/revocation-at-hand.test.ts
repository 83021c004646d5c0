import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { periodNamed } from '../../src/app/assessment.ts'
import { verifyBundle } from '../../src/app/bundle/verify.ts'
import type { Check } from '../../src/app/check.ts'
import { makeKeys } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import { verifyBundleFile, verifyReport, verifyTheStore } from '../../src/app/verify.ts'
import { collectNow, exportEvidence, issue } from '../../src/app.ts'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { type OpensslAuthority, startOpensslAuthority } from '../helpers/openssl-authority.ts'
import { type Entry, type Responder, responder, authority as revocationBooks } from '../helpers/revocation.ts'
import { openShop } from '../helpers/shop.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const run = promisify(execFile)
const signal = AbortSignal.timeout(300_000)
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let authority: OpensslAuthority
let service: Responder
/** What the authority's own issuer says of it when it is asked; null where it does not answer. */
let told: Entry['revoked'] | null
const at = (...names: string[]) => join(folder.path, ...names)
const [hourAgo, soon] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)]

beforeAll(async () => {
  folder = await temporaryFolder()
  service = await responder((_, request) => (told === null ? 503 : authority.respond(request, told)))
  authority = await startOpensslAuthority({ responder: service.url })
  await makeKeys({ folder: at('keys'), organisation: 'Example Retail Ltd', passphrase: null })
  await writeFile(at('tsa.pem'), authority.rootCertificate)
})

beforeEach(async () => {
  told = undefined
  authority.fail(null)
  for (const end of ['', '-wal', '-shm', '.lock']) await rm(at(`affidavit.db${end}`), { force: true })
  for (const name of ['bundle', 'reports', 'tsa.crl']) await rm(at(name), { recursive: true, force: true })
})

afterAll(async () => {
  await authority[Symbol.asyncDispose]()
  await service[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** With one run, whose checkpoint is timestamped; `lists` are the configuration's revocation lists. */
async function collected(lists: readonly string[], more: readonly string[] = []): Promise<Project> {
  const project = await openShop(
    folder.path,
    `signing:
  revocation: { hosts: ["${new URL(service.url).host}"], crls: [${lists.join(', ')}] }
  timestamp: { urls: ["${authority.url}"], trust: [tsa.pem] }
${more.map((line) => `  ${line}\n`).join('')}`,
  )
  await collectNow(project, { targets: project.config.plan, signal })
  return project
}

const exported = (project: Project) => exportEvidence(project, { period: null, output: at('bundle'), signal })
const verified = async () => await verifyBundle(at('bundle'), { trust: [await readFile(at('tsa.pem'))] })
const about = (checks: readonly Check[], text: string) => checks.filter(({ sentence }) => sentence.includes(text))
const stamps = (checks: readonly Check[]) => about(checks, 'The certificate of CN=openssl TSA')

/** The commands of a bundle's README, in a shell that stops at the first failure. */
async function followReadme(): Promise<readonly string[]> {
  const outputs: string[] = []
  for (const [, block = ''] of (await readFile(at('bundle/README.md'), 'utf8')).matchAll(/^```bash\n(.*?)^```$/gms)) {
    outputs.push((await run('bash', ['-euo', 'pipefail', '-c', block], { cwd: at('bundle') })).stdout)
  }
  return outputs
}

describe('a bundle', () => {
  test('has its own checkpoint timestamped, though the authority had stamped one that day', async () => {
    const project = await collected([])
    await collectNow(project, { targets: project.config.plan, signal })
    expect(await exported(project)).toMatchObject({ stamping: { state: 'stamped', size: 10 } })
    const { checks, verdict, bounds } = await verified()
    expect([verdict, bounds.map(({ size }) => size)]).toEqual(['accepted', [expect.any(Number), 10]])
    expect(about(checks, 'own checkpoint bears a time stamp')).toMatchObject([{ holds: true }])
    const { checks: untrusted } = await verifyBundle(at('bundle'))
    expect(about(untrusted, 'own checkpoint bears a time stamp')).toMatchObject([{ holds: null }])
  })

  test('is exported during outages all the same, and says what it lacks', async () => {
    told = null
    authority.fail({ status: 400, type: 'text/plain', body: 'not today' })
    const nobody = 'names no OCSP responder and no CRL'
    expect(await exported(await collected([]))).toMatchObject({
      ...{ stamping: { state: 'pending' }, unanswered: [expect.stringContaining(nobody)] },
    })
    const untimed = (await verified()).checks
    expect(about(untimed, 'bears no time stamp')).toMatchObject([
      { holds: null, sentence: expect.stringContaining('answers with status 400') },
    ])
    await rm(at('bundle'), { recursive: true })
    authority.fail(null)
    const { stamping, unanswered } = await exported(await collected([]))
    expect(stamping).toMatchObject({ state: 'stamped' })
    expect(unanswered).toEqual([expect.stringContaining('status 503'), expect.stringContaining(nobody)])
    const { verdict, checks } = await verified()
    expect(verdict).toBe('accepted')
    expect(about(checks, 'nothing at hand says').map(({ holds }) => holds)).toEqual([null, null])
    expect(await readFile(at('bundle/README.md'), 'utf8')).toContain('neither a revocation list nor an OCSP response')
  })

  test('carries lists and responses, which its README looks through with openssl', async () => {
    await writeFile(at('tsa.crl'), authority.crl())
    const project = await collected(['keys/ca.crl.pem', 'tsa.crl'], ['level: B-LT'])
    const report = await issue(project, { period: periodNamed(project, undefined), signal })
    expect(report.level).toBe('B-LT')
    expect(await exported(project)).toMatchObject({ revocation: 4, unanswered: [] })
    const { revocation } = JSON.parse(await readFile(at('bundle/bundle.json'), 'utf8'))
    expect(revocation).toMatchObject([
      { kind: 'crl', from: 'asked at the export' },
      { kind: 'ocsp', from: 'asked at the export' },
      { kind: 'crl', from: 'configuration' },
      { kind: 'ocsp', from: `${report.id}.pdf` },
    ])
    expect((await readdir(at('bundle/revocation'))).sort()).toEqual(['001.crl', '002.ocsp', '003.crl', '004.ocsp'])

    const { verdict, checks } = await verified()
    expect(verdict).toBe('accepted')
    expect(stamps(checks)).toMatchObject([{ holds: true }])
    expect(about(checks, 'who signs reports, was not revoked')).toMatchObject([{ holds: true }])
    const shown = (await followReadme()).at(-1) ?? ''
    expect(shown).toMatch(
      /CN = Example Retail Ltd report signing, serial \S+\n {2}not revoked, says revocation\/001\.crl/,
    )
    expect(shown).toMatch(
      /CN = openssl TSA, serial \S+\n {2}not revoked, says revocation\/003\.crl of .*\n.*002\.ocsp says:\n {4}good\n/,
    )
    expect((await verified()).verdict).toBe('accepted')
  })

  test('of an authority that was revoked says so, to openssl as well', async () => {
    const project = await collected(['tsa.crl'])
    told = { at: hourAgo, reason: 'keyCompromise' }
    await writeFile(at('tsa.crl'), authority.crl(told))
    await exported(project)
    const { verdict, checks, bounds } = await verified()
    // What it holds is as it was exported; nothing shows since when, any more.
    expect(verdict).toBe('accepted')
    expect(bounds[0]?.revocation).toMatchObject({ status: 'revoked', voids: true })
    expect(stamps(checks)).toMatchObject([{ holds: null, sentence: expect.stringContaining('(keyCompromise)') }])
    expect(about(checks, 'none of them was added or changed')).toEqual([])
    const shown = (await followReadme()).at(-1) ?? ''
    expect(shown).toMatch(/revoked, says revocation\/\d+\.crl of [^\n]*\n(?: {4}.*\n)+ {4}Key Compromise\n/)
    expect(shown).toMatch(/ocsp says:\n {4}revoked\n(?: {4}.*\n)* {4}Reason: keyCompromise\n/)
  })

  test('in which a stranger signed a list in the authority’s name says nothing by it, neither to us nor to openssl', async () => {
    told = null
    await using impostor = await startOpensslAuthority()
    await writeFile(at('tsa.crl'), impostor.crl())
    await exported(await collected(['tsa.crl']))
    const { verdict, checks } = await verified()
    expect(verdict).toBe('accepted')
    expect(about(checks, 'Whether the certificate of CN=openssl TSA was revoked')).toMatchObject([{ holds: null }])
    const shown = (await followReadme()).at(-1) ?? ''
    expect(shown).toContain('CN = openssl TSA, serial')
    expect(shown).not.toContain('says')
  })

  test('is judged with what a reader knows beside it', async () => {
    await exported(await collected([]))
    await writeFile(at('newer.crl'), authority.crl({ at: soon, reason: 'superseded' }))
    const judge = (crls: readonly string[]) =>
      verifyBundleFile(at('bundle'), { trust: [at('tsa.pem')], crls, project: null })
    expect(stamps((await judge([])).checks)).toMatchObject([{ holds: true }])
    expect(stamps((await judge([at('newer.crl')])).checks)).toMatchObject([
      { holds: true, sentence: expect.stringContaining('leaves earlier stamps good') },
    ])
    await expect(judge([at('tsa.pem')])).rejects.toMatchObject({ code: 'AFD_VERIFY_CRL', exitCode: 2 })
    await expect(judge([at('absent.crl')])).rejects.toMatchObject({ code: 'AFD_VERIFY_UNREADABLE', exitCode: 2 })
  })
})

describe('the authority behind a store’s time stamps', () => {
  const bound = async (project: Project) => (await verifyTheStore(project, signal)).bounds[0]?.revocation

  test('is judged by the lists of the configuration, and said to be unknown where there are none', async () => {
    const project = await collected(['tsa.crl'])
    expect(await bound(project)).toMatchObject({ status: 'unknown' })
    await writeFile(at('tsa.crl'), authority.crl())
    expect(await bound(project)).toMatchObject({ status: 'good', source: 'crl' })
    await writeFile(at('tsa.crl'), authority.crl({ at: soon, reason: 'cessationOfOperation' }))
    expect(await bound(project)).toMatchObject({ status: 'revoked', voids: false })
    await writeFile(at('tsa.crl'), authority.crl({ at: hourAgo, reason: 'cessationOfOperation' }))
    expect(await bound(project)).toMatchObject({ status: 'revoked', voids: true })
    // Nobody altered the store: the stamps show nothing any more, and that is told.
    expect(await verifyTheStore(project, signal)).toMatchObject({ verdict: 'verified', problems: [] })
  })

  test('is judged by what reports hold, without anybody being asked, and so is the one in the report', async () => {
    const project = await collected(['keys/ca.crl.pem'], ['level: B-LT'])
    const { files } = await issue(project, { period: periodNamed(project, undefined), signal })
    const before = service.asked.length
    expect(await bound(project)).toMatchObject({ status: 'good', source: 'ocsp' })
    const trust = [at('keys/ca.cert.pem'), at('tsa.pem')]
    const { verdict, checks } = await verifyReport(files.pdf, { trust, project: null })
    expect(verdict).toBe('accepted')
    expect(stamps(checks)).toMatchObject([{ holds: true, sentence: expect.stringContaining('an OCSP response') }])
    expect(service.asked).toHaveLength(before)
  })

  test('is told of on the command line', async () => {
    await collected([])
    const cli = (...args: string[]) => affidavit(['verify', '--store', ...args], { cwd: folder.path })
    const open = await cli()
    expect([open.code, open.stdout]).toEqual([0, expect.stringContaining('nothing at hand says')])
    await writeFile(at('newer.crl'), authority.crl({ at: hourAgo, reason: 'keyCompromise' }))
    const revoked = await cli('--crl', 'newer.crl')
    expect([revoked.code, revoked.stdout]).toEqual([0, expect.stringContaining('(keyCompromise)')])
    expect(revoked.stdout).not.toContain('entries existed at')
  })
})

describe('the authority behind the time stamp over a report’s evidence', () => {
  test('is judged by lists at hand, and said to be unknown where there are none', async () => {
    const project = await collected(['tsa.crl'])
    const { files } = await issue(project, { period: periodNamed(project, undefined), signal })
    const { checks } = await verifyReport(files.pdf, { trust: [], project })
    expect(about(checks, 'Whether the certificate of CN=openssl TSA')).toMatchObject([{ holds: null }])
    await writeFile(at('tsa.crl'), authority.crl({ at: soon, reason: 'superseded' }))
    const superseded = await verifyReport(files.pdf, { trust: [], project })
    expect(stamps(superseded.checks)).toMatchObject([
      { holds: true, sentence: expect.stringContaining('leaves earlier stamps good') },
    ])
    // The report's own time stamp is that authority's, too.
    await writeFile(at('tsa.crl'), authority.crl({ at: hourAgo }))
    const revoked = await verifyReport(files.pdf, { trust: [], project })
    expect(revoked).toMatchObject({ verdict: 'refused', checks: [{ sentence: expect.stringContaining('no reason') }] })
  })
})

describe('a report’s own signature', () => {
  test('is judged with lists at hand too, which raise no level, and refuse where the signer had been revoked', async () => {
    const project = await collected([])
    const { files, level } = await issue(project, { period: periodNamed(project, undefined), signal })
    expect(level).toBe('B-T')
    const trust = [at('keys/ca.cert.pem'), at('tsa.pem')]
    const judge = (...crls: readonly string[]) =>
      verifyReport(files.pdf, { trust, crls: crls.map((name) => at(name)), project: null })
    await writeFile(at('tsa.crl'), authority.crl())
    expect(about((await judge('tsa.crl')).checks, 'Whether the certificate of CN=Example')).toMatchObject([
      { holds: null },
    ])
    const known = await judge('tsa.crl', 'keys/ca.crl.pem')
    expect(known).toMatchObject({ verdict: 'accepted', level: 'B-T' })
    expect(known.checks.filter(({ holds }) => holds !== true)).toEqual([])
    expect(about(known.checks, 'as what is at hand shows')).toHaveLength(1)

    const pem = (name: string) => readFile(at('keys', name), 'utf8')
    const root = { pem: await pem('ca.cert.pem'), keyPem: await pem('ca.key.pem') }
    const revoked = { at: hourAgo, reason: 'keyCompromise' }
    using books = revocationBooks(root, [{ certificate: { pem: await pem('report.cert.pem') }, revoked }])
    await writeFile(at('signer.crl'), books.crl())
    const refused = await judge('tsa.crl', 'signer.crl')
    expect(refused.verdict).toBe('refused')
    expect(refused.checks).toMatchObject([{ holds: false, sentence: expect.stringContaining('keyCompromise') }])
  })
})
