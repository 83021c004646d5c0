import { describe, expect, test } from 'vitest'
import { readCertificate } from '../../../../src/signing/cms/certificate.ts'
import { buildPath, type Path } from '../../../../src/signing/cms/path.ts'
import { stampRevocation } from '../../../../src/signing/cms/stamp-revocation.ts'
import { authority, type Entry } from '../../../helpers/revocation.ts'
import { issue } from '../../../helpers/tls-certificates.ts'

const root = issue({ commonName: 'Root of times', authority: true, days: 3_650 })
const tsa = issue({ commonName: 'Times', issuer: root, names: [], usage: ['1.3.6.1.5.5.7.3.8'], usageCritical: true })
const other = issue({ commonName: 'Another root', authority: true, days: 3_650 })
const [revoked, day] = [new Date(Math.floor(Date.now() / 1000) * 1000 - 3_600_000), 86_400_000]
const [before, after] = [revoked.getTime() - 60_000, revoked.getTime() + 60_000]

function pathOf(anchor = root.der): Promise<Path> {
  return buildPath(readCertificate(tsa.der), [readCertificate(root.der)], [readCertificate(anchor)])
}

/** What OpenSSL says of the authority: a list and a response. */
function told(revocation?: Entry['revoked']) {
  using books = authority(root, [revocation ? { certificate: tsa, revoked: revocation } : { certificate: tsa }])
  return { crl: books.crl(), ocsp: books.respond(books.request(tsa)) }
}

const judge = async (revocation: Entry['revoked'], time: number) => {
  const { crl, ocsp } = told(revocation)
  const path = await pathOf()
  const [list, response] = [
    await stampRevocation(path, { crls: [crl], ocsps: [] }, time),
    await stampRevocation(path, { crls: [], ocsps: [ocsp] }, time),
  ]
  expect(response).toEqual(list)
  return list
}

describe('an authority’s certificate that was revoked', () => {
  test.each(['affiliationChanged', 'superseded', 'cessationOfOperation'])(
    'for %s leaves the stamps good that were made before, and no others',
    async (reason) => {
      const found = { status: 'revoked', since: revoked.toISOString(), reason, certificate: 'CN=Times' }
      expect(await judge({ at: revoked, reason }, before)).toEqual({ ...found, voids: false })
      expect(await judge({ at: revoked, reason }, after)).toEqual({ ...found, voids: true })
    },
  )

  test.each([
    ['the theft of its key', 'keyCompromise'],
    ['the theft of its own authority’s key', 'CACompromise'],
    ['no reason that is told', undefined],
  ])('for %s takes all stamps with it', async (_, reason) => {
    const why = reason === undefined ? { at: revoked } : { at: revoked, reason }
    expect(await judge(why, before)).toMatchObject({ status: 'revoked', voids: true })
    expect(await judge(why, after)).toMatchObject({ status: 'revoked', voids: true })
  })

  test('is one of which the worst is believed where lists differ', async () => {
    const lists = [told({ at: revoked, reason: 'superseded' }), told({ at: revoked, reason: 'keyCompromise' }), told()]
    const data = { crls: lists.map(({ crl }) => crl), ocsps: [] }
    expect(await stampRevocation(await pathOf(), data, before)).toMatchObject({ reason: 'keyCompromise', voids: true })
  })
})

test('a list or response that is good for the stamp’s time says so, with its date', async () => {
  const { crl, ocsp } = told()
  const good = await stampRevocation(await pathOf(), { crls: [crl], ocsps: [] }, Date.now())
  expect(good).toMatchObject({ status: 'good', source: 'crl' })
  const answered = await stampRevocation(await pathOf(), { crls: [], ocsps: [ocsp] }, Date.now())
  expect(answered).toMatchObject({ status: 'good', source: 'ocsp' })
})

test('data that had run out before the stamp was made, that others issued, or that are none leave it open', async () => {
  const path = await pathOf()
  using strangers = authority(other, [])
  const lists = [told().crl, strangers.crl(), Buffer.from('no list')]
  for (const [crls, time] of [
    [lists.slice(0, 1), Date.now() + 30 * day],
    [lists.slice(1), Date.now()],
    [[], Date.now()],
  ] as const) {
    const found = await stampRevocation(path, { crls, ocsps: [] }, time)
    expect(found).toMatchObject({ status: 'unknown', certificate: 'CN=Times' })
  }
})

test('nobody revokes the very certificate that the reader trusts', async () => {
  const { crl } = told({ at: revoked, reason: 'keyCompromise' })
  expect(await stampRevocation(await pathOf(tsa.der), { crls: [crl], ocsps: [] }, after)).toEqual({
    status: 'irrevocable',
  })
})
