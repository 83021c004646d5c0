import { execFileSync } from 'node:child_process'
import { createHash, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Certificate, readCertificate } from '../../src/signing/cms/certificate.ts'
import { readCrl } from '../../src/signing/cms/crl.ts'
import { readOcsp, writeOcspRequest } from '../../src/signing/cms/ocsp.ts'
import { buildPath } from '../../src/signing/cms/path.ts'
import { RevocationError, revocationSources } from '../../src/signing/cms/revocation.ts'
import { revocationAt } from '../../src/signing/cms/revocation-status.ts'
import { type AskRevocation, collectValidationData } from '../../src/signing/cms/validation-data.ts'
import { crlAt, ocspAt } from '../helpers/certificate-extensions.ts'
import { authority, type Entry } from '../helpers/revocation.ts'
import { der, type Issued, issue, oid } from '../helpers/tls-certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-validation-data-'))
afterAll(() => rmSync(folder, { recursive: true }))

const dayMs = 86_400_000
const noCheck = ['1.3.6.1.5.5.7.48.1.5', der(5)] as const
const appointed = { usage: ['1.3.6.1.5.5.7.3.9'], names: [], more: [noCheck] }
const sources = [ocspAt('http://ocsp.example/'), crlAt('http://crl.example/own.crl')]

const root = issue({ commonName: 'Own Root', authority: true, key: 'RSA-2048', days: 3_650 })
const other = issue({ commonName: 'Own Root', authority: true, key: 'RSA-2048', days: 3_650 })
const good = issue({ commonName: 'Good', issuer: root, names: [], more: sources })
const revoked = issue({ commonName: 'Revoked', issuer: root, names: [], more: sources })
const stranger = issue({ commonName: 'Stranger', issuer: root, names: [], more: sources })
const bare = issue({ commonName: 'Bare', issuer: root, names: [] })
const delegate = issue({ commonName: 'Responder', issuer: root, ...appointed })
const when = new Date(Math.floor(Date.now() / 1000) * 1000 - 20 * 60_000)
const entries: readonly Entry[] = [
  { certificate: good },
  { certificate: revoked, revoked: { at: when, reason: 'keyCompromise' } },
]
const book = authority(root, entries)
afterAll(() => book[Symbol.dispose]())

const read = ({ der: bytes }: Issued): Certificate => readCertificate(new Uint8Array(bytes))
const bytesOf = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes)
const respond = (about: Issued, options: Parameters<typeof book.respond>[1] = {}): Uint8Array =>
  bytesOf(book.respond(writeOcspRequest(read(about), read(root)), options))

/** The message of the RevocationError; anything else is thrown on. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof RevocationError) return error.message
    throw error
  }
  return ''
}

describe('an OCSP response of OpenSSL', () => {
  test('is asked for with the bytes that OpenSSL itself would send', () => {
    const own = writeOcspRequest(read(good), read(root))
    expect(Buffer.from(own).toString('hex')).toBe(Buffer.from(book.request(good)).toString('hex'))
  })

  test.each([
    ['its issuer', root],
    ['a responder that its issuer appointed', delegate],
  ])('says what %s says of a certificate', async (_, signer) => {
    const statement = await readOcsp(respond(good, { signer }), read(good), read(root))
    expect(statement).toMatchObject({ source: 'ocsp', status: 'good', invalidSince: null, reason: null, nonce: null })
    expect(statement.responder).toEqual(read(signer))
    expect(statement.nextUpdate ?? 0).toBeGreaterThan(statement.thisUpdate + 6 * dayMs)
    expect(await readOcsp(respond(revoked, { signer }), read(revoked), read(root))).toMatchObject({
      status: 'revoked',
      reason: 'keyCompromise',
      invalidSince: when.getTime(),
    })
    expect(await readOcsp(respond(stranger, { signer }), read(stranger), read(root))).toMatchObject({
      status: 'unknown',
    })
  })

  test.each([
    ['by its key', ['-ndays', '7', '-resp_key_id']],
    ['without certificates', ['-ndays', '7', '-resp_no_certs']],
  ])('may name its issuer %s', async (_, args) => {
    expect(await readOcsp(respond(good, { args }), read(good), read(root))).toMatchObject({ status: 'good' })
  })

  test('has one form that OpenSSL still accepts, without what its signature does not determine', async () => {
    for (const signer of [root, delegate]) {
      const { canonical } = await readOcsp(respond(good, { signer }), read(good), read(root))
      expect((await readOcsp(canonical, read(good), read(root))).canonical).toEqual(canonical)
      writeFileSync(join(folder, 'canonical.der'), canonical)
      writeFileSync(join(folder, 'root.pem'), root.pem)
      writeFileSync(join(folder, 'good.pem'), good.pem)
      const args = [
        'ocsp',
        '-respin',
        'canonical.der',
        '-issuer',
        'root.pem',
        '-cert',
        'good.pem',
        '-CAfile',
        'root.pem',
      ]
      const told = execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }).toString()
      expect(told).toContain('good.pem: good')
    }
  })

  test.each([
    ['in its issuer’s form', root],
    ['with its responder’s certificate', delegate],
  ])('is refused, or not in canonical form any more, once any one byte of it is another: %s', async (_, signer) => {
    const { canonical } = await readOcsp(respond(good, { signer }), read(good), read(root))
    for (let at = 0; at < canonical.length; at++) {
      const changed = Uint8Array.from(canonical)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      const statement = await readOcsp(changed, read(good), read(root)).catch((error: unknown) => {
        if (!(error instanceof RevocationError)) throw error
        return null
      })
      if (statement) expect(statement.canonical, `byte ${at}`).not.toEqual(changed)
    }
  })

  const refused: readonly [string, Issued, string][] = [
    ['nobody appointed', issue({ commonName: 'Responder', issuer: root, names: [] }), 'did not appoint'],
    ['another authority appointed', issue({ commonName: 'Responder', issuer: other, ...appointed }), 'did not appoint'],
    [
      'could be revoked itself',
      issue({ commonName: 'Responder', issuer: root, ...appointed, more: [] }),
      'nothing says whether',
    ],
    [
      'is outdated',
      issue({ commonName: 'Responder', issuer: root, ...appointed, notBefore: new Date(0), days: 30 }),
      'could not sign',
    ],
  ]
  test.each(refused)('is refused from a responder that %s', async (_, signer, reason) => {
    expect(await refusal(readOcsp(respond(good, { signer }), read(good), read(root)))).toContain(reason)
  })

  test('is refused where it is about another certificate, or an issuer of the same name', async () => {
    expect(await refusal(readOcsp(respond(revoked), read(good), read(root)))).toContain('says nothing of')
    expect(await refusal(readOcsp(respond(good), read(good), read(other)))).toContain('says nothing of')
  })

  test('that is none but an error is told by its name', async () => {
    expect(await refusal(readOcsp(Uint8Array.of(0x30, 3, 0x0a, 1, 3), read(good), read(root)))).toContain('tryLater')
    expect(await refusal(readOcsp(new Uint8Array(), read(good), read(root)))).toContain('malformed')
  })
})

/** A CRL with parts of our choosing, signed with the key of an issuer. */
function crl(
  parts: {
    readonly entries?: readonly Uint8Array[]
    readonly extensions?: readonly Uint8Array[]
    readonly signer?: Issued
    readonly nextUpdate?: Date | null
    readonly thisUpdate?: Date
  } = {},
): Uint8Array {
  const { entries: list = [], extensions, signer = root, thisUpdate = new Date() } = parts
  const nextUpdate = parts.nextUpdate === undefined ? new Date(Date.now() + 7 * dayMs) : parts.nextUpdate
  const algorithm = der(0x30, oid('1.2.840.113549.1.1.11'), der(5))
  const tbs = der(
    0x30,
    der(2, [1]),
    algorithm,
    root.subject,
    utc(thisUpdate),
    ...(nextUpdate ? [utc(nextUpdate)] : []),
    ...(list.length > 0 ? [der(0x30, ...list)] : []),
    ...(extensions ? [der(0xa0, der(0x30, ...extensions))] : []),
  )
  return bytesOf(der(0x30, tbs, algorithm, der(3, [0], sign('sha256', tbs, signer.privateKey))))
}

const utc = (date: Date): Buffer => der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+/g, '')}`.slice(2)))
const extension = (type: string, critical: boolean, value: Uint8Array): Buffer =>
  der(0x30, oid(type), ...(critical ? [der(1, [0xff])] : []), der(4, value))
const entry = (of: Issued, at: Date, ...extensions: readonly Uint8Array[]): Buffer =>
  der(0x30, read(of).serial.bytes, utc(at), ...(extensions.length > 0 ? [der(0x30, ...extensions)] : []))
const scope = (...parts: readonly Uint8Array[]): Uint8Array => extension('2.5.29.28', true, der(0x30, ...parts))
const point = (url: string): Uint8Array => der(0xa0, der(0xa0, der(0x86, Buffer.from(url))))

describe('a CRL', () => {
  test('of OpenSSL says which certificates are revoked, since when, and why', async () => {
    const list = bytesOf(book.crl())
    expect(await readCrl(list, read(good), read(root))).toMatchObject({ source: 'crl', status: 'good' })
    expect(await readCrl(list, read(revoked), read(root))).toMatchObject({
      status: 'revoked',
      reason: 'keyCompromise',
      invalidSince: when.getTime(),
    })
  })

  test('may say since when a key was not safe, which counts', async () => {
    const since = new Date(when.getTime() - dayMs)
    const stamp = Buffer.from(`${since.toISOString().replace(/[-:T]|\.\d+/g, '')}`)
    const list = crl({ entries: [entry(good, when, extension('2.5.29.24', false, der(0x18, stamp)))] })
    expect(await readCrl(list, read(good), read(root))).toMatchObject({ invalidSince: since.getTime() })
  })

  test.each([
    ['end entities', [der(0x81, [0xff])]],
    ['a distribution point that the certificate names', [point('http://crl.example/own.crl')]],
  ])('for %s answers for such a certificate', async (_, parts) => {
    expect(await readCrl(crl({ extensions: [scope(...parts)] }), read(good), read(root))).toMatchObject({
      status: 'good',
    })
  })

  const refused: readonly [string, Uint8Array, string][] = [
    ['is another authority’s of the same name', crl({ signer: other }), 'was not signed'],
    ['lacks its end', crl({ nextUpdate: null }), 'malformed'],
    ['is for authorities', crl({ extensions: [scope(der(0x82, [0xff]))] }), 'end entities'],
    ['is for some reasons', crl({ extensions: [scope(der(0x83, [6, 0x40]))] }), 'some reasons'],
    ['is indirect', crl({ extensions: [scope(der(0x84, [0xff]))] }), 'indirect'],
    ['is for attribute certificates', crl({ extensions: [scope(der(0x85, [0xff]))] }), 'attribute certificates'],
    ['is of another distribution point', crl({ extensions: [scope(point('http://crl.example/b'))] }), 'does not name'],
    ['is a delta', crl({ extensions: [extension('2.5.29.27', true, der(2, [1]))] }), 'not understood'],
    ['has an unknown critical extension', crl({ extensions: [extension('1.2.3.4', true, der(5))] }), 'not understood'],
    [
      'has one in an entry for somebody else',
      crl({ entries: [entry(stranger, when, extension('1.2.3.4', true, der(5)))] }),
      'not understood',
    ],
    ['lists a certificate twice', crl({ entries: [entry(good, when), entry(good, when)] }), 'twice'],
    ['is no CRL at all', Uint8Array.of(0x30, 0), 'malformed'],
  ]
  test.each(refused)('that %s proves nothing', async (_, list, reason) => {
    expect(await refusal(readCrl(list, read(good), read(root)))).toContain(reason)
  })

  test('is refused once any one byte of it is another', async () => {
    const list = crl({ entries: [entry(revoked, when)] })
    for (let at = 0; at < list.length; at++) {
      const changed = Uint8Array.from(list)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      expect(await refusal(readCrl(changed, read(good), read(root))), `byte ${at}`).not.toBe('')
    }
  })
})

describe('at a moment', () => {
  const at = (certificate: Issued, data: { ocsps?: Uint8Array[]; crls?: Uint8Array[] }, moment: number) =>
    revocationAt(read(certificate), read(root), { ocsps: [], crls: [], ...data }, moment)

  test('a certificate is good until its revocation, and revoked from then on', async () => {
    const data = { ocsps: [respond(revoked)], crls: [bytesOf(book.crl())] }
    expect(await at(revoked, data, when.getTime() - 1)).toMatchObject({ status: 'good' })
    expect(await at(revoked, data, when.getTime())).toMatchObject({ status: 'revoked' })
    expect(await at(revoked, data, Date.now() + 3650 * dayMs)).toMatchObject({ status: 'revoked' })
  })

  test('a revocation counts before an older word that all was well', async () => {
    const crls = [crl({ thisUpdate: new Date(when.getTime() - dayMs) }), crl({ entries: [entry(good, when)] })]
    expect(await at(good, { crls }, Date.now())).toMatchObject({ status: 'revoked' })
  })

  test('data answer for the time before them and until their end, and for no later one', async () => {
    const crls = [crl()]
    expect(await at(good, { crls }, Date.now() - dayMs)).toMatchObject({ status: 'good' })
    expect(await at(good, { crls }, Date.now() + 6 * dayMs)).toMatchObject({ status: 'good' })
    expect(await at(good, { crls }, Date.now() + 8 * dayMs)).toMatchObject({ status: 'undetermined' })
  })

  test('a list that was made after the certificate expired may leave it out, and proves nothing', async () => {
    const expired = issue({ commonName: 'Old', issuer: root, notBefore: new Date(Date.now() - 30 * dayMs), days: 20 })
    expect(await at(expired, { crls: [crl()] }, Date.now() - 15 * dayMs)).toMatchObject({ status: 'undetermined' })
    const crls = [crl({ thisUpdate: new Date(Date.now() - 12 * dayMs) })]
    expect(await at(expired, { crls }, Date.now() - 15 * dayMs)).toMatchObject({ status: 'good' })
  })

  test('nothing is determined where there is nothing', async () => {
    expect(await at(good, {}, Date.now())).toMatchObject({ status: 'undetermined' })
  })
})

describe('validation data', () => {
  const signal = new AbortController().signal
  const collect = async (leaf: Issued, ask: AskRevocation, now = Date.now()) => {
    const path = await buildPath(read(leaf), [], [read(root)])
    return collectValidationData([path, path], { ask, now, signal })
  }
  const fromBook: AskRevocation = async ({ kind, body }) =>
    bytesOf(kind === 'ocsp' && body ? book.respond(body) : book.crl())

  test('come from the services that the certificates name', async () => {
    expect(revocationSources(read(good))).toEqual({
      ocsp: ['http://ocsp.example/'],
      crl: ['http://crl.example/own.crl'],
    })
    const asked: string[] = []
    const data = await collect(good, (question, own) => {
      asked.push(`${question.kind} ${question.url}`)
      return fromBook(question, own)
    })
    expect(asked).toEqual(['ocsp http://ocsp.example/'])
    expect(data).toMatchObject({ crls: [], revoked: [], missing: [] })
    expect(data.certificates.map((bytes) => digestOf(bytes))).toEqual([digestOf(good.der), digestOf(root.der)])
    expect(await revocationAt(read(good), read(root), data, Date.now())).toMatchObject({ status: 'good' })
  })

  test('come as a CRL where the responder fails', async () => {
    const data = await collect(good, async (question, own) => {
      if (question.kind === 'ocsp') throw new Error('no route')
      return fromBook(question, own)
    })
    expect(data).toMatchObject({ ocsps: [], missing: [] })
    expect(data.crls).toHaveLength(1)
  })

  test('tell of a certificate that is revoked', async () => {
    const { revoked: list } = await collect(revoked, fromBook)
    expect(list).toMatchObject([{ statement: { status: 'revoked', reason: 'keyCompromise' } }])
  })

  const gaps: readonly [string, Issued, AskRevocation, string, number?][] = [
    ['names no service', bare, fromBook, 'names no OCSP responder'],
    ['nobody can be asked about', good, () => Promise.reject(new Error('no route')), 'no route'],
    ['its issuer does not know', stranger, async () => respond(stranger), 'does not know it'],
    ['there are only outdated answers about', good, fromBook, 'was valid until', Date.now() + 30 * dayMs],
    ['there are only answers from the future about', good, fromBook, 'from the future', Date.now() - dayMs],
    [
      'somebody else’s answer came about',
      good,
      async () => bytesOf(book.respond(writeOcspRequest(read(good), read(root), Uint8Array.of(1, 2, 3)))),
      'answers another request',
    ],
  ]
  test.each(gaps)('lack what is said of a certificate that %s, and say why', async (_, leaf, ask, reason, now) => {
    const data = await collect(leaf, ask, now)
    expect(data.ocsps).toEqual([])
    expect(data.missing).toHaveLength(1)
    expect(data.missing[0]?.reason).toContain(reason)
  })
})

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
