import { expect, test } from 'vitest'
import { browserWarnings } from '../../../src/app/browser-warnings.ts'

const signal = new AbortController().signal

test('a machine without the browser that is named is warned that reports cannot be printed there', async () => {
  const environment = { AFFIDAVIT_BROWSER: '/nowhere/chrome' }
  expect(await browserWarnings({ environment, signal })).toEqual([
    { message: expect.stringContaining('/nowhere/chrome'), hint: expect.stringContaining('AFFIDAVIT_BROWSER') },
  ])
})

test('a browser that is there is nothing to warn of', async () => {
  expect(await browserWarnings({ environment: { AFFIDAVIT_BROWSER: process.execPath }, signal })).toEqual([])
})
