import { createPrivateKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { instant } from '../../../src/model/time.ts'
import { readCertificate } from '../../../src/signing/cms/certificate.ts'
import { readCrl } from '../../../src/signing/cms/crl.ts'
import { readCrlState } from '../../../src/signing/cms/write-crl.ts'
import { makeLocalIdentity } from '../../../src/signing/keys/identity.ts'
import { makeOwnCrl, type OwnCrlOptions, readCrlFile } from '../../../src/signing/keys/own-crl.ts'
import { readCertificates } from '../../../src/signing/keys/pem.ts'

const from = instant('2026-01-01T00:00:00Z')
const at = instant('2026-05-01T00:00:00Z')
const own = makeLocalIdentity({ organisation: 'Example AG', from })
const other = makeLocalIdentity({ organisation: 'Other AG', from })
const der = (pem: string): Uint8Array => readCertificates(pem)[0] ?? new Uint8Array()
const [root, report] = [der(own.rootCertificate), der(own.reportCertificate)]
const key = createPrivateKey(own.rootKey)

const next = (options: Partial<OwnCrlOptions> = {}): string =>
  makeOwnCrl({ authority: root, key, previous: own.rootCrl, from: at, ...options })
const saysOf = (list: string) => readCrl(readCrlFile(list), readCertificate(report), readCertificate(root))
const codeOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

test('the list that comes with a new authority says that its certificates are good, for a year', async () => {
  expect(await saysOf(own.rootCrl)).toMatchObject({
    status: 'good',
    thisUpdate: Date.parse('2026-01-01T00:00:00Z'),
    nextUpdate: Date.parse('2027-01-02T00:00:00Z'),
  })
})

test('a certificate that is revoked stays so on every later list, and each list has the next number', async () => {
  const second = next({ revoke: { certificate: report, at, reason: 'keyCompromise' } })
  const third = next({ previous: second, from: instant('2026-06-01T00:00:00Z') })
  for (const list of [second, third]) {
    expect(await saysOf(list)).toMatchObject({
      status: 'revoked',
      reason: 'keyCompromise',
      invalidSince: Date.parse(at),
    })
  }
  expect([own.rootCrl, second, third].map((list) => readCrlState(readCrlFile(list)).number)).toEqual([1, 2, 3])
  expect(codeOf(() => next({ previous: second, revoke: { certificate: report, at, reason: 'superseded' } }))).toBe(
    'AFD_CRL_TWICE',
  )
})

test('a list is made by the authority alone, of its own certificates', () => {
  expect(codeOf(() => next({ key: createPrivateKey(other.rootKey) }))).toBe('AFD_KEY_CERTIFICATE')
  const foreign = { certificate: der(other.reportCertificate), at, reason: 'unspecified' as const }
  expect(codeOf(() => next({ revoke: foreign }))).toBe('AFD_CRL_FOREIGN')
  expect(codeOf(() => next({ previous: own.rootCertificate }))).toBe('AFD_CRL_UNREADABLE')
  expect(codeOf(() => next({ previous: Uint8Array.of(0x30, 0) }))).toBe('AFD_CRL_UNREADABLE')
})

test('a list ends no later than its authority', async () => {
  const { nextUpdate } = await saysOf(next({ days: 9_999 }))
  expect(nextUpdate).toBe(readCertificate(root).notAfter)
})
