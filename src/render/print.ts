import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, HTTPRequest, PDFOptions } from 'puppeteer'
import { RenderError } from '../model/errors.ts'
import type { Instant } from '../model/time.ts'
import { type BrowserChoice, browserFailed, findBrowser } from './browser.ts'
import { fillPageNumbers, hasPageMarks, pageNumbers } from './page-numbers.ts'

export type PrintOptions = {
  /** A browser's executable; found by `findBrowser` where absent. */
  readonly browser?: string | undefined
  readonly signal: AbortSignal
  /** Wall time of the whole printing; default two minutes. */
  readonly timeoutMs?: number | undefined
  /** The moment that the file names as its creation, so that the same HTML makes the same bytes; default now. */
  readonly createdAt?: Instant | undefined
}

/**
 * Prints a self-contained HTML text as a tagged PDF with an outline; page sizes and margins are the style sheet's.
 * Nothing is fetched, no script runs, and neither browser nor profile outlives the call. Throws RenderError.
 */
export async function printPdf(html: string, options: PrintOptions): Promise<Uint8Array> {
  const timeoutMs = options.timeoutMs ?? 120_000
  const deadline = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([options.signal, deadline])
  signal.throwIfAborted()
  const choice = await findBrowser({ browser: options.browser, signal })
  const profile = await mkdtemp(join(tmpdir(), `affidavit-print-${process.pid}-`))
  try {
    const pdf = await inBrowser(choice, profile, signal, (browser) => print(browser, html))
    return options.createdAt === undefined ? pdf : dated(pdf, options.createdAt)
  } catch (error) {
    options.signal.throwIfAborted()
    if (!deadline.aborted) throw browserFailed(choice, error)
    throw new RenderError('AFD_RENDER_TIMEOUT', `the report was not printed within ${timeoutMs / 1000} s`, {
      hint: 'Raise the time limit, or report on a shorter period.',
      subject: choice.path,
      cause: error,
    })
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

async function inBrowser<Result>(
  choice: BrowserChoice,
  profile: string,
  signal: AbortSignal,
  work: (browser: Browser) => Promise<Result>,
): Promise<Result> {
  const { default: puppeteer } = await import('puppeteer')
  const browser = await puppeteer.launch({
    executablePath: choice.path,
    headless: /headless|affidavit-chromium/.test(choice.path) ? 'shell' : true,
    userDataDir: profile,
    // A pipe instead of a port: nobody else on the machine can talk to this browser.
    pipe: true,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    env: browserEnvironment(profile),
    args: browserArguments(),
    signal,
  })
  const kill = () => browser.process()?.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  try {
    signal.throwIfAborted()
    return await work(browser)
  } finally {
    signal.removeEventListener('abort', kill)
    await close(browser)
  }
}

async function print(browser: Browser, html: string): Promise<Uint8Array> {
  if (!hasPageMarks(html)) return await layOut(browser, html)
  const draft = await layOut(browser, html, { tagged: false, outline: false })
  // CSS cannot say on which page an anchor lies (Chromium has no target-counter), so the contents are filled in once
  // the first printing has told.
  return await layOut(browser, fillPageNumbers(html, pageNumbers(draft)))
}

/** Lays the HTML out in a page of its own: what the browser holds for one does not add to the next. */
async function layOut(
  browser: Browser,
  html: string,
  aids: Pick<PDFOptions, 'tagged' | 'outline'> = { tagged: true, outline: true },
): Promise<Uint8Array> {
  const page = await browser.newPage()
  await page.setJavaScriptEnabled(false)
  await page.setOfflineMode(true)
  await page.setRequestInterception(true)
  page.on('request', refuseNetwork)
  // Otherwise the browser lays the whole text out for a screen first, and holds that while it makes the pages.
  await page.emulateMediaType('print')
  await page.setContent(html, { waitUntil: 'load', timeout: 0 })
  const pdf = await page.pdf({
    preferCSSPageSize: true,
    printBackground: true,
    ...aids,
    waitForFonts: true,
    timeout: 0,
  })
  await page.close()
  return pdf
}

/** The PDF with its dates changed in place; they keep their length, so every offset stays right. */
function dated(pdf: Uint8Array, at: Instant): Uint8Array {
  const bytes = Buffer.from(pdf)
  const date = `(D:${at.replace(/[-:T]/g, '').slice(0, 14)}+00'00')`
  for (const key of ['/CreationDate ', '/ModDate ']) {
    const start = bytes.indexOf(`${key}(D:`)
    const end = start < 0 ? -1 : bytes.indexOf(')', start) + 1
    if (end - start === key.length + date.length) bytes.write(key + date, start, 'latin1')
  }
  return bytes
}

function refuseNetwork(request: HTTPRequest): void {
  const answer = request.url().startsWith('data:') ? request.continue() : request.abort('blockedbyclient')
  // The page may be gone before the answer; the printing itself reports that.
  answer.catch(() => undefined)
}

function browserArguments(): string[] {
  return [
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--font-render-hinting=none',
    '--force-color-profile=srgb',
    '--host-resolver-rules=MAP * ~NOTFOUND',
    '--no-first-run',
    // What layout leaves behind is collected by V8, and soon; a report of 500 pages otherwise takes twice the memory.
    '--js-flags=--optimize-for-size',
    // Chromium refuses to start its sandbox as root; as anyone else it keeps it.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ]
}

/** The browser gets what it needs to run and none of the secrets in our environment. */
function browserEnvironment(profile: string): Record<string, string | undefined> {
  const kept = ['PATH', 'TMPDIR', 'FONTCONFIG_PATH', 'FONTCONFIG_FILE', 'LD_LIBRARY_PATH', 'SYSTEMROOT', 'TEMP', 'TMP']
  return {
    ...Object.fromEntries(kept.map((name) => [name, process.env[name]])),
    HOME: profile,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  }
}

async function close(browser: Browser): Promise<void> {
  const gone = AbortSignal.timeout(5_000)
  gone.addEventListener('abort', () => browser.process()?.kill('SIGKILL'))
  await browser.close().catch(() => browser.process()?.kill('SIGKILL'))
}
