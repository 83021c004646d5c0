import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { periodNamed } from '../../src/app/assessment.ts'
import { makeKeys } from '../../src/app/keys.ts'
import type { Project } from '../../src/app/project.ts'
import type { RaiseReportOptions } from '../../src/app/raise-report.ts'
import type { IssuedReport } from '../../src/app/report.ts'
import { verifyReport } from '../../src/app/verify.ts'
import { collectNow, exportEvidence, issue, openLedger, raise } from '../../src/app.ts'
import { InvalidFileError } from '../../src/config/problem.ts'
import { verifyPdf } from '../../src/signing/verify-pdf.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { openShop } from '../helpers/shop.ts'
import { type Authority, startAuthority } from '../helpers/time-stamp-authority.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const signal = AbortSignal.timeout(600_000)
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let authority: Authority
let archived: IssuedReport
let timed: IssuedReport
let untimed: IssuedReport

const path = (...names: readonly string[]) => join(folder.path, ...names)
const nobody = '"http://127.0.0.1:1/tsr"'

beforeAll(async () => {
  folder = await temporaryFolder()
  authority = await startAuthority({ time: new Date(Date.now() + 1_000) })
  await writeFile(path('tsa.pem'), authority.rootCertificate)
  await writeFile(path('tsa.crl'), authority.crl)
  await makeKeys({ folder: path('keys'), organisation: 'Example Retail Ltd', passphrase: null })
  const project = await configured('B-LTA')
  await collectNow(project, { targets: project.config.plan, signal })
  archived = await report(project)
  timed = await report(await configured(null))
  untimed = await report(await configured('B-LTA', nobody))
})

afterAll(async () => {
  await authority[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

describe('a report is issued', () => {
  test('at the level that the configuration asks for, with a self-made authority', async () => {
    expect(archived).toMatchObject({ level: 'B-LTA', asked: 'B-LTA', shortfall: null })
    const project = await configured('B-LTA')
    const verified = await verifyReport(archived.files.pdf, { trust: [], project })
    expect(verified).toMatchObject({ verdict: 'accepted', level: 'B-LTA' })
    expect(verified.checks.filter(({ holds }) => holds !== true)).toEqual([])
  })

  test('at B-T where an authority is named, and at B-B where it is told so', async () => {
    expect(timed).toMatchObject({ level: 'B-T', asked: 'B-T', shortfall: null })
    expect(await report(await configured('B-B'))).toMatchObject({ level: 'B-B', asked: 'B-B', shortfall: null })
  })

  test('at the level that could be reached, and the ledger says why it is not more', async () => {
    expect(untimed).toMatchObject({ level: 'B-B', asked: 'B-LTA' })
    const project = await configured('B-LT', undefined, '[keys/ca.crl.pem, absent.crl]')
    const short = await report(project)
    expect(short).toMatchObject({ level: 'B-T', asked: 'B-LT' })
    expect(short.shortfall).toContain('absent.crl')
    const facts = await issuedFacts(project)
    expect(facts.at(-1)).toMatchObject({ id: short.id, level: 'B-T', asked: 'B-LT', shortfall: short.shortfall })
    expect(facts[0]).toMatchObject({
      level: 'B-LTA',
      shortfall: null,
      revisions: [{ level: 'B-T' }, { level: 'B-LT' }],
    })
  })

  test('at no level that the configuration cannot give, which is told with its place', async () => {
    const wrong = await configured('B-LT', '').catch((error: unknown) => error)
    expect(wrong).toBeInstanceOf(InvalidFileError)
    expect(wrong).toMatchObject({ exitCode: 2, problems: [{ line: 9, column: 3 }] })
  })
})

describe('a file that was cut back to a lower level', () => {
  const cuts = async (file: string): Promise<readonly string[]> => {
    const pdf = await readFile(file)
    const { layers } = await verifyPdf(pdf, { anchors: [] })
    return await Promise.all(
      layers.slice(0, -1).map(async ({ bytes }, i) => {
        const cut = path(`cut-${bytes}-${i}.pdf`)
        await writeFile(cut, pdf.subarray(0, bytes))
        return cut
      }),
    )
  }

  test('is accepted by itself, and refused beside the store that issued it', async () => {
    const project = await configured('B-LTA')
    const trust = [path('keys/ca.cert.pem'), path('tsa.pem')]
    for (const cut of await cuts(archived.files.pdf)) {
      expect((await verifyReport(cut, { trust, project: null })).verdict).toBe('accepted')
      const { verdict, checks } = await verifyReport(cut, { trust, project })
      expect(verdict).toBe('refused')
      expect(checks.find(({ holds }) => holds === false)?.sentence).toContain('issued at level B-LTA')
    }
  })

  test('is refused with a bundle that knows what was issued; the whole file is accepted with it', async () => {
    const project = await configured('B-LTA')
    const trust = [path('keys/ca.cert.pem'), path('tsa.pem')]
    const bundle = path('period.zip')
    await exportEvidence(project, { period: periodNamed(project, undefined), output: bundle, signal })
    const [cut = ''] = await cuts(archived.files.pdf)
    expect((await verifyReport(cut, { trust, project: null, bundle })).verdict).toBe('refused')
    const whole = await verifyReport(archived.files.pdf, { trust, project: null, bundle })
    expect(whole.verdict).toBe('accepted')
    expect(whole.checks.filter(({ sentence }) => sentence.startsWith('The bundle')).map(({ holds }) => holds)).toEqual([
      true,
      true,
    ])
  })

  test('is refused with the bundle of a period that had ended before the report was issued', async () => {
    const project = await configured('B-LT')
    const period = periodNamed(project, '2025-Q1')
    const late = await issue(project, { period, signal })
    const bundle = path('past.zip')
    await exportEvidence(project, { period, output: bundle, signal })
    const [cut = ''] = await cuts(late.files.pdf)
    const trust = [path('keys/ca.cert.pem'), path('tsa.pem')]
    expect((await verifyReport(cut, { trust, project: null, bundle })).verdict).toBe('refused')
    expect((await verifyReport(late.files.pdf, { trust, project: null, bundle })).verdict).toBe('accepted')
  })

  test('is refused with a bundle that is not what was exported', async () => {
    const bytes = await readFile(path('period.zip'))
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    await writeFile(path('altered.zip'), bytes)
    const trust = [path('keys/ca.cert.pem'), path('tsa.pem')]
    const { verdict } = await verifyReport(archived.files.pdf, { trust, project: null, bundle: path('altered.zip') })
    expect(verdict).toBe('refused')
  })

  test('after it was raised is told as well, and the file as it was issued stays what it is', async () => {
    const project = await configured('B-LTA')
    const raised = await raise(options({ file: timed.files.pdf, project }))
    expect(raised).toMatchObject({ before: 'B-T', level: 'B-LTA', shortfall: null, recorded: timed.id })
    for (const cut of (await cuts(raised.path)).slice(1)) {
      const { verdict, checks } = await verifyReport(cut, { trust: [], project })
      expect(verdict).toBe('refused')
      expect(checks.find(({ holds }) => holds === false)?.sentence).toContain('raised to level B-LTA')
    }
    for (const file of [timed.files.pdf, raised.path]) {
      expect((await verifyReport(file, { trust: [], project })).verdict).toBe('accepted')
    }
  })
})

describe('timestamping a report later', () => {
  test('gives one that was issued untimed what it was to have', async () => {
    const project = await configured('B-LTA')
    const raised = await raise(options({ file: untimed.files.pdf, project, output: path('later.pdf') }))
    expect(raised).toMatchObject({ before: 'B-B', level: 'B-LTA', shortfall: null, recorded: untimed.id })
    expect(raised.additions).toEqual(['document-timestamp', 'validation-data', 'document-timestamp'])
    expect(await verifyReport(path('later.pdf'), { trust: [], project })).toMatchObject({
      verdict: 'accepted',
      level: 'B-LTA',
    })
  })

  test('renews one that is at B-LTA, beside what it renews', async () => {
    const project = await configured('B-LTA')
    const raised = await raise(options({ file: archived.files.pdf, project }))
    expect(raised).toMatchObject({ before: 'B-LTA', level: 'B-LTA', shortfall: null, recorded: archived.id })
    const again = await raise(options({ file: raised.path, project }))
    expect(again.path).toMatch(/-timestamped-2\.pdf$/)
    expect((await verifyReport(again.path, { trust: [], project })).verdict).toBe('accepted')
  })

  test('works on a copy without configuration or store', async () => {
    const file = path('copy.pdf')
    await copyFile(untimed.files.pdf, file)
    const trust = [path('keys/ca.cert.pem'), path('tsa.pem')]
    const given = { file, project: null, trust, timestamp: [authority.url] }
    const stamped = await raise(options({ ...given, to: 'B-T' }))
    expect(stamped).toMatchObject({ level: 'B-T', additions: ['document-timestamp'], recorded: null })
    const crls = [path('keys/ca.crl.pem'), path('tsa.crl')]
    expect(await raise(options({ ...given, crls, output: path('whole.pdf') }))).toMatchObject({ level: 'B-LTA' })
    // One list is not enough: the level reached is told.
    const short = await raise(options({ ...given, crls: crls.slice(1), output: path('short.pdf') }))
    expect(short).toMatchObject({ level: 'B-T', asked: 'B-LTA' })
    expect(short.shortfall).toContain('Example Retail Ltd')
  })

  test('writes nothing where nothing could be added, and replaces no file', async () => {
    const trust = [path('keys/ca.cert.pem'), path('tsa.pem')]
    const given = { project: null, trust, timestamp: ['http://127.0.0.1:1/tsr'] }
    const code = (work: Promise<unknown>) =>
      work.then(
        () => 'done',
        ({ code: found }) => found,
      )
    expect(await code(raise(options({ ...given, file: untimed.files.pdf, output: path('none.pdf') })))).toBe(
      'AFD_LEVEL_NOT_RAISED',
    )
    await expect(readFile(path('none.pdf'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await code(raise(options({ ...given, file: timed.files.pdf, to: 'B-T' })))).toBe('AFD_LEVEL_REACHED')
    expect(await code(raise(options({ ...given, file: timed.files.pdf, timestamp: [] })))).toBe('AFD_TIMESTAMP_NOBODY')
    const taken = { ...given, file: untimed.files.pdf, output: untimed.files.pdf }
    expect(await code(raise(options(taken)))).toBe('AFD_TIMESTAMP_OUTPUT')
    const altered = await readFile(untimed.files.pdf)
    altered[5_000] = (altered[5_000] ?? 0) ^ 1
    await writeFile(path('bad.pdf'), altered)
    expect(await code(raise(options({ ...given, file: path('bad.pdf') })))).toBe('AFD_PDF_REFUSED')
  })

  test('records nothing in a store that did not issue the report', async () => {
    await mkdir(path('other', 'keys'), { recursive: true })
    for (const key of ['ledger.key.pem', 'report.key.pem', 'report.cert.pem', 'ca.cert.pem', 'ca.crl.pem']) {
      await copyFile(path('keys', key), path('other', 'keys', key))
    }
    for (const name of ['tsa.pem', 'tsa.crl']) await copyFile(path(name), path('other', name))
    const project = await configured('B-LTA', undefined, undefined, path('other'))
    await collectNow(project, { targets: project.config.plan, signal })
    const raised = await raise(options({ file: timed.files.pdf, project, output: path('elsewhere.pdf') }))
    expect(raised).toMatchObject({ level: 'B-LTA', recorded: null })
  })
})

const options = (given: Partial<RaiseReportOptions> & { readonly file: string }): RaiseReportOptions => ({
  timestamp: [],
  trust: [],
  crls: [],
  hosts: [],
  project: null,
  signal,
  ...given,
})

const report = (project: Project): Promise<IssuedReport> =>
  issue(project, { period: periodNamed(project, undefined), signal })

async function issuedFacts(project: Project) {
  await using store = await openLedger(project, 'read')
  const found: unknown[] = []
  for await (const { entry } of store.entries({ kinds: ['report.issued'] })) found.push(entry.facts)
  return found
}

async function configured(
  level: string | null,
  urls = `"${authority.url}"`,
  crls = '[keys/ca.crl.pem, tsa.crl]',
  at = folder.path,
): Promise<Project> {
  return await openShop(
    at,
    `signing:
  ${level === null ? 'reason: Issued' : `level: ${level}`}
  revocation: { hosts: [], crls: ${crls} }
  ${urls === '' ? 'location: Here' : `timestamp: { urls: [${urls}], trust: [tsa.pem] }`}
`,
  )
}
