import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { packagedBrowser } from '../../../src/render/packaged-browser.ts'

const { signal } = new AbortController()
const supported = process.platform === 'linux' && process.arch === 'x64'

let folder: string
let place: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'affidavit-test-'))
  vi.stubEnv('TMPDIR', folder)
  const root = dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  place = join(folder, `affidavit-chromium-${version}-${userInfo().uid}`)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

test.skipIf(!supported)('a browser that is already unpacked is taken as it is', async () => {
  mkdirSync(place, { mode: 0o700 })
  writeFileSync(join(place, 'chromium'), 'unpacked before')
  expect(await packagedBrowser(signal)).toBe(join(place, 'chromium'))
})

test.skipIf(!supported)('nothing is run from a folder that others can write', async () => {
  mkdirSync(place)
  chmodSync(place, 0o777)
  writeFileSync(join(place, 'chromium'), 'put there by somebody else')
  await expect(packagedBrowser(signal)).rejects.toMatchObject({ code: 'AFD_RENDER_UNPACK', subject: place })
})

test.skipIf(!supported)('a temporary directory in which nothing can be made is told', async () => {
  vi.stubEnv('TMPDIR', '/proc/temporary')
  await expect(packagedBrowser(signal)).rejects.toMatchObject({ code: 'AFD_RENDER_UNPACK' })
})

test.skipIf(!supported)('unpacking that is interrupted leaves no browser and no part of one', async () => {
  const stop = new AbortController()
  stop.abort(new Error('stopped'))
  await expect(packagedBrowser(stop.signal)).rejects.toThrow('stopped')
  expect(readdirSync(place)).toEqual([])
})
