import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { instant } from '../../src/model/time.ts'
import { loadReportSigner } from '../../src/signing/keys.ts'
import { affidavit } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { chromiumPdf, sign } from '../helpers/signing.ts'
import { type Authority, startAuthority } from '../helpers/time-stamp-authority.ts'

// Each command is a process of its own; a busy machine takes its time with them.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let authority: Authority
const cli = (...args: string[]) => affidavit(args, { cwd: folder.path })
const trust = ['--trust', 'keys/ca.cert.pem', '--trust', 'tsa.pem']

beforeAll(async () => {
  folder = await temporaryFolder()
  authority = await startAuthority({ time: new Date(Date.now() + 5_000) })
  await writeFile(join(folder.path, 'tsa.pem'), authority.rootCertificate)
  await writeFile(join(folder.path, 'tsa.crl'), authority.crl)
  await cli('keys', 'make', '--organisation', 'Example Retail Ltd')
  const read = (name: string) => readFile(join(folder.path, 'keys', name))
  const clock = { now: () => instant(Date.now()) }
  const certificates = [await read('report.cert.pem'), await read('ca.cert.pem')]
  const signer = await loadReportSigner({ keyPem: (await read('report.key.pem')).toString(), certificates }, clock)
  await writeFile(join(folder.path, 'report.pdf'), (await sign(chromiumPdf(), { signer, clock })).pdf)
})

afterAll(async () => {
  await authority[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

test('a report is timestamped, raised and renewed from the command line, each time as a new file', async () => {
  const lists = ['--crl', 'keys/ca.crl.pem', '--crl', 'tsa.crl']
  const stamped = await cli('timestamp', 'report.pdf', '--to', 'B-T', ...trust, '--timestamp', authority.url)
  expect(stamped).toMatchObject({ code: 0, stderr: '' })
  expect(stamped.stdout).toContain('report-timestamped.pdf, PAdES B-T, before B-B')
  expect(stamped.stdout).toContain('not recorded')
  const raised = await cli('timestamp', 'report-timestamped.pdf', ...lists, ...trust, '--timestamp', authority.url)
  expect(raised.stdout).toContain('report-timestamped-2.pdf, PAdES B-LTA, before B-T')
  const more = [...lists, ...trust, '--timestamp', authority.url, '--json', '-o', 'renewed.pdf']
  const renewed = JSON.parse((await cli('timestamp', 'report-timestamped-2.pdf', ...more)).stdout)
  expect(renewed).toMatchObject({ before: 'B-LTA', level: 'B-LTA', shortfall: null, recorded: null })
  const verified = JSON.parse((await cli('verify', 'renewed.pdf', ...trust, '--json')).stdout)
  expect(verified).toMatchObject({ verdict: 'accepted', level: 'B-LTA' })
})

test('what cannot be had is told, and where nothing can be added nothing is written', async () => {
  const to = ['--timestamp', authority.url, '-o', 'short.pdf', '--crl', 'tsa.crl']
  const short = await cli('timestamp', 'report.pdf', ...trust, ...to)
  expect(short.code).toBe(0)
  expect(short.stderr).toContain('was to be PAdES B-LTA and is B-T')
  const none = await cli('timestamp', 'report.pdf', ...trust, '--timestamp', 'http://127.0.0.1:1/', '-o', 'none.pdf')
  expect(none).toMatchObject({ code: 5, stdout: '' })
  expect(none.stderr).toContain('AFD_LEVEL_NOT_RAISED')
  await expect(readFile(join(folder.path, 'none.pdf'))).rejects.toMatchObject({ code: 'ENOENT' })
  expect((await cli('timestamp', 'report.pdf', ...trust)).stderr).toContain('AFD_TIMESTAMP_NOBODY')
})

test('the authority’s next list comes in the place of its last, and a revoked certificate stands on it', async () => {
  const list = () => readFile(join(folder.path, 'keys/ca.crl.pem'), 'utf8')
  const before = await list()
  expect(await cli('keys', 'crl')).toMatchObject({ code: 0, stderr: '' })
  expect(await list()).not.toBe(before)
  const revoke = ['--revoke', 'keys/report.cert.pem', '--reason', 'keyCompromise']
  expect((await cli('keys', 'crl', ...revoke)).code).toBe(0)
  expect((await cli('keys', 'crl', ...revoke)).stderr).toContain('AFD_CRL_TWICE')
  // What it signed can be timestamped from then on, but is raised no more.
  await using late = await startAuthority({ time: new Date(Date.now() + 60_000) })
  await writeFile(join(folder.path, 'late.pem'), late.rootCertificate)
  await writeFile(join(folder.path, 'late.crl'), late.crl)
  const given = ['--crl', 'keys/ca.crl.pem', '--crl', 'late.crl', '--timestamp', late.url, '-o', 'revoked.pdf']
  const { stderr } = await cli('timestamp', 'report.pdf', ...trust, '--trust', 'late.pem', ...given)
  expect(stderr).toContain('was revoked at')
})
