import { expect, test } from 'vitest'
import { browserFailed, findBrowser, systemPaths } from '../../../src/render/browser.ts'

const signal = new AbortController().signal

test('a browser that is named but does not exist is an error that names the ways to get one', async () => {
  const search = findBrowser({ browser: '/nonexistent/chrome', signal })
  await expect(search).rejects.toMatchObject({
    code: 'AFD_RENDER_NO_BROWSER',
    subject: '/nonexistent/chrome',
    exitCode: 6,
    hint: expect.stringContaining('AFFIDAVIT_BROWSER'),
  })
})

test('a named browser is taken before the one of the environment', async () => {
  const environment = { AFFIDAVIT_BROWSER: '/nonexistent/chrome' }
  await expect(findBrowser({ browser: process.execPath, environment, signal })).resolves.toEqual({
    path: process.execPath,
    source: 'given',
  })
  await expect(findBrowser({ environment, signal })).rejects.toMatchObject({ code: 'AFD_RENDER_NO_BROWSER' })
  await expect(findBrowser({ environment: { AFFIDAVIT_BROWSER: process.execPath }, signal })).resolves.toMatchObject({
    source: 'environment',
  })
})

test('every platform has places to look in', () => {
  expect(systemPaths('linux', {})).toContain('/usr/bin/chromium')
  expect(systemPaths('darwin', {}).length).toBeGreaterThan(0)
  expect(systemPaths('win32', {})).toEqual([])
  expect(systemPaths('win32', { PROGRAMFILES: 'C:\\Program Files' })).toHaveLength(3)
})

test('a missing shared library is named', () => {
  const cause = new Error('Failed to launch\nchrome: error while loading shared libraries: libnss3.so: cannot open')
  const error = browserFailed({ path: '/usr/bin/chrome', source: 'system' }, cause)
  expect(error).toMatchObject({ code: 'AFD_RENDER_BROWSER_FAILED', hint: expect.stringContaining('libnss3.so') })
})
