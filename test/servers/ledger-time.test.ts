import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { periodNamed } from '../../src/app/assessment.ts'
import { backupTheStore } from '../../src/app/backup.ts'
import { importBundle } from '../../src/app/bundle/import.ts'
import { verifyBundle } from '../../src/app/bundle/verify.ts'
import { makeKeys } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import { stampWhenDue } from '../../src/app/stamp-ledger.ts'
import { verifyReport, verifyTheStore } from '../../src/app/verify.ts'
import { collectNow, exportEvidence, issue, openLedger, stampNow } from '../../src/app.ts'
import { openStore } from '../../src/ledger/open.ts'
import { instant, later } from '../../src/model/time.ts'
import { openPdf } from '../../src/signing/pdf/file.ts'
import { readAttachments } from '../../src/signing/pdf/read-attachments.ts'
import { rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { newEntries, origin, signer } from '../helpers/ledger.ts'
import { type OpensslAuthority, startOpensslAuthority } from '../helpers/openssl-authority.ts'
import { openShop } from '../helpers/shop.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const run = promisify(execFile)
const signal = AbortSignal.timeout(300_000)
const busy = { status: 400, type: 'text/plain', body: 'not today' }
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let authority: OpensslAuthority
const at = (...names: string[]) => join(folder.path, ...names)

beforeAll(async () => {
  folder = await temporaryFolder()
  authority = await startOpensslAuthority()
  await makeKeys({ folder: at('keys'), organisation: 'Example Retail Ltd', passphrase: null })
  await writeFile(at('tsa.pem'), authority.rootCertificate)
})

beforeEach(async () => {
  authority.fail(null)
  for (const end of ['', '-wal', '-shm', '.lock']) await rm(at(`affidavit.db${end}`), { force: true })
  await rm(at('reports'), { recursive: true, force: true })
})

afterAll(async () => {
  await authority[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

test('the first run of a day has its checkpoint timestamped, the others leave the authority in peace', async () => {
  const project = await configured()
  const first = await collect(project)
  expect(first).toMatchObject({ state: 'stamped', authority: 'CN=openssl TSA', clockAheadMs: null })
  const before = authority.requests()
  expect(await collect(project)).toEqual({ state: 'none' })
  expect(authority.requests()).toBe(before)
})

test('a day is one of the organisation’s zone, and one that passed during an outage is made up for', async () => {
  const project = await configured()
  const zurich = { ...project.config.organisation, timeZone: 'Europe/Zurich' }
  const there = { ...project, config: { ...project.config, organisation: zurich } }
  let now = instant('2026-11-29T22:30:00Z')
  const path = at('days.db')
  await using store = await openStore({ path, origin, clock: { now: () => now }, mode: 'create' })
  const timestamper = rfc3161Timestamper({ url: authority.url, attempts: 1 })
  const parts = { timestamper: async () => timestamper, signal }
  const due = async (time: string, entries = 1) => {
    now = instant(time)
    if (entries > 0) await store.append(newEntries(entries))
    if (entries > 0) await store.checkpoint(signer)
    return (await stampWhenDue(there, store, parts)).state
  }
  expect(await due('2026-11-29T22:30:00Z')).toBe('stamped')
  expect(await due('2026-11-29T22:50:00Z')).toBe('none')
  expect(await due('2026-11-29T23:10:00Z')).toBe('stamped')
  authority.fail(busy)
  expect(await due('2026-12-01T01:00:00Z')).toBe('pending')
  expect(await due('2026-12-01T14:00:00Z')).toBe('pending')
  authority.fail(null)
  expect(await due('2026-12-02T00:30:00Z', 0)).toBe('stamped')
  expect(await due('2026-12-02T01:00:00Z')).toBe('stamped')
  expect(await due('2026-12-02T14:00:00Z')).toBe('none')
})

test('every run is timestamped where that is configured, and none where it is off', async () => {
  const every = await configured('checkpoints: every-run')
  expect([await collect(every), await collect(every)]).toMatchObject([{ state: 'stamped' }, { state: 'stamped' }])
  const before = authority.requests()
  expect(await collect(await configured('checkpoints: off'))).toEqual({ state: 'none' })
  expect(authority.requests()).toBe(before)
})

test('an outage leaves the ledger untimed and says so; what is pending is stamped once the authority is back', async () => {
  const project = await configured()
  authority.fail(busy)
  expect(await collect(project)).toMatchObject({ state: 'pending', reason: expect.stringContaining('status 400') })
  expect(await stampNow(project, signal)).toMatchObject({ state: 'pending' })
  expect(await verifyTheStore(project, signal)).toMatchObject({ verdict: 'verified', timestamps: 0 })
  authority.fail(null)
  const stamped = await stampNow(project, signal)
  expect(stamped).toMatchObject({ state: 'stamped' })
  expect(await stampNow(project, signal)).toEqual({ state: 'none' })
  const { verdict, bounds, entries } = await verifyTheStore(project, signal)
  expect([verdict, bounds]).toMatchObject(['verified', [{ size: entries, anchored: true }]])
  const copy = at('copy.db')
  await rm(copy, { force: true })
  expect(await backupTheStore(project, copy, signal)).toMatchObject({ timestamps: 1, bounds })
})

test('a clock that is wrong is told when the stamp comes, and again when the store is verified', async () => {
  const ahead = withClock(await configured(), later(instant(Date.now()), 7_200_000))
  const stamping = await collect(ahead)
  expect(stamping).toMatchObject({ state: 'stamped', clockAheadMs: expect.any(Number) })
  const { verdict, contradictions } = await verifyTheStore(ahead, signal)
  expect(verdict).toBe('verified')
  // Runs and judgements are dated by this clock; what the collector reports by the machine's own.
  expect(contradictions.map(({ entry }) => entry)).toContain(0)
})

test('a report carries the stamp over its checkpoint, which openssl accepts as it lies there', async () => {
  const project = await configured('checkpoints: daily')
  await collect(project)
  const report = await issue(project, { period: periodNamed(project, undefined), signal })
  expect(report.stamping).toMatchObject({ state: 'stamped', size: report.assessment.ledger.size })
  const files = await attachmentsOf(report.files.pdf)
  expect(files.find(({ name }) => name === 'checkpoint.tsr')?.mediaType).toBe('application/timestamp-reply')
  await mkdir(at('attached'), { recursive: true })
  for (const { name, bytes } of files) await writeFile(at('attached', name), bytes)
  const args = ['ts', '-verify', '-data', 'checkpoint.txt', '-in', 'checkpoint.tsr', '-CAfile', '../tsa.pem']
  expect((await run('openssl', args, { cwd: at('attached') })).stdout).toContain('Verification: OK')

  const verified = await verifyReport(report.files.pdf, { trust: [], project })
  expect(verified).toMatchObject({ verdict: 'accepted' })
  const sentence = verified.checks.find((check) => check.sentence.includes('the ledger with its first'))
  expect(sentence).toMatchObject({ holds: true })
  const alone = await verifyReport(report.files.pdf, { trust: [at('keys/ca.cert.pem')], project: null })
  expect(alone.checks.find((check) => check.sentence.includes('bears a time stamp'))).toMatchObject({ holds: null })
  const html = await readFile(report.files.html, 'utf8')
  expect(html).toContain('openssl ts -verify -data checkpoint.txt -in checkpoint.tsr -CAfile tsa.pem')
})

test('a report issued during an outage says why its evidence is not timestamped', async () => {
  const project = await configured()
  authority.fail(busy)
  await collect(project)
  const report = await issue(project, { period: periodNamed(project, undefined), signal })
  expect(report).toMatchObject({ level: 'B-B', stamping: { state: 'pending' } })
  const html = await readFile(report.files.html, 'utf8')
  expect(html).toContain('not timestamped: section 9 says why')
  expect(html).toContain('answers with status 400')
  expect((await attachmentsOf(report.files.pdf)).map(({ name }) => name)).not.toContain('checkpoint.tsr')
  expect((await verifyReport(report.files.pdf, { trust: [], project })).verdict).toBe('accepted')
})

test('a bundle holds every stamp, its README verifies them with openssl, and an import keeps them', async () => {
  const project = await configured('checkpoints: every-run')
  for (const _ of [1, 2]) await collect(project)
  await exportEvidence(project, { period: null, output: at('bundle'), signal })
  expect(await readdir(at('bundle/timestamps'))).toEqual(['000001-1.tsr', '000002-1.tsr'])
  const blocks = [...(await readFile(at('bundle/README.md'), 'utf8')).matchAll(/^```bash\n(.*?)^```$/gms)]
  expect(blocks).toHaveLength(6)
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', blocks[4]?.[1] ?? ''], { cwd: at('bundle') })
  expect(stdout.match(/Verification: OK/g)).toHaveLength(2)
  expect(stdout).toMatch(/checkpoint 000002: \d+ entries, stamped /)

  const trusted = await verifyBundle(at('bundle'), { trust: [await readFile(at('tsa.pem'))] })
  expect(trusted).toMatchObject({ verdict: 'accepted', whole: true })
  expect(trusted.bounds.map(({ anchored }) => anchored)).toEqual([true, true])
  expect(await verifyBundle(at('bundle'))).toMatchObject({ verdict: 'accepted', whole: true })

  const before = await verifyTheStore(project, signal)
  await rm(at('affidavit.db'))
  for (const end of ['-wal', '-shm']) await rm(at(`affidavit.db${end}`), { force: true })
  await importBundle(project, at('bundle'))
  const { bounds, timestamps, verdict } = await verifyTheStore(project, signal)
  expect({ bounds, timestamps, verdict }).toEqual({ bounds: before.bounds, timestamps: 2, verdict: 'verified' })
})

test('a bundle in which a stamp stands over another checkpoint is refused, even by who holds the ledger’s key', async () => {
  const project = await configured('checkpoints: every-run')
  for (const _ of [1, 2]) await collect(project)
  {
    await using store = await openLedger(project, 'write')
    const [first, second] = await store.checkpoints()
    const stamps = await store.timestamps()
    await store.keepTimestamp({ note: first?.note ?? '', token: stamps[1]?.token ?? new Uint8Array() })
    expect(stamps[1]?.note).toBe(second?.note)
  }
  await exportEvidence(project, { period: null, output: at('mixed'), signal })
  const { verdict, checks } = await verifyBundle(at('mixed'))
  expect(verdict).toBe('refused')
  expect(checks.filter(({ holds }) => holds === false).map(({ sentence }) => sentence)).toEqual([
    expect.stringContaining('timestamps/000001-2.tsr does not hold'),
  ])
  await expect(importBundle(project, at('mixed'))).rejects.toMatchObject({ code: 'AFD_BUNDLE_REFUSED' })
  expect(await verifyTheStore(project, signal)).toMatchObject({
    verdict: 'refused',
    problems: [{ code: 'timestamp-token' }],
  })
})

test('`affidavit checkpoint` prints the note alone, writes it with its stamp, and fails where no authority answers', async () => {
  await collect(await configured('checkpoints: off'))
  const cli = (...args: string[]) => affidavit(args, { cwd: folder.path })
  const printed = await cli('checkpoint')
  expect(printed.code).toBe(0)
  expect(printed.stderr).toContain('CN=openssl TSA')
  await writeFile(at('kept.txt'), printed.stdout)
  expect((await cli('verify', '--store', '--since', 'kept.txt')).code).toBe(0)

  const written = await cli('checkpoint', '-o', 'handed-out')
  expect(written.code).toBe(0)
  const [text = '', reply = ''] = written.stdout.trim().split('\n')
  expect(await readFile(text, 'utf8')).toBe(printed.stdout)
  const args = ['ts', '-verify', '-data', text, '-in', reply, '-CAfile', 'tsa.pem']
  expect((await run('openssl', args, { cwd: folder.path })).stdout).toContain('Verification: OK')
  expect((await cli('checkpoint', '-o', 'handed-out')).code).toBe(0)
  await writeFile(text, 'something else')
  expect((await cli('checkpoint', '-o', 'handed-out')).stderr).toContain('AFD_CHECKPOINT_WRITE')

  authority.fail(busy)
  await collect(await configured('checkpoints: off'))
  const untimed = await cli('checkpoint', '--json')
  expect(untimed.code).toBe(5)
  expect(JSON.parse(untimed.stdout)).toMatchObject({ timestamp: null, stamping: { state: 'pending' } })
})

async function configured(more = ''): Promise<Project> {
  const options = [`urls: ["${authority.url}"]`, 'trust: [tsa.pem]', ...(more ? [more] : [])].join(', ')
  return await openShop(folder.path, `signing: { timestamp: { ${options} } }\n`)
}

async function collect(project: Project) {
  return (await collectNow(project, { targets: project.config.plan, signal })).stamping
}

function withClock(project: Project, now: ReturnType<typeof instant>): Project {
  return { ...project, clock: { now: () => now } }
}

async function attachmentsOf(pdf: string) {
  return await readAttachments(openPdf(await readFile(pdf)))
}
