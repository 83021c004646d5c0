import { sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { readCertificate } from '../../../../src/signing/cms/certificate.ts'
import { readCrl } from '../../../../src/signing/cms/crl.ts'
import { DerError } from '../../../../src/signing/cms/der.ts'
import { RevocationError } from '../../../../src/signing/cms/revocation.ts'
import { readTimestampInfo } from '../../../../src/signing/cms/timestamp-token.ts'
import { der, issue, oid } from '../../../helpers/tls-certificates.ts'

/* What is sound but for one thing that must not be passed over. */

const yes = der(1, [255])
const extension = (type: string, value: Uint8Array, critical: boolean) =>
  der(0x30, oid(type), ...(critical ? [yes] : []), der(4, value))

test('a time stamp is not read past an extension that must be understood', () => {
  const info = (...extensions: readonly Uint8Array[]) =>
    der(
      0x30,
      der(2, [1]),
      oid('1.2.3.4.1'),
      der(0x30, der(0x30, oid('2.16.840.1.101.3.4.2.1')), der(4, new Uint8Array(32))),
      der(2, [7]),
      der(0x18, Buffer.from('20260909020000Z')),
      ...(extensions.length > 0 ? [der(0xa1, ...extensions)] : []),
    )
  const read = (bytes: Uint8Array) => readTimestampInfo(Uint8Array.from(bytes))
  expect(read(info())).toMatchObject({ policy: '1.2.3.4.1', time: Date.parse('2026-09-09T02:00:00Z') })
  expect(read(info(extension('1.3.6.1.5.5.7.1.3', der(5), false)))).toMatchObject({ hash: 'sha256' })
  expect(() => read(info(extension('1.3.6.1.5.5.7.1.3', der(5), true)))).toThrow(DerError)
})

test('a revocation list that says only what is new since another says nothing of a certificate, however it is marked', async () => {
  const root = issue({ commonName: 'Root', authority: true })
  const leaf = readCertificate(Uint8Array.from(issue({ commonName: 'Signer', issuer: root, names: [] }).der))
  const issuer = readCertificate(Uint8Array.from(root.der))
  const algorithm = der(0x30, oid('1.2.840.10045.4.3.2'))
  const time = (text: string) => der(0x17, Buffer.from(text))
  const list = (...extensions: readonly Uint8Array[]) => {
    const body = [der(2, [1]), algorithm, root.subject, time('260101000000Z'), time('270101000000Z')]
    const signed = der(0x30, ...body, der(0xa0, der(0x30, ...extensions)))
    return Uint8Array.from(der(0x30, signed, algorithm, der(3, [0], sign('SHA256', signed, root.privateKey))))
  }
  const number = extension('2.5.29.20', der(2, [1]), false)
  expect(await readCrl(list(number), leaf, issuer)).toMatchObject({ status: 'good' })
  for (const critical of [true, false]) {
    const delta = extension('2.5.29.27', der(2, [1]), critical)
    await expect(readCrl(list(number, delta), leaf, issuer)).rejects.toThrow(RevocationError)
  }
})
