import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, createServer } from 'node:tls'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { judgeCrl } from '../../collectors/tls/certificate/crl.ts'
import { readInside } from '../../collectors/tls/certificate/der.ts'
import { judgeOcsp, ocspRequest } from '../../collectors/tls/certificate/ocsp.ts'
import { readAnswers } from '../../collectors/tls/certificate/online.ts'
import { type Certificate, parseCertificate } from '../../collectors/tls/certificate/parse.ts'
import { certificatesOfPem, trustStore } from '../../collectors/tls/certificate/trust.ts'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { replay } from '../../collectors/tls/replay.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { type Instant, instant, later } from '../../src/model/time.ts'
import { crlAt, mustStaple, ocspAt } from '../helpers/certificate-extensions.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { authority, type Entry, responder } from '../helpers/revocation.ts'
import { type Issued, issue } from '../helpers/tls-certificates.ts'
import { tlsServer } from '../helpers/tls-servers.ts'
import { transcriptOf } from '../helpers/tls-transcript.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-revocation-'))
afterAll(() => rmSync(folder, { recursive: true }))

const root = issue({ commonName: 'Own Root', authority: true, key: 'RSA-2048', days: 3_650 })
const good = issue({ issuer: root, key: 'P-256', more: [mustStaple] })
const revoked = issue({ issuer: root })
const stranger = issue({ issuer: root })
const delegate = issue({ commonName: 'Responder', issuer: root, usage: ['1.3.6.1.5.5.7.3.9'], names: [] })
const when = new Date('2026-10-01T12:00:00Z')
const entries: readonly Entry[] = [
  { certificate: good },
  { certificate: revoked, revoked: { at: when, reason: 'keyCompromise' } },
]
writeFileSync(join(folder, 'root.pem'), root.pem)

const now = (): Instant => instant(new Date())
const dayMs = 86_400_000

function parsed({ der }: Issued): Certificate {
  const certificate = parseCertificate(der)
  if ('problem' in certificate) throw new Error(certificate.problem)
  return certificate
}

const judge = (response: Uint8Array, of: Issued = good, at = now(), issuer: Issued | undefined = root) =>
  judgeOcsp(response, parsed(of), issuer && parsed(issuer), at)

describe('an OCSP response of OpenSSL', () => {
  using book = authority(root, entries)
  const request = ocspRequest(parsed(good), parsed(root))
  const response = book.respond(request)

  test('is asked for with the bytes that OpenSSL itself would send', () => {
    using own = authority(root, entries)
    expect(Buffer.from(request).toString('hex')).toBe(Buffer.from(own.request(good)).toString('hex'))
  })

  test('says good with its dates and its signer', () => {
    expect(judge(response)).toMatchObject({ status: 'good', reason: null, responder: 'CN=Own Root', revokedAt: null })
    const { thisUpdate, nextUpdate } = judge(response)
    expect(Date.parse(nextUpdate ?? '') - Date.parse(thisUpdate ?? '')).toBe(7 * dayMs)
  })

  test('says since when and why a certificate is revoked', () => {
    using own = authority(root, entries)
    const answer = own.respond(ocspRequest(parsed(revoked), parsed(root)))
    expect(judge(answer, revoked)).toMatchObject({
      status: 'revoked',
      reason: 'keyCompromise',
      revokedAt: '2026-10-01T12:00:00.000Z',
    })
  })

  test('says unknown of one that is not in its book', () => {
    using own = authority(root, entries)
    const answer = own.respond(ocspRequest(parsed(stranger), parsed(root)))
    expect(judge(answer, stranger)).toMatchObject({ status: 'unknown' })
  })

  test('may be signed by whom the issuer appointed, and by nobody else', () => {
    using own = authority(root, entries)
    const by = (signer: Issued) => judge(own.respond(request, { signer }))
    expect(by(delegate)).toMatchObject({ status: 'good', responder: 'CN=Responder' })
    expect(by(good)).toMatchObject({ status: 'invalid' })
    const pretender = issue({ commonName: 'Pretender', usage: ['1.3.6.1.5.5.7.3.9'], names: [] })
    expect(by(pretender)).toMatchObject({ status: 'invalid' })
    const namesake = issue({ commonName: 'Own Root', authority: true, key: 'RSA-2048' })
    expect(by(namesake)).toMatchObject({ status: 'invalid' })
  })

  test('proves nothing about another certificate, before its time, or after it', () => {
    expect(judge(response, revoked)).toMatchObject({ status: 'invalid' })
    expect(judge(response, good, later(now(), 8 * dayMs))).toMatchObject({ status: 'invalid' })
    expect(judge(response, good, later(now(), -dayMs))).toMatchObject({ status: 'invalid' })
  })

  test('that does not say until when it counts is good for ten days, and tells of a revocation for ever', () => {
    using own = authority(root, entries)
    const undated = own.respond(request, { args: [] })
    expect(judge(undated)).toMatchObject({ status: 'good', nextUpdate: null })
    expect(judge(undated, good, later(now(), 9 * dayMs))).toMatchObject({ status: 'good' })
    expect(judge(undated, good, later(now(), 11 * dayMs))).toMatchObject({ status: 'undetermined' })
    const gone = own.respond(ocspRequest(parsed(revoked), parsed(root)), { args: [] })
    expect(judge(gone, revoked, later(now(), 400 * dayMs))).toMatchObject({ status: 'revoked' })
  })

  test('cannot be checked without the issuer', () => {
    expect(judgeOcsp(response, parsed(good), undefined, now())).toMatchObject({ status: 'undetermined' })
  })

  test('that is an error is invalid, with what it says', () => {
    expect(judge(Uint8Array.of(0x30, 3, 10, 1, 3))).toMatchObject({
      status: 'invalid',
      reason: expect.stringContaining('tryLater'),
    })
  })

  test('with any damage never says good or revoked of itself, and never throws', () => {
    const certificate = parsed(good)
    const issuer = parsed(root)
    const at = now()
    fc.assert(
      fc.property(fc.nat(response.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const damaged = Uint8Array.from(response)
        damaged[place] = (damaged[place] ?? 0) ^ change
        const { status } = judgeOcsp(damaged, certificate, issuer, at)
        // Bytes outside what is signed, such as the tag of a wrapper, may change.
        if (status === 'good') expect(isSigned(response, place)).toBe(false)
        else expect(['invalid', 'undetermined']).toContain(status)
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(['invalid', 'undetermined']).toContain(judgeOcsp(bytes, certificate, issuer, at).status)
      }),
    )
  })
})

describe('a CRL of OpenSSL', () => {
  using book = authority(root, entries)
  const crl = book.crl()
  const look = (of: Issued, at = now(), issuer = root) => judgeCrl(crl, parsed(of), parsed(issuer), at)

  test('tells who is revoked, since when and why', () => {
    expect(look(revoked)).toMatchObject({
      status: 'revoked',
      reason: 'keyCompromise',
      revokedAt: '2026-10-01T12:00:00.000Z',
      responder: 'CN=Own Root',
    })
    expect(look(good)).toMatchObject({ status: 'good', reason: null })
  })

  test('proves nothing after its time, before it, or with another signature', () => {
    expect(look(good, later(now(), 8 * dayMs))).toMatchObject({ status: 'invalid' })
    expect(look(good, later(now(), -dayMs))).toMatchObject({ status: 'invalid' })
    const namesake = issue({ commonName: 'Own Root', authority: true, key: 'RSA-2048' })
    expect(look(good, now(), namesake)).toMatchObject({ status: 'invalid' })
  })

  test('of another issuer says nothing', () => {
    const other = issue({ commonName: 'Other Root', authority: true })
    expect(look(issue({ issuer: other }), now(), other)).toMatchObject({ status: 'undetermined' })
  })

  test('with any damage is refused or read, and never throws', () => {
    const certificate = parsed(good)
    const issuer = parsed(root)
    fc.assert(
      fc.property(fc.nat(crl.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const damaged = Uint8Array.from(crl)
        damaged[place] = (damaged[place] ?? 0) ^ change
        const { status } = judgeCrl(damaged, certificate, issuer, now())
        if (status === 'good') expect(isSigned(crl, place)).toBe(false)
        else expect(['invalid', 'undetermined']).toContain(status)
      }),
      { numRuns: 200 },
    )
  })
})

/** Whether a byte belongs to what was signed of a CRL or an OCSP response. */
function isSigned(bytes: Uint8Array, place: number): boolean {
  const outer = bytes[4] === 0x30 ? bytes : basicOf(bytes)
  const signed = readInside(outer, 0x30)[0]?.raw ?? new Uint8Array()
  const start = Buffer.from(bytes).indexOf(signed)
  return place >= start && place < start + signed.length
}

/** The BasicOCSPResponse within an OCSPResponse. */
function basicOf(response: Uint8Array): Uint8Array {
  const [, wrapper] = readInside(response, 0x30)
  const [, basic] = readInside(wrapper?.content ?? new Uint8Array(), 0x30)
  return basic?.content ?? new Uint8Array()
}

/** A TLS server that staples what it is given. */
async function stapling(certificate: Issued, response: Uint8Array | null, versions: object = {}) {
  const server = createServer({ cert: certificate.pem, key: certificate.keyPem, ...versions })
  server.on('OCSPRequest', (_certificate, _issuer, callback) => callback(null, response && Buffer.from(response)))
  server.on('tlsClientError', () => undefined)
  server.on('secureConnection', (socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}

const trust = [join(folder, 'root.pem')]
const look = (port: number, over: object = {}) => collectFrom(tlsCollector, { host: 'localhost', port, trust, ...over })
const certificateOf = (collection: Collection) => observed(collection, 'tls.certificate')[0]?.facts

describe('a server that staples', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('a good response in %s is read and checked', async (only) => {
    using book = authority(root, entries)
    const response = book.respond(ocspRequest(parsed(good), parsed(root)))
    await using server = await stapling(good, response, { minVersion: only, maxVersion: only })
    expect(certificateOf(await look(server.port))).toMatchObject({
      ocspStapling: 'good',
      ocspStaplingReason: null,
      ocspResponder: 'CN=Own Root',
      revocation: 'good',
      revocationSource: 'stapled',
      mustStaple: 'yes',
      problems: [],
    })
  })

  test('its own revocation is told as the problem that it is', async () => {
    using book = authority(root, entries)
    await using server = await stapling(revoked, book.respond(ocspRequest(parsed(revoked), parsed(root))))
    expect(certificateOf(await look(server.port))).toMatchObject({
      ocspStapling: 'revoked',
      revocation: 'revoked',
      revocationReason: 'keyCompromise',
      revokedAt: '2026-10-01T12:00:00.000Z',
      problems: ['revoked'],
    })
  })

  test('a response about another certificate proves nothing', async () => {
    using book = authority(root, entries)
    await using server = await stapling(good, book.respond(ocspRequest(parsed(revoked), parsed(root))))
    expect(certificateOf(await look(server.port))).toMatchObject({
      ocspStapling: 'invalid',
      revocation: 'undetermined',
      problems: [],
    })
  })

  test('nothing is told as none', async () => {
    await using server = await stapling(good, null)
    expect(certificateOf(await look(server.port))).toMatchObject({ ocspStapling: 'none', revocation: 'undetermined' })
  })

  test('only from the second time on is asked a second time', async () => {
    using book = authority(root, entries)
    const slow = issue({ issuer: root, more: [ocspAt('http://127.0.0.1:9/')] })
    using own = authority(root, [{ certificate: slow }])
    const response = own.respond(book.request(slow))
    let asked = 0
    const server = createServer({ cert: slow.pem, key: slow.keyPem })
    server.on('OCSPRequest', (_c, _i, callback) => {
      asked += 1
      callback(null, asked > 2 ? Buffer.from(response) : null)
    })
    server.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const collection = await look(typeof address === 'object' && address ? address.port : 0)
    server.close()
    expect(certificateOf(collection)).toMatchObject({ ocspStapling: 'good' })
  })
})

describe('revocation online', () => {
  test('is left alone unless the target asks for it', async () => {
    await using asked = await responder(() => 500)
    const leaf = issue({ issuer: root, more: [ocspAt(asked.url)] })
    await using server = await tlsServer({ cert: leaf.pem, key: leaf.keyPem })
    const collection = await look(server.port, { revocationSources: [asked.url] })
    expect(certificateOf(collection)).toMatchObject({ revocation: 'undetermined', revocationSource: null })
    expect(asked.asked).toEqual([])
  })

  test('asks the responder by OCSP, keeps its answer, and the answer leads to the same facts again', async () => {
    const made: { book?: ReturnType<typeof authority> } = {}
    await using asked = await responder((_, body) => made.book?.respond(body) ?? 500)
    const leaf = issue({ issuer: root, more: [ocspAt(`${asked.url}/ocsp`), crlAt(`${asked.url}/root.crl`)] })
    using book = authority(root, [{ certificate: leaf, revoked: { at: when } }])
    made.book = book
    await using server = await tlsServer({ cert: leaf.pem, key: leaf.keyPem })
    const collection = await look(server.port, { revocation: 'online', revocationSources: [asked.url] })
    expect(asked.asked).toEqual(['POST /ocsp'])
    expect(certificateOf(collection)).toMatchObject({
      ocspStapling: 'none',
      revocation: 'revoked',
      revocationSource: 'ocsp',
      revokedAt: '2026-10-01T12:00:00.000Z',
      problems: ['revoked'],
    })
    const kept = collection.artefacts.find(({ name }) => name === 'tls-revocation.json')
    const answers = readAnswers(Buffer.from(kept?.bytes ?? []).toString())
    const at = observed(collection, 'tls.certificate')[0]?.collected ?? now()
    const anchors = trustStore(certificatesOfPem(root.pem))
    const again = replay(transcriptOf(collection), { host: 'localhost', at, anchors, anchorsMissing: null, answers })
    expect(again.find(({ kind }) => kind === 'tls.certificate')?.facts).toEqual(certificateOf(collection))
    expect(observed(collection, 'tls.certificate')[0]?.evidence).toContain('tls-revocation.json')
  })

  test('falls back to the CRL where the responder fails', async () => {
    const made: { crl?: Uint8Array } = {}
    await using asked = await responder((path) => (path === '/root.crl' ? (made.crl ?? 500) : 503))
    const leaf = issue({ issuer: root, more: [ocspAt(`${asked.url}/ocsp`), crlAt(`${asked.url}/root.crl`)] })
    using book = authority(root, [{ certificate: leaf }])
    made.crl = book.crl()
    await using server = await tlsServer({ cert: leaf.pem, key: leaf.keyPem })
    const collection = await look(server.port, { revocation: 'online', revocationSources: [asked.url] })
    expect(asked.asked).toEqual(['POST /ocsp', 'GET /root.crl'])
    expect(certificateOf(collection)).toMatchObject({ revocation: 'good', revocationSource: 'crl' })
  })

  test('never leaves the hosts that the target names, and says what it left out', async () => {
    await using asked = await responder(() => 200)
    const leaf = issue({ issuer: root, more: [ocspAt(asked.url)] })
    await using server = await tlsServer({ cert: leaf.pem, key: leaf.keyPem })
    const collection = await look(server.port, {
      revocation: 'online',
      revocationSources: ['http://ocsp.example.test/'],
    })
    expect(asked.asked).toEqual([])
    expect(collection.failure).toBeNull()
    expect(collection.leftOut).toContainEqual({
      probe: 'revocation of localhost',
      reason: expect.stringContaining(asked.url),
    })
    expect(certificateOf(collection)).toMatchObject({ revocation: 'undetermined' })
  })

  test('a responder that is down or talks nonsense leaves it open and fails nothing', async () => {
    await using asked = await responder(() => Buffer.from('nonsense'))
    for (const url of ['http://127.0.0.1:9', asked.url]) {
      const leaf = issue({ issuer: root, more: [ocspAt(url)] })
      await using server = await tlsServer({ cert: leaf.pem, key: leaf.keyPem })
      const collection = await look(server.port, { revocation: 'online', revocationSources: [url] })
      expect(collection.failure).toBeNull()
      expect(certificateOf(collection)).toMatchObject({
        revocation: 'undetermined',
        revocationSource: null,
        problems: [],
      })
    }
  })
})

describe('a default host', () => {
  const named = issue({ issuer: root, names: ['api.test'], commonName: 'named' })
  const fallback = issue({ commonName: 'fallback', names: ['default.test'] })

  test('with another certificate is told apart from what clients get that name the host', async () => {
    await using server = await tlsServer({
      cert: fallback.pem,
      key: fallback.keyPem,
      SNICallback: (_name, callback) => callback(null, createSecureContext({ cert: named.pem, key: named.keyPem })),
    })
    const collection = await look(server.port, { host: '127.0.0.1', serverName: 'api.test' })
    const seen = observed(collection, 'tls.certificate').map(({ facts }) => [facts.commonName, facts.sni, facts.role])
    expect(seen.toSorted()).toEqual([
      ['fallback', 'without', 'default'],
      ['named', 'with', 'served'],
    ])
  })

  test('with the same certificate is one chain, and without a name to send there is no other', async () => {
    await using server = await tlsServer({ cert: named.pem, key: named.keyPem })
    const same = await look(server.port, { host: '127.0.0.1', serverName: 'api.test' })
    expect(observed(same, 'tls.certificate').map(({ facts }) => [facts.sni, facts.role])).toEqual([['with', 'served']])
    const nameless = await look(server.port, { host: '127.0.0.1' })
    expect(observed(nameless, 'tls.certificate').map(({ facts }) => [facts.sni, facts.role])).toEqual([
      ['without', 'served'],
    ])
  })
})
