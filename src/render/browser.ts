import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RenderError } from '../model/errors.ts'
import { packagedBrowser } from './packaged-browser.ts'

/** A Chromium to print with, and where it was found. */
export type BrowserChoice = {
  /** The executable. */
  readonly path: string
  readonly source: 'given' | 'environment' | 'puppeteer' | 'package' | 'system'
}

export type BrowserSearch = {
  /** The executable that the user named; it must exist. */
  readonly browser?: string | undefined
  readonly environment?: { readonly [name: string]: string | undefined }
  readonly platform?: NodeJS.Platform
  readonly signal: AbortSignal
}

const waysToGetOne =
  'Name one with AFFIDAVIT_BROWSER=/path/to/chrome, download one with `npx puppeteer browsers install chrome-headless-shell`, or install Chromium, Chrome or Edge on this machine.'

/**
 * The browser to print with: the one that is named, AFFIDAVIT_BROWSER, the one that puppeteer downloaded, the one inside
 * @sparticuz/chromium, or one that the machine has, in this order; throws RenderError where there is none.
 */
export async function findBrowser(search: BrowserSearch): Promise<BrowserChoice> {
  const environment = search.environment ?? process.env
  if (search.browser !== undefined) return named(search.browser, 'given')
  const fromEnvironment = environment.AFFIDAVIT_BROWSER
  if (fromEnvironment) return named(fromEnvironment, 'environment')
  const downloaded = await downloadedBrowser()
  if (downloaded) return { path: downloaded, source: 'puppeteer' }
  const packaged = await packagedBrowser(search.signal)
  if (packaged) return { path: packaged, source: 'package' }
  const installed = systemPaths(search.platform ?? process.platform, environment).find((path) => existsSync(path))
  if (installed) return { path: installed, source: 'system' }
  throw new RenderError('AFD_RENDER_NO_BROWSER', 'no browser was found to print the report with', {
    hint: waysToGetOne,
  })
}

/** The error for a browser that is there but could not print. */
export function browserFailed(choice: BrowserChoice, cause: unknown): RenderError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.message) : String(cause)
  const missing =
    cause instanceof Error ? /error while loading shared libraries: (\S+?):/.exec(cause.message)?.[1] : null
  return new RenderError(
    'AFD_RENDER_BROWSER_FAILED',
    `the browser ${choice.path} could not print: ${missing ?? reason}`,
    {
      hint: missing
        ? `The machine lacks the library ${missing}; install it, or another browser. ${waysToGetOne}`
        : `Try another browser. ${waysToGetOne}`,
      subject: choice.path,
      cause,
    },
  )
}

function named(path: string, source: 'given' | 'environment'): BrowserChoice {
  if (existsSync(path)) return { path, source }
  const by = source === 'given' ? 'the configuration' : 'AFFIDAVIT_BROWSER'
  throw new RenderError('AFD_RENDER_NO_BROWSER', `the browser that ${by} names does not exist: ${path}`, {
    hint: waysToGetOne,
    subject: path,
  })
}

async function downloadedBrowser(): Promise<string | undefined> {
  const { default: puppeteer } = await import('puppeteer')
  for (const headless of ['shell', true] as const) {
    // puppeteer throws where nothing was downloaded, and names a path where something once was.
    const path = await Promise.resolve(puppeteer.executablePath({ headless })).catch(() => undefined)
    if (path && existsSync(path)) return path
  }
  return undefined
}

/** Where installers put Chromium, Chrome and Edge. */
export function systemPaths(
  platform: NodeJS.Platform,
  environment: { readonly [name: string]: string | undefined },
): readonly string[] {
  switch (platform) {
    case 'darwin':
      return [
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
        '/Applications/Chromium.app/Contents/MacOS/Chromium',
        '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
      ]
    case 'win32':
      return [environment.PROGRAMFILES, environment['PROGRAMFILES(X86)'], environment.LOCALAPPDATA]
        .filter((folder) => folder !== undefined)
        .flatMap((folder) => [
          join(folder, 'Google/Chrome/Application/chrome.exe'),
          join(folder, 'Chromium/Application/chrome.exe'),
          join(folder, 'Microsoft/Edge/Application/msedge.exe'),
        ])
    default:
      return [
        '/usr/bin/chromium-headless-shell',
        '/usr/bin/chromium',
        '/usr/bin/chromium-browser',
        '/usr/bin/google-chrome-stable',
        '/usr/bin/google-chrome',
        '/usr/bin/microsoft-edge',
        '/snap/bin/chromium',
        '/usr/lib/chromium/chromium',
      ]
  }
}
