import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'puppeteer'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Clock, instant } from '../../src/model/time.ts'
import { findBrowser } from '../../src/render/browser.ts'
import { makeLocalIdentity } from '../../src/signing/keys/identity.ts'
import { readCrlFile } from '../../src/signing/keys/own-crl.ts'
import { raiseLevel } from '../../src/signing/raise-level.ts'
import { rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { judge, readTrusted } from '../../verify-page/judge.ts'
import { embeddedEvidence, stampOver } from '../helpers/embedded-evidence.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { attachment, chromiumPdf, sign, signerOf, withByte } from '../helpers/signing.ts'
import { atHand } from '../helpers/tamper/loot.ts'
import { startAuthority } from '../helpers/time-stamp-authority.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let browser: Browser
let page: Page
const requests: string[] = []
const problems: string[] = []
const files = new Map<string, Uint8Array>()

beforeAll(async () => {
  folder = await temporaryFolder()
  const now = instant(Date.now())
  const clock: Clock = { now: () => now }
  await using authority = await startAuthority({ time: new Date(now) })
  for (const keyType of ['p256', 'rsa3072'] as const) {
    const identity = makeLocalIdentity({ organisation: `Example ${keyType}`, from: now, keyType })
    const signer = await signerOf(identity, clock)
    const timestamper = rfc3161Timestamper({ url: authority.url })
    const attachments = [attachment('evidence.json', '{"a":1}'), attachment('<b>\u202e & co.json', '[]')]
    const { pdf } = await sign(chromiumPdf(), { signer, clock, timestamper, attachments })
    const evidence = await embeddedEvidence()
    const altered = evidence.map((file) =>
      file.name === 'evidence.jsonl'
        ? { ...file, bytes: Buffer.from(Buffer.from(file.bytes).toString().replace('TLSv1.2', 'TLSv1.3')) }
        : file,
    )
    const own = { signer, clock, timestamper }
    files.set(`${keyType} with evidence.pdf`, (await sign(chromiumPdf(), { ...own, attachments: evidence })).pdf)
    files.set(`${keyType} with altered evidence.pdf`, (await sign(chromiumPdf(), { ...own, attachments: altered })).pdf)
    const stamped = [...evidence, await stampOver('checkpoint.txt', evidence, timestamper)]
    const mixedUp = [...evidence, await stampOver('proofs.json', evidence, timestamper)]
    files.set(`${keyType} with stamped evidence.pdf`, (await sign(chromiumPdf(), { ...own, attachments: stamped })).pdf)
    files.set(`${keyType} with another stamp.pdf`, (await sign(chromiumPdf(), { ...own, attachments: mixedUp })).pdf)
    const crls = atHand([readCrlFile(identity.rootCrl), authority.crl])
    const ask = () => Promise.reject(new Error('nobody is to be asked'))
    const raising = { ask, crls, known: [], clock, signal: AbortSignal.timeout(60_000), timestamper }
    files.set(`${keyType} at B-LTA.pdf`, (await raiseLevel(pdf, 'B-T', 'B-LTA', raising)).pdf)
    files.set(`${keyType}.pdf`, pdf).set(`${keyType}.pem`, Buffer.from(identity.rootCertificate))
  }
  const sound = files.get('p256.pdf') ?? new Uint8Array()
  files.set('flipped.pdf', withByte(sound, 5000, (sound[5000] ?? 0) ^ 1))
  files
    .set('cut.pdf', sound.subarray(0, 9000))
    .set('notes.txt', Buffer.from('hello'))
    .set('empty.pem', Buffer.from('hello'))
  const archived = files.get('p256 at B-LTA.pdf') ?? new Uint8Array()
  files.set('flipped data.pdf', withByte(archived, sound.length + 300, (archived[sound.length + 300] ?? 0) ^ 1))
  files.set('appended.pdf', Buffer.concat([sound, Buffer.from('\n')]))
  files.set('tsa.pem', Buffer.from(authority.rootCertificate))
  for (const [name, bytes] of files) await writeFile(join(folder.path, name), bytes)

  const build = join(import.meta.dirname, '../../scripts/verify-page.mjs')
  execFileSync(process.execPath, [build, join(folder.path, 'verify.html')])
  const choice = await findBrowser({ signal: AbortSignal.timeout(60_000) })
  const { default: puppeteer } = await import('puppeteer')
  await mkdir(join(folder.path, 'profile'))
  browser = await puppeteer.launch({
    executablePath: choice.path,
    headless: /headless|affidavit-chromium/.test(choice.path) ? 'shell' : true,
    userDataDir: join(folder.path, 'profile'),
    pipe: true,
    args: ['--no-sandbox', '--disable-gpu'],
  })
  page = await browser.newPage()
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(String(error)))
})

afterAll(async () => {
  await browser?.close()
  await folder[Symbol.asyncDispose]()
})

/** A fresh page to which the trusted certificates are given first, then the report. */
async function verify(report: string, trusted: readonly string[]): Promise<Seen> {
  await page.goto(pathToFileURL(join(folder.path, 'verify.html')).href)
  if (trusted.length > 0) await give('#certificates', trusted)
  await give('#report', [report])
  await page.waitForSelector('#result article')
  return seen()
}

async function give(selector: string, names: readonly string[]): Promise<void> {
  const input = await page.$(selector)
  await input?.uploadFile(...names.map((name) => join(folder.path, name)))
}

type Seen = {
  readonly verdict: string | null
  readonly codes: string | null
  readonly conclusion: string | null
  readonly checks: readonly string[]
  readonly cells: readonly string[]
}

/** What a reader sees. As text, since the page's own types are not those of this file. */
const seen = (): Promise<Seen> =>
  page.evaluate(`(() => {
    const article = document.querySelector('#result article')
    const texts = (selector) => [...article.querySelectorAll(selector)].map((each) => each.textContent)
    return {
      verdict: article.dataset.verdict,
      codes: article.dataset.codes,
      conclusion: article.querySelector('.lead').textContent,
      checks: texts('.checks li span:last-child'),
      cells: texts('tbody td'),
    }
  })()`) as Promise<Seen>

/** The same judgement by Node. */
async function byNode(report: string, trusted: readonly string[]) {
  const bytes = (name: string) => files.get(name) ?? new Uint8Array()
  return judge(
    report,
    bytes(report),
    trusted.flatMap((name) => readTrusted(bytes(name))),
  )
}

test.each(['p256', 'rsa3072'])('a timestamped report with a %s key is accepted', async (keyType) => {
  const found = await verify(`${keyType}.pdf`, [`${keyType}.pem`, 'tsa.pem'])
  expect(found).toMatchObject({ verdict: 'accepted', codes: '' })
  expect(found.checks).toHaveLength(6)
})

test('the evidence inside is checked against its proofs and the checkpoint against its key', async () => {
  const { checks } = (await verify('p256 with evidence.pdf', ['p256.pem', 'tsa.pem'])) as Seen
  expect(checks).toHaveLength(7)
  expect(await page.$$('.checks .chip.good')).toHaveLength(6)
})

test('the time stamp over the ledger’s checkpoint is checked, and says by when the evidence existed', async () => {
  const { checks } = await verify('p256 with stamped evidence.pdf', ['p256.pem', 'tsa.pem'])
  expect(checks).toHaveLength(9)
  expect(checks.at(-2)).toContain('CN=Test TSA')
  expect(checks.at(-1)).toContain('nothing at hand says')
  expect(await page.$$('.checks .chip.good')).toHaveLength(7)
})

test('its attachments are listed with their digests, their names as plain text', async () => {
  const { cells } = await verify('p256.pdf', [])
  const { signed } = await byNode('p256.pdf', [])
  expect(signed.attachments).toHaveLength(2)
  for (const { sha256 } of signed.attachments) expect(cells).toContain(sha256)
  expect(cells.some((cell) => cell.startsWith('<b>\ufffd & co.json'))).toBe(true)
})

test.each([
  ['p256.pdf', ['p256.pem', 'tsa.pem'], 'accepted'],
  ['p256.pdf', ['p256.pem'], 'intact-signer-unproven'],
  ['p256.pdf', [], 'intact-signer-unproven'],
  ['p256.pdf', ['rsa3072.pem'], 'refused'],
  ['p256 with evidence.pdf', ['p256.pem', 'tsa.pem'], 'accepted'],
  ['p256 with altered evidence.pdf', ['p256.pem', 'tsa.pem'], 'refused'],
  ['rsa3072 with evidence.pdf', [], 'intact-signer-unproven'],
  ['rsa3072 with stamped evidence.pdf', ['rsa3072.pem', 'tsa.pem'], 'accepted'],
  ['rsa3072 with stamped evidence.pdf', [], 'intact-signer-unproven'],
  ['p256 with another stamp.pdf', ['p256.pem', 'tsa.pem'], 'refused'],
  ['flipped.pdf', ['p256.pem', 'tsa.pem'], 'refused'],
  ['flipped.pdf', [], 'refused'],
  ['p256 at B-LTA.pdf', ['p256.pem', 'tsa.pem'], 'accepted'],
  ['rsa3072 at B-LTA.pdf', ['rsa3072.pem', 'tsa.pem'], 'accepted'],
  ['p256 at B-LTA.pdf', ['p256.pem'], 'intact-signer-unproven'],
  ['flipped data.pdf', ['p256.pem', 'tsa.pem'], 'refused'],
  ['appended.pdf', ['p256.pem', 'tsa.pem'], 'refused'],
  ['cut.pdf', ['p256.pem'], 'refused'],
  ['notes.txt', ['p256.pem'], 'refused'],
])('%s with %j is judged in the words of the command line: %s', async (report, trusted, verdict) => {
  const found = await verify(report, trusted)
  const expected = await byNode(report, trusted)
  expect(found).toMatchObject({
    verdict,
    codes: expected.signed.reasons.map(({ code }) => code).join(' '),
    conclusion: expected.conclusion,
    checks: expected.checks.map(({ sentence }) => sentence),
  })
  expect(expected.verdict).toBe(verdict)
})

test('a certificate that comes after the report changes the answer, and so does taking it away', async () => {
  expect(await verify('p256.pdf', ['tsa.pem'])).toMatchObject({ verdict: 'refused' })
  await give('#certificates', ['p256.pem'])
  await page.waitForSelector('article[data-verdict=accepted]')
  await page.click('#trusted li:last-child button')
  await page.waitForSelector('article[data-verdict=refused]')
})

test('a certificate that is trusted for times alone vouches for no signer, and one for signers alone for no time', async () => {
  expect(await verify('p256.pdf', ['p256.pem', 'tsa.pem'])).toMatchObject({ verdict: 'accepted' })
  const distrust = async (which: string, what: string) => {
    const box = `#trusted li:${which} input[aria-label$="for ${what}"]`
    await page.click(box)
    await page.waitForSelector(`${box}:not(:checked)`)
    await page.waitForSelector('#result[aria-busy=false] article')
  }
  // Each for what it is there for: nothing is missing.
  await distrust('first-child', 'times')
  await distrust('last-child', 'signers')
  expect(await seen()).toMatchObject({ verdict: 'accepted' })
  await distrust('last-child', 'times')
  expect(await seen()).toMatchObject({ codes: 'timestamp-not-trusted' })
  await distrust('first-child', 'signers')
  expect(await seen()).toMatchObject({ codes: 'no-anchor timestamp-not-trusted' })
})

test('a certificate given before the report counts, however long it takes to read', async () => {
  await page.goto(pathToFileURL(join(folder.path, 'verify.html')).href)
  await page.evaluate(`(() => {
    const read = File.prototype.arrayBuffer
    File.prototype.arrayBuffer = async function () {
      if (this.name.endsWith('.pem')) await new Promise((done) => setTimeout(done, 300))
      return read.call(this)
    }
  })()`)
  await give('#certificates', ['p256.pem', 'tsa.pem'])
  await give('#report', ['p256.pdf'])
  await page.waitForSelector('#result article')
  expect(await seen()).toMatchObject({ verdict: 'accepted' })
})

test('a file that can no longer be read is named, and the next one is judged', async () => {
  await page.goto(pathToFileURL(join(folder.path, 'verify.html')).href)
  await writeFile(join(folder.path, 'gone.pdf'), 'hello')
  await page.evaluate(`(() => {
    const read = File.prototype.arrayBuffer
    File.prototype.arrayBuffer = function () {
      return this.name === 'gone.pdf' ? Promise.reject(new Error('it has gone')) : read.call(this)
    }
  })()`)
  await give('#report', ['gone.pdf'])
  await page.waitForSelector('#problems p')
  expect(await page.$eval('#problems', (found) => found.textContent)).toContain('gone.pdf')
  await give('#report', ['p256.pdf'])
  await page.waitForSelector('#result article')
  expect(await seen()).toMatchObject({ verdict: 'intact-signer-unproven' })
})

test('what is no certificate is said to be none, and nothing is trusted', async () => {
  expect(await verify('p256.pdf', [])).toMatchObject({ verdict: 'intact-signer-unproven' })
  await give('#certificates', ['empty.pem'])
  await page.waitForSelector('#problems p')
  expect(await page.$eval('#problems', (found) => found.textContent)).toContain('empty.pem')
  expect(await page.$$('#trusted li')).toHaveLength(0)
})

test('the page asks for nothing but itself, and cannot', async () => {
  expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([])
  expect(new Set(requests.filter((url) => url.startsWith('file:')))).toEqual(
    new Set([pathToFileURL(join(folder.path, 'verify.html')).href]),
  )
  expect(problems).toEqual([])
  const answer = await page.evaluate(`fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'stopped')`)
  expect(answer).toBe('stopped')
  expect(problems.join(' ')).toContain('Content Security Policy')
})
