import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SigningError } from '../../src/model/errors.ts'
import { millis } from '../../src/model/time.ts'
import { readReply, stampBytes, verifyStamp, writeReply } from '../../src/signing/stamp.ts'
import { firstOf, rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { type OpensslAuthority, opensslPolicies, startOpensslAuthority } from '../helpers/openssl-authority.ts'
import { identityOf, never } from '../helpers/signing.ts'
import { startAuthority } from '../helpers/time-stamp-authority.ts'

const data = Buffer.from('what is timestamped\n')
let authority: OpensslAuthority

beforeAll(async () => {
  authority = await startOpensslAuthority()
})

afterAll(async () => {
  await authority[Symbol.asyncDispose]()
})

const trusting = (options: { policies?: readonly string[]; timeoutMs?: number; attempts?: number } = {}) =>
  rfc3161Timestamper({ url: authority.url, trust: [authority.rootCertificate], ...options })

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof SigningError ? error.code : String(error)),
  )

test('a token of `openssl ts` holds, and openssl accepts the file that we make of it, over these bytes only', async () => {
  await using folder = await temporaryFolder()
  const stamp = await stampBytes(data, trusting(), never)
  expect(stamp).toMatchObject({
    authority: 'CN=openssl TSA',
    anchored: true,
    policy: opensslPolicies[0],
    accuracyMs: 1500,
  })
  expect(Math.abs(millis(stamp.time) - Date.now())).toBeLessThan(120_000)
  writeFileSync(join(folder.path, 'data'), data)
  writeFileSync(join(folder.path, 'other'), 'something else')
  writeFileSync(join(folder.path, 'stamp.tsr'), writeReply(stamp.token))
  writeFileSync(join(folder.path, 'root.pem'), authority.rootCertificate)
  const verify = (file: string) => () =>
    execFileSync('openssl', ['ts', '-verify', '-data', file, '-in', 'stamp.tsr', '-CAfile', 'root.pem'], {
      cwd: folder.path,
      stdio: 'pipe',
    }).toString()
  expect(verify('data')()).toContain('Verification: OK')
  expect(verify('other')).toThrow()
})

test('what was stamped is verified again from its bytes, and by whom it is vouched for', async () => {
  const { token } = await stampBytes(data, trusting(), never)
  expect(readReply(writeReply(token))).toEqual(token)
  expect(await verifyStamp(token, data, [authority.rootCertificate])).toMatchObject({ anchored: true })
  expect(await verifyStamp(token, data, [])).toMatchObject({ anchored: false })
  expect(await verifyStamp(token, data, [identityOf('p256').rootCertificate])).toMatchObject({ anchored: false })
  expect(await codeOf(verifyStamp(token, Buffer.from('something else'), []))).toBe('AFD_TIMESTAMP_TOKEN')
})

test('any byte of a stamp that is changed makes it worth nothing', async () => {
  const reply = writeReply((await stampBytes(data, trusting(), never)).token)
  const judge = async (bytes: Uint8Array) => await codeOf((async () => await verifyStamp(readReply(bytes), data, []))())
  expect(await judge(reply)).toBe('no error')
  for (const at of reply.keys()) {
    const changed = Uint8Array.from(reply)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    expect(await judge(changed), `byte ${at}`).toBe('AFD_TIMESTAMP_TOKEN')
  }
  for (const bytes of [reply.subarray(0, -1), Buffer.concat([reply, Buffer.of(0)]), Buffer.alloc(0)]) {
    expect(await judge(bytes)).toBe('AFD_TIMESTAMP_TOKEN')
  }
})

test('a policy that the configuration names is asked for; one that the authority does not have is refused by it', async () => {
  const [, special] = opensslPolicies
  expect(await stampBytes(data, trusting({ policies: [special] }), never)).toMatchObject({ policy: special })
  expect(await codeOf(stampBytes(data, trusting({ policies: ['1.3.9.9'] }), never))).toBe('AFD_TIMESTAMP_REFUSED')
})

test('an authority that is away and comes back, or answers with a page, is dealt with, and the next one is asked', async () => {
  try {
    authority.fail({ status: 200, type: 'text/html', body: '<h1>Please sign in to the network</h1>' })
    expect(await codeOf(stampBytes(data, trusting(), never))).toBe('AFD_TIMESTAMP_REFUSED')
    authority.fail({ status: 503, type: 'text/plain', body: 'busy' })
    const before = authority.requests()
    const waiting = stampBytes(data, trusting(), never)
    while (authority.requests() === before) await new Promise((done) => setTimeout(done, 10))
    authority.fail(null)
    expect(await waiting).toMatchObject({ anchored: true })
    authority.fail({ status: 503, type: 'text/plain', body: 'busy' })
    await using other = await startAuthority()
    const both = firstOf([trusting({ attempts: 1 }), rfc3161Timestamper({ url: other.url })])
    expect(await stampBytes(data, both, never)).toMatchObject({ authority: 'CN=Test TSA' })
  } finally {
    authority.fail(null)
  }
})
