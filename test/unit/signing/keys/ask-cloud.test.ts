import { expect, test } from 'vitest'
import { SigningError } from '../../../../src/model/errors.ts'
import { askCloud, type Cloud, type CloudFailure, isNetworkError } from '../../../../src/signing/keys/cloud/ask.ts'
import { never } from '../../../helpers/signing.ts'

const cloud = (failure: CloudFailure): Cloud => ({
  title: 'A cloud',
  key: 'a key',
  advice: { denied: 'Ask for the role.', credentials: 'Log in.' },
  failure: () => failure,
  pauseMs: 0,
  timeoutMs: 10_000,
})

/** Work that fails so many times, and how often it was done. */
function failing(times: number, error: unknown = new Error('no\nsecond line')) {
  const calls = { made: 0 }
  return {
    calls,
    async work() {
      calls.made += 1
      if (calls.made <= times) throw error
      return 'done'
    },
  }
}

test.each<[CloudFailure, string, number]>([
  ['denied', 'AFD_KMS_DENIED', 1],
  ['credentials', 'AFD_KMS_CREDENTIALS', 1],
  ['disabled', 'AFD_KMS_DISABLED', 1],
  ['not-found', 'AFD_KMS_NOT_FOUND', 1],
  ['unsuitable', 'AFD_KEY_UNSUITABLE', 1],
  ['refused', 'AFD_KMS_REFUSED', 1],
  ['throttled', 'AFD_KMS_THROTTLED', 3],
  ['unreachable', 'AFD_KMS_UNREACHABLE', 3],
])('a cloud that says %s is an error %s after %i attempts', async (failure, code, attempts) => {
  const { calls, work } = failing(9)
  await expect(askCloud(cloud(failure), never, work)).rejects.toMatchObject({
    code,
    hint: expect.stringMatching(/\.$/),
  })
  expect(calls.made).toBe(attempts)
})

test('what passes is asked again until it is answered', async () => {
  const { calls, work } = failing(2)
  expect(await askCloud(cloud('throttled'), never, work)).toBe('done')
  expect(calls.made).toBe(3)
})

test('an error of ours stays as it is and is not asked again', async () => {
  const { calls, work } = failing(9, new SigningError('AFD_KMS_ANSWER', 'not to be believed'))
  await expect(askCloud(cloud('throttled'), never, work)).rejects.toMatchObject({ code: 'AFD_KMS_ANSWER' })
  expect(calls.made).toBe(1)
})

test('an answer that never comes ends with its time, and with the caller', async () => {
  const hangs = () => new Promise<never>(() => {})
  const impatient = { ...cloud('refused'), timeoutMs: 1 }
  await expect(askCloud(impatient, never, hangs)).rejects.toMatchObject({ code: 'AFD_KMS_UNREACHABLE' })
  const controller = new AbortController()
  const pending = askCloud(cloud('refused'), controller.signal, hangs)
  controller.abort()
  await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
})

test('the network’s errors are known by their codes, also behind others', () => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  expect(isNetworkError(refused)).toBe(true)
  expect(isNetworkError(new Error('failed', { cause: new AggregateError([refused]) }))).toBe(true)
  expect(isNetworkError(Object.assign(new Error('denied'), { code: 'AccessDenied' }))).toBe(false)
  expect(isNetworkError('ECONNREFUSED')).toBe(false)
})
