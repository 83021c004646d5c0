import { sign } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { readCertificate } from '../../../../src/signing/cms/certificate.ts'
import { judgeLongTerm, type LongTermQuestion, type Stamp } from '../../../../src/signing/cms/long-term.ts'
import { buildPath, type Path } from '../../../../src/signing/cms/path.ts'
import { der, type Issued, issue, oid } from '../../../helpers/tls-certificates.ts'

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`)
const yearDays = 365

const from = (text: string, years: number) => ({ notBefore: new Date(day(text)), days: years * yearDays, names: [] })
const root = issue({ commonName: 'Signers', authority: true, ...from('2026-01-01', 30) })
const signer = issue({ commonName: 'Signer', issuer: root, ...from('2026-01-01', 2) })
const times = issue({ commonName: 'Times', authority: true, ...from('2026-01-01', 30) })
const firstTsa = issue({ commonName: 'TSA 2026', issuer: times, ...from('2026-01-01', 3) })
const secondTsa = issue({ commonName: 'TSA 2028', issuer: times, ...from('2028-06-01', 10) })

const read = ({ der: bytes }: Issued) => readCertificate(Uint8Array.from(bytes))
const utc = (ms: number): Buffer =>
  der(
    0x17,
    Buffer.from(
      new Date(ms)
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(2),
    ),
  )

type Revoked = { readonly certificate: Issued; readonly at: string; readonly reason?: number | null }

/** A CRL of an authority, made on a day and good for a week. */
function crl(issuer: Issued, made: string, ...revoked: readonly Revoked[]): Uint8Array {
  const algorithm = der(0x30, oid('1.2.840.10045.4.3.2'))
  const entries = revoked.map(({ certificate, at, reason = 1 }) => {
    const why = der(0x30, der(0x30, oid('2.5.29.21'), der(4, der(0x0a, [reason ?? 0]))))
    return der(0x30, read(certificate).serial.bytes, utc(day(at)), ...(reason === null ? [] : [why]))
  })
  const tbs = der(
    0x30,
    der(2, [1]),
    algorithm,
    issuer.subject,
    utc(day(made)),
    utc(day(made) + 7 * 86_400_000),
    ...(entries.length > 0 ? [der(0x30, ...entries)] : []),
  )
  return Uint8Array.from(der(0x30, tbs, algorithm, der(3, [0], sign('sha256', tbs, issuer.privateKey))))
}

let path: { readonly [name in 'signer' | 'first' | 'second']: Path }
beforeAll(async () => {
  const to = (leaf: Issued, anchor: Issued) => buildPath(read(leaf), [], [read(anchor)])
  path = { signer: await to(signer, root), first: await to(firstTsa, times), second: await to(secondTsa, times) }
})

const signed = '2026-09-09'
const signatureStamp = (): Stamp => ({ time: day(signed), path: path.first })
const whole = [crl(root, signed), crl(times, signed)]

/** The answer for a report that was signed and timestamped on that day. */
function judge(given: Partial<Omit<LongTermQuestion, 'at' | 'data'>> & { at: string; crls?: readonly Uint8Array[] }) {
  const { at, crls = [], documentStamps = [], ...rest } = given
  const data = { ocsps: [], crls }
  const archived = documentStamps.length > 0 ? data : null
  const question = { signer: path.signer, signatureStamp: signatureStamp(), documentStamps, archived, ...rest }
  return judgeLongTerm({ ...question, data, at: day(at) })
}

describe('the level', () => {
  test('is B-B without a timestamp and B-T with one, and what is not known is named', async () => {
    expect(await judge({ at: signed, signatureStamp: null })).toMatchObject({ level: 'B-B', verdict: 'holds' })
    const { level, verdict, standings } = await judge({ at: '2027-01-01' })
    expect({ level, verdict }).toEqual({ level: 'B-T', verdict: 'holds' })
    expect(standings.map(({ status }) => status)).toEqual(['unknown', 'unknown'])
  })

  test('is B-LT once the standing of every certificate is known, and B-LTA with a timestamp over that', async () => {
    expect(await judge({ at: '2027-01-01', crls: whole.slice(0, 1) })).toMatchObject({ level: 'B-T' })
    expect(await judge({ at: '2027-01-01', crls: whole })).toMatchObject({ level: 'B-LT', verdict: 'holds' })
    const documentStamps = [{ time: day('2027-01-02'), path: path.first }]
    expect(await judge({ at: '2027-01-03', crls: whole, documentStamps })).toMatchObject({
      level: 'B-LTA',
      verdict: 'holds',
    })
  })

  test('is B-LT only where a timestamp over the document does not cover the data', async () => {
    const documentStamps = [{ time: day('2027-01-02'), path: path.first }]
    const archived = { ocsps: [], crls: whole.slice(0, 1) }
    for (const covered of [archived, null]) {
      const answer = await judge({ at: '2027-01-03', crls: whole, documentStamps, archived: covered })
      expect(answer).toMatchObject({ level: 'B-LT', verdict: 'holds' })
    }
  })

  test('is B-T where the document holds no data, whomever the reader trusts', async () => {
    const own = await buildPath(read(signer), [], [read(signer)])
    const stamp = { time: day(signed), path: await buildPath(read(firstTsa), [], [read(firstTsa)]) }
    expect(await judge({ at: signed, signer: own, signatureStamp: stamp })).toMatchObject({ level: 'B-T' })
  })

  test('is B-T with a timestamp over the document alone', async () => {
    const documentStamps = [{ time: day(signed), path: path.first }]
    expect(await judge({ at: '2027-01-01', signatureStamp: null, documentStamps })).toMatchObject({ level: 'B-T' })
  })

  test('is not raised by data that end before the moment that counts', async () => {
    expect(
      await judge({ at: '2026-09-10', crls: [crl(root, '2026-08-01'), whole[1] ?? new Uint8Array()] }),
    ).toMatchObject({
      level: 'B-T',
      verdict: 'holds',
    })
  })
})

describe('ten years later', () => {
  const at = '2036-09-09'

  test('a timestamp whose certificate has expired shows nothing any more', async () => {
    expect(await judge({ at })).toMatchObject({ verdict: 'undetermined', problems: [{ code: 'timestamp-outlived' }] })
    expect(await judge({ at, crls: whole })).toMatchObject({ verdict: 'undetermined' })
  })

  test('a chain of timestamps, each made while the one before was good, still does', async () => {
    const documentStamps = [
      { time: day('2026-09-10'), path: path.first },
      { time: day('2028-12-01'), path: path.second },
    ]
    const crls = [...whole, crl(times, '2026-09-10'), crl(times, '2028-12-01')]
    expect(await judge({ at, crls, documentStamps })).toMatchObject({ level: 'B-LTA', verdict: 'holds', problems: [] })
  })

  test('a link that was made too late breaks it', async () => {
    const documentStamps = [
      { time: day('2026-09-10'), path: path.first },
      { time: day('2029-06-01'), path: path.second },
    ]
    expect(await judge({ at, crls: whole, documentStamps })).toMatchObject({
      verdict: 'undetermined',
      problems: [{ code: 'timestamp-outlived' }],
    })
  })
})

describe('a certificate that was revoked', () => {
  const revokedAt = (at: string) => [crl(root, '2026-10-01', { certificate: signer, at }), ...whole.slice(1)]

  test('before the time of signing refuses the report', async () => {
    expect(await judge({ at: '2026-11-01', crls: revokedAt('2026-09-08') })).toMatchObject({
      verdict: 'refused',
      problems: [{ code: 'certificate-revoked' }],
    })
  })

  test('after it does not', async () => {
    expect(await judge({ at: '2026-09-10', crls: revokedAt('2026-09-10') })).toMatchObject({
      level: 'B-LT',
      verdict: 'holds',
    })
  })

  const authority = (at: string, reason: number | null) => [
    crl(root, signed),
    crl(times, '2026-11-01', { certificate: firstTsa, at, reason }),
  ]
  test.each([
    ['because its key was stolen, takes its timestamps with it', '2026-10-01', 1, 'refused'],
    ['for no reason that is told, does so too', '2026-10-01', null, 'refused'],
    ['for a reason that it calls unspecified, leaves its earlier timestamps good', '2026-10-01', 0, 'holds'],
    ['because it closed down, leaves its earlier timestamps good', '2026-10-01', 5, 'holds'],
    ['because it had closed down, made no more of them', '2026-09-01', 5, 'refused'],
  ])('of a time-stamp authority %s', async (_, at, reason, verdict) => {
    expect(await judge({ at: '2026-11-02', crls: authority(at, reason) })).toMatchObject({ verdict })
  })

  test('of a time-stamp authority leaves what a later timestamp shows to be older', async () => {
    const documentStamps = [{ time: day('2026-09-20'), path: path.second }]
    expect(await judge({ at: '2026-11-02', crls: authority('2026-10-01', 1), documentStamps })).toMatchObject({
      verdict: 'holds',
    })
  })
})

test('a timestamp over a report that says that it is older than the report’s own is refused', async () => {
  const documentStamps = [{ time: day('2026-09-01'), path: path.first }]
  expect(await judge({ at: '2026-11-02', documentStamps })).toMatchObject({
    verdict: 'refused',
    problems: [{ code: 'timestamp-order' }],
  })
})
