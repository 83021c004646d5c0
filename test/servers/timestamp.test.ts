import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/model/digest.ts'
import { SigningError } from '../../src/model/errors.ts'
import { instant } from '../../src/model/time.ts'
import { stampBytes, verifyStamp } from '../../src/signing/stamp.ts'
import { firstOf, rfc3161Timestamper } from '../../src/signing/timestamp.ts'
import { verifyPdf } from '../../src/signing/verify-pdf.ts'
import { chromiumPdf, identityOf, never, sign, signingTime, tinyPdf, withByte } from '../helpers/signing.ts'
import { type AuthorityFaults, startAuthority } from '../helpers/time-stamp-authority.ts'

const text = 'what is timestamped'
const digest = Buffer.from(sha256(text), 'hex')

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof SigningError ? error.code : String(error)),
  )

async function ask(faults: AuthorityFaults, trusted = true): Promise<{ code: string; requests: number }> {
  await using authority = await startAuthority(faults)
  const trust = trusted ? [authority.rootCertificate] : []
  const code = await codeOf(
    rfc3161Timestamper({ url: authority.url, trust, timeoutMs: 300, attempts: 2 }).timestamp(digest, never),
  )
  return { code, requests: authority.requests() }
}

describe('a time-stamp authority', () => {
  test.each(['ec', 'rsa'] as const)('with an %s key is believed', async (keyType) => {
    await using authority = await startAuthority({ keyType })
    const trust = [authority.rootCertificate]
    const stamp = await stampBytes(Buffer.from(text), rfc3161Timestamper({ url: authority.url, trust }), never)
    expect(stamp).toMatchObject({ time: '2026-09-09T02:00:00.000Z', authority: 'CN=Test TSA', anchored: true })
    expect(await codeOf(verifyStamp(stamp.token, Buffer.from('something else'), trust))).toBe('AFD_TIMESTAMP_TOKEN')
  })

  test.each([
    ['that answers another request', { fault: 'other-nonce' }],
    ['that leaves the nonce out', { fault: 'no-nonce' }],
    ['that states another digest', { fault: 'other-digest' }],
    ['whose signature is broken', { fault: 'broken-signature' }],
    ['that does not pin its certificate', { fault: 'no-signing-certificate' }],
    ['whose certificate is for something else', { usage: 'any-signing' }],
    ['whose certificate names no purpose', { usage: 'unstated' }],
    ['whose certificate is for something else as well', { usage: 'more-than-time-stamping' }],
    ['whose purpose is not critical', { usage: 'not-critical' }],
    ['whose certificate had expired', { notAfter: new Date('2026-03-01T00:00:00Z') }],
    ['that answers with something else', { fault: 'garbage' }],
    ['that never stops answering', { fault: 'oversized' }],
  ] satisfies [string, AuthorityFaults][])('%s is not believed, and not asked again', async (_, faults) => {
    expect(await ask(faults)).toEqual({ code: 'AFD_TIMESTAMP_TOKEN', requests: 1 })
  })

  test('that names another policy than those allowed is not believed', async () => {
    await using authority = await startAuthority({ policy: '1.2.3.4.9' })
    const asked = async (...policies: string[]) =>
      await codeOf(rfc3161Timestamper({ url: authority.url, policies }).timestamp(digest, never))
    expect(await asked('1.2.3.4.1')).toBe('AFD_TIMESTAMP_TOKEN')
    expect(await asked('1.2.3.4.1', '1.2.3.4.9')).toBe('no error')
    expect(await asked()).toBe('no error')
  })

  test('that refuses is not asked again', async () => {
    expect(await ask({ fault: 'rejection' })).toEqual({ code: 'AFD_TIMESTAMP_REFUSED', requests: 1 })
    expect(await ask({ fault: 'status-404' })).toEqual({ code: 'AFD_TIMESTAMP_REFUSED', requests: 1 })
  })

  test('that is out of order is asked a bounded number of times', async () => {
    expect(await ask({ fault: 'status-500' })).toEqual({ code: 'AFD_TIMESTAMP_UNREACHABLE', requests: 2 })
    expect(await ask({ fault: 'silence' })).toEqual({ code: 'AFD_TIMESTAMP_UNREACHABLE', requests: 2 })
    expect(await ask({ fault: 'dripping' })).toEqual({ code: 'AFD_TIMESTAMP_UNREACHABLE', requests: 2 })
  })

  test('that recovers is believed at the next attempt', async () => {
    expect(await ask({ fault: 'status-500', times: 1 })).toEqual({ code: 'no error', requests: 2 })
  })

  test('for which nobody given vouches is not believed', async () => {
    await using authority = await startAuthority()
    const trust = [identityOf('p256').rootCertificate]
    expect(await codeOf(rfc3161Timestamper({ url: authority.url, trust }).timestamp(digest, never))).toBe(
      'AFD_TIMESTAMP_TOKEN',
    )
  })

  test('is no longer waited for once the caller gives up', async () => {
    await using authority = await startAuthority({ fault: 'silence' })
    const work = rfc3161Timestamper({ url: authority.url }).timestamp(digest, AbortSignal.timeout(50))
    await expect(work).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

describe('several authorities', () => {
  test('are asked in turn until one answers', async () => {
    await using bad = await startAuthority({ fault: 'rejection' })
    await using good = await startAuthority()
    const timestampers = [bad.url, good.url].map((url) => rfc3161Timestamper({ url }))
    expect(await codeOf(firstOf(timestampers).timestamp(digest, never))).toBe('no error')
    expect([bad.requests(), good.requests()]).toEqual([1, 1])
  })

  test('that all fail make one error that names each', async () => {
    await using first = await startAuthority({ fault: 'rejection' })
    await using second = await startAuthority({ fault: 'other-nonce' })
    const work = firstOf([first.url, second.url].map((url) => rfc3161Timestamper({ url }))).timestamp(digest, never)
    const error: unknown = await work.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'AFD_TIMESTAMP_UNREACHABLE' })
    expect(String(error)).toContain(first.url)
    expect(String(error)).toContain(second.url)
  })
})

describe('a timestamped report', () => {
  test('is accepted at level B-T where signer and authority are trusted', async () => {
    await using authority = await startAuthority({ keyType: 'rsa', stray: true })
    const signed = await sign(chromiumPdf(), { timestamper: rfc3161Timestamper({ url: authority.url }) })
    expect(signed).toMatchObject({
      level: 'B-T',
      timestampError: null,
      timestamp: { time: '2026-09-09T02:00:00.000Z', authority: 'CN=Test TSA' },
    })
    const anchors = [identityOf('p256').rootCertificate, authority.rootCertificate]
    expect(await verifyPdf(signed.pdf, { anchors, at: signingTime })).toMatchObject({
      verdict: 'accepted',
      level: 'B-T',
      timestamp: { time: '2026-09-09T02:00:00.000Z', authority: 'CN=Test TSA' },
    })
  })

  test('keeps its worth after the certificate has expired', async () => {
    await using authority = await startAuthority()
    const { pdf } = await sign(tinyPdf(), { timestamper: rfc3161Timestamper({ url: authority.url }) })
    const anchors = [identityOf('p256').rootCertificate, authority.rootCertificate]
    const at = instant('2035-01-01T00:00:00Z')
    expect((await verifyPdf(pdf, { anchors, at })).verdict).toBe('accepted')
    const [own = '', ...timestampAnchors] = anchors
    expect((await verifyPdf(pdf, { anchors: [own], timestampAnchors, at })).verdict).toBe('accepted')
  })

  test('is not accepted where nobody given vouches for the authority', async () => {
    await using authority = await startAuthority()
    const { pdf } = await sign(tinyPdf(), { timestamper: rfc3161Timestamper({ url: authority.url }) })
    const verdict = await verifyPdf(pdf, { anchors: [identityOf('p256').rootCertificate], at: signingTime })
    expect(verdict.verdict).toBe('intact-signer-unproven')
    expect(verdict.reasons.map(({ code }) => code)).toEqual(['timestamp-not-trusted'])
  })

  test('is refused where the certificate was not yet valid at the time that the authority states', async () => {
    await using authority = await startAuthority({ time: new Date('2025-12-31T00:00:00Z'), usage: 'time-stamping' })
    const signed = await sign(tinyPdf(), { timestamper: rfc3161Timestamper({ url: authority.url }) })
    // The authority's own certificate begins in 2026, so that its token does not hold.
    expect(signed).toMatchObject({ level: 'B-B', timestampError: { code: 'AFD_TIMESTAMP_TOKEN' } })
  })

  test('is signed without a timestamp where the authority is out of order, and says so', async () => {
    const timestamper = rfc3161Timestamper({ url: 'http://127.0.0.1:1/tsa', attempts: 1 })
    const signed = await sign(tinyPdf(), { timestamper })
    expect(signed).toMatchObject({
      level: 'B-B',
      timestamp: null,
      timestampError: { code: 'AFD_TIMESTAMP_UNREACHABLE' },
    })
    const anchors = [identityOf('p256').rootCertificate]
    expect(await verifyPdf(signed.pdf, { anchors, at: signingTime })).toMatchObject({
      verdict: 'accepted',
      level: 'B-B',
    })
  })

  test('is signed without a timestamp where the authority talks nonsense', async () => {
    const server = createServer((_, response) => response.end('hello'))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const signed = await sign(tinyPdf(), { timestamper: rfc3161Timestamper({ url }) })
    await new Promise((done) => server.close(done))
    expect(signed).toMatchObject({ level: 'B-B', timestampError: { code: 'AFD_TIMESTAMP_REFUSED' } })
  })

  test('is refused with any byte of its timestamp changed', async () => {
    await using authority = await startAuthority({ stray: true })
    const { pdf } = await sign(tinyPdf(), { timestamper: rfc3161Timestamper({ url: authority.url }) })
    const anchors = [identityOf('p256').rootCertificate, authority.rootCertificate]
    const text = Buffer.from(pdf).toString('latin1')
    const [start, end] = [text.indexOf('/Contents <') + 11, text.search(/0{2000,}>/)]
    for (let at = start; at < end; at += 23) {
      const digit = text[at] === 'A' ? 'B' : 'A'
      const { verdict } = await verifyPdf(withByte(pdf, at, digit.charCodeAt(0)), { anchors, at: signingTime })
      expect(verdict, `byte ${at}`).toBe('refused')
    }
  })
})
