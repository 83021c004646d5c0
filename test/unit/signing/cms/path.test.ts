import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Certificate, readCertificate } from '../../../../src/signing/cms/certificate.ts'
import { buildPath, checkDocumentUsage, checkPath, checkTimestampUsage } from '../../../../src/signing/cms/path.ts'
import { isSignedBy } from '../../../../src/signing/cms/primitives.ts'
import { nameConstraints } from '../../../helpers/certificate-extensions.ts'
import { der, type Issued, type IssueOptions, issue } from '../../../helpers/tls-certificates.ts'

const read = ({ der: bytes }: Issued): Certificate => readCertificate(Uint8Array.from(bytes))
const emailProtection = '1.3.6.1.5.5.7.3.4'
const timeStamping = '1.3.6.1.5.5.7.3.8'
const serverAuth = '1.3.6.1.5.5.7.3.1'

const root = issue({ commonName: 'Root', authority: true, days: 3_650 })
const authority = (options: IssueOptions) => issue({ commonName: 'Between', issuer: root, authority: true, ...options })
const leafOf = (issuer: Issued, usage: readonly string[] = [emailProtection], usageCritical = false) =>
  issue({ commonName: 'Signer', issuer, names: [], usage, usageCritical })

async function codes(leaf: Issued, pool: readonly Issued[], check = checkDocumentUsage, anchor: Issued = root) {
  const path = await buildPath(read(leaf), [leaf, ...pool].map(read), [read(anchor)])
  return [
    path.anchor ? 'anchored' : 'nobody’s',
    ...[...checkPath(path, Date.now()), ...check(path)].map(({ code }) => code),
  ]
}

describe('a path of certificates', () => {
  test('through an authority without bounds holds', async () => {
    const between = authority({})
    expect(await codes(leafOf(between), [between])).toEqual(['anchored'])
  })

  test('through somebody who is no authority, or one whose path is too long, does not', async () => {
    const person = issue({ commonName: 'Between', issuer: root, names: [] })
    expect(await codes(leafOf(person), [person])).toEqual(['anchored', 'certificate-not-authority'])
  })

  test('through an authority for some names only does not, even where that is not marked critical', async () => {
    const between = authority({ more: [nameConstraints({ permitted: ['example.org'] })] })
    expect(await codes(leafOf(between), [between])).toEqual(['anchored', 'certificate-not-authority'])
  })

  test('through an authority for other purposes does not', async () => {
    const web = authority({ usage: [serverAuth] })
    expect(await codes(leafOf(web), [web])).toEqual(['anchored', 'certificate-usage'])
    const stamps = leafOf(web, [timeStamping], true)
    expect(await codes(stamps, [web], checkTimestampUsage)).toEqual(['anchored', 'certificate-usage'])
    const both = authority({ usage: [serverAuth, emailProtection] })
    expect(await codes(leafOf(both), [both])).toEqual(['anchored'])
    // Whom the reader trusts is for the reader to say.
    expect(await codes(leafOf(web), [web], checkDocumentUsage, web)).toEqual(['anchored'])
  })

  test('of a signer by the purposes that authorities for documents write holds', async () => {
    for (const purpose of ['1.3.6.1.4.1.311.10.3.12', '1.2.840.113583.1.1.5', '1.3.6.1.5.5.7.3.36']) {
      expect(await codes(leafOf(root, [purpose]), []), purpose).toEqual(['anchored'])
    }
    expect(await codes(leafOf(root, [serverAuth]), [])).toEqual(['anchored', 'certificate-usage'])
  })

  test('leads to an authority that renewed its certificate since, and not to one of the same name', async () => {
    const between = authority({})
    const leaf = leafOf(between)
    // The same key and name, another certificate.
    const renewed = { ...issue({ commonName: 'Root', issuer: root, authority: true, days: 7_000 }) }
    expect((await codes(leaf, [between, root], checkDocumentUsage, renewedOf(root)))[0]).toBe('anchored')
    expect((await codes(leaf, [between, root], checkDocumentUsage, renewed))[0]).toBe('nobody’s')
  })
})

/** A certificate of the same name and key, valid for longer. */
function renewedOf(of: Issued): Issued {
  const fresh = issue({ commonName: 'Root', issuer: of, authority: true, days: 7_000 })
  const keyOf = ({ der: bytes }: Issued) => Buffer.from(read({ ...of, der: bytes }).publicKey)
  const tbs = Buffer.from(read(fresh).signed)
  const at = tbs.indexOf(keyOf(fresh))
  keyOf(of).copy(tbs, at)
  const algorithm = der(0x30, [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])
  return { ...of, der: der(0x30, tbs, algorithm, der(3, [0], sign('SHA256', tbs, of.privateKey))) }
}

test('a signature counts on curves that are strong enough only', async () => {
  for (const [namedCurve, counts] of [
    ['P-256', true],
    ['brainpoolP256r1', true],
    ['secp224r1', false],
    ['prime192v1', false],
    ['secp160r1', false],
  ] as const) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
    const data = Buffer.from('data')
    const key = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
    const signature = new Uint8Array(sign('sha256', data, privateKey))
    expect(await isSignedBy(key, { kind: 'ecdsa', hash: 'sha256' }, data, signature), namedCurve).toBe(counts)
  }
})
