import { createPrivateKey, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SigningError } from '../../../src/model/errors.ts'
import { instant } from '../../../src/model/time.ts'
import { readKeyFile, writeSecretFile } from '../../../src/signing/keys/files.ts'
import { keyTypes, makeLocalIdentity } from '../../../src/signing/keys/identity.ts'
import { describeCertificate, loadLedgerKey, loadReportSigner } from '../../../src/signing/keys.ts'
import { verifyPdf } from '../../../src/signing/verify-pdf.ts'
import { clock, identityOf, never, sign, signerOf, signingTime, tinyPdf } from '../../helpers/signing.ts'

const identity = identityOf('p256')
const certificates = [identity.reportCertificate, identity.rootCertificate]
const fixture = (name: string) => readFile(join(import.meta.dirname, '../../fixtures/signing/pkcs12', name))
const later = { now: () => instant('2027-06-01T00:00:00Z') }

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'no error'
  } catch (error) {
    return error instanceof SigningError ? error.code : String(error)
  }
}

describe('a local identity', () => {
  test.each(keyTypes)('of %s is one that Node takes for a chain', (keyType) => {
    const made = identityOf(keyType)
    const root = new X509Certificate(made.rootCertificate)
    const report = new X509Certificate(made.reportCertificate)
    expect(report.verify(root.publicKey)).toBe(true)
    expect(report.checkIssued(root)).toBe(true)
    expect(report.checkPrivateKey(createPrivateKey(made.reportKey))).toBe(true)
    expect(root.checkIssued(root)).toBe(true)
    expect([root.ca, report.ca]).toEqual([true, false])
    expect(report.keyUsage).toEqual(['1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.36'])
  })

  test('of an organisation with a long name signs reports that are accepted', async () => {
    const organisation = `${'Arbeitsgemeinschaft '.repeat(4)}GmbH`
    const made = makeLocalIdentity({ organisation, from: instant('2026-01-01T00:00:00Z') })
    const { subject, issuer } = describeCertificate(made.reportCertificate)
    expect(subject).toContain(' report signing,')
    expect(issuer).toContain(' Affidavit root,')
    const { pdf } = await sign(tinyPdf(), { signer: await signerOf(made) })
    const anchors = [made.rootCertificate]
    expect(await verifyPdf(pdf, { anchors, at: signingTime })).toMatchObject({ verdict: 'accepted' })
  })

  test('says whose it is and how long it is good for', () => {
    expect(describeCertificate(identity.reportCertificate)).toMatchObject({
      key: 'EC P-256',
      name: 'Example (Größe) AG report signing',
      subject: 'CN=Example (Größe) AG report signing, O=Example (Größe) AG',
      issuer: 'CN=Example (Größe) AG Affidavit root, O=Example (Größe) AG',
      notBefore: '2026-01-01T00:00:00.000Z',
      notAfter: '2029-01-01T00:00:00.000Z',
    })
    const fingerprint = new X509Certificate(identity.reportCertificate).fingerprint256.replaceAll(':', '').toLowerCase()
    expect(describeCertificate(identity.reportCertificate).fingerprint).toBe(fingerprint)
  })

  test('differs each time', () => {
    const again = makeLocalIdentity({ organisation: 'Example', from: clock.now() })
    expect(again.reportKey).not.toBe(identity.reportKey)
    expect(describeCertificate(again.rootCertificate).serial).not.toBe(
      describeCertificate(identity.rootCertificate).serial,
    )
  })

  test('with a passphrase has no key in the open', async () => {
    const made = makeLocalIdentity({ organisation: 'Example', from: clock.now(), passphrase: 'grüße' })
    for (const pem of [made.rootKey, made.reportKey, made.ledgerKey])
      expect(pem).toContain('BEGIN ENCRYPTED PRIVATE KEY')
    const source = { keyPem: made.reportKey, certificates: [made.reportCertificate] }
    expect(await codeOf(() => loadReportSigner({ ...source, passphrase: 'grüße' }, clock))).toBe('no error')
    expect(await codeOf(() => loadReportSigner({ ...source, passphrase: 'wrong' }, clock))).toBe('AFD_KEY_PASSPHRASE')
    expect(await codeOf(() => loadReportSigner(source, clock))).toBe('AFD_KEY_PASSPHRASE')
    expect(await codeOf(() => loadLedgerKey(made.ledgerKey, 'wrong'))).toBe('AFD_KEY_PASSPHRASE')
  })
})

describe('a report signer', () => {
  test('has its chain in order, however the certificates were given', async () => {
    const signer = await loadReportSigner(
      { keyPem: identity.reportKey, certificates: [`${identity.rootCertificate}\n${identity.reportCertificate}`] },
      clock,
    )
    expect(signer.certificateChain.map((der) => new X509Certificate(der).toString())).toEqual(certificates)
  })

  test.each(keyTypes)('of %s makes signatures that its certificate verifies', async (keyType) => {
    const made = identityOf(keyType)
    const signer = await loadReportSigner({ keyPem: made.reportKey, certificates: [made.reportCertificate] }, clock)
    const signature = await signer.sign(Buffer.from('bytes'), never)
    const hash = keyType === 'p384' ? 'sha384' : 'sha256'
    expect(verify(hash, Buffer.from('bytes'), new X509Certificate(made.reportCertificate).publicKey, signature)).toBe(
      true,
    )
  })

  test.each([
    [
      'without a certificate of its own',
      { certificates: [identityOf('p384').reportCertificate] },
      'AFD_KEY_CERTIFICATE',
    ],
    ['with a certificate that is none', { certificates: ['hello'] }, 'AFD_CERTIFICATE'],
    ['with half a certificate', { certificates: [Buffer.from('3003020101', 'hex')] }, 'AFD_CERTIFICATE'],
    ['that is no key', { keyPem: 'hello' }, 'AFD_KEY_UNREADABLE'],
    ['of another kind', { keyPem: identity.ledgerKey }, 'AFD_KEY_UNSUITABLE'],
    ['of an authority', { keyPem: identity.rootKey }, 'AFD_CERTIFICATE_USAGE'],
  ])('%s is refused', async (_, change, code) => {
    expect(await codeOf(() => loadReportSigner({ keyPem: identity.reportKey, certificates, ...change }, clock))).toBe(
      code,
    )
  })

  test('with a short RSA key is refused', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const keyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    expect(await codeOf(() => loadReportSigner({ keyPem, certificates }, clock))).toBe('AFD_KEY_UNSUITABLE')
  })

  test.each(['2025-12-31T23:59:59Z', '2029-01-01T00:00:01Z'])(
    'is refused at %s, when its certificate is not valid',
    async (at) => {
      const then = { now: () => instant(at) }
      const load = () => loadReportSigner({ keyPem: identity.reportKey, certificates }, then)
      expect(await codeOf(load)).toBe('AFD_CERTIFICATE_VALIDITY')
    },
  )
})

describe('a PKCS #12 file that OpenSSL made', () => {
  test.each([
    ['aes256.p12', 'geheim'],
    ['unicode.p12', 'grüße'],
    ['triple-des.p12', 'geheim'],
    ['plain-certificates.p12', 'geheim'],
  ])('%s makes a signer', async (name, passphrase) => {
    const pkcs12 = await fixture(name)
    const signer = await loadReportSigner({ pkcs12, passphrase }, later)
    expect(signer.algorithm).toBe('ecdsa-p256-sha256')
    const [own] = signer.certificateChain
    const signature = await signer.sign(Buffer.from('x'), never)
    expect(verify('sha256', Buffer.from('x'), new X509Certificate(own ?? '').publicKey, signature)).toBe(true)
    expect(await codeOf(() => loadReportSigner({ pkcs12, passphrase: 'wrong' }, later))).toBe('AFD_KEY_PASSPHRASE')
  })

  test('without a MAC is refused', async () => {
    expect(
      await codeOf(async () => loadReportSigner({ pkcs12: await fixture('no-mac.p12'), passphrase: 'geheim' }, later)),
    ).toBe('AFD_KEY_UNREADABLE')
  })

  test('without a key is refused', async () => {
    expect(
      await codeOf(async () => loadReportSigner({ pkcs12: await fixture('no-key.p12'), passphrase: 'geheim' }, later)),
    ).toBe('AFD_KEY_UNREADABLE')
  })

  test('damaged anywhere fails with a SigningError', async () => {
    const bytes = await fixture('aes256.p12')
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = Uint8Array.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      expect(await codeOf(() => loadReportSigner({ pkcs12: damaged, passphrase: 'geheim' }, later))).toMatch(
        /^AFD_KEY_/,
      )
    }
  })
})

test('a ledger key signs what its public key verifies', async () => {
  const key = loadLedgerKey(identity.ledgerKey)
  const signature = await key.sign(Buffer.from('checkpoint'))
  expect(verify(null, Buffer.from('checkpoint'), createPublicKey(identity.ledgerPublicKey), signature)).toBe(true)
  expect(createPublicKey(identity.ledgerPublicKey).export({ format: 'jwk' }).x).toBe(
    Buffer.from(key.publicKey).toString('base64url'),
  )
  expect(await codeOf(() => loadLedgerKey(identity.reportKey))).toBe('AFD_KEY_UNSUITABLE')
})

describe('key files', () => {
  test('are for their owner alone and are never overwritten', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'affidavit-keys-'))
    try {
      const path = join(folder, 'keys', 'report.key')
      await writeSecretFile(path, 'first')
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      expect((await stat(join(folder, 'keys'))).mode & 0o777).toBe(0o700)
      expect(await codeOf(() => writeSecretFile(path, 'second'))).toBe('AFD_KEY_EXISTS')
      expect(Buffer.from(await readKeyFile(path)).toString()).toBe('first')
      await writeFile(join(folder, 'file'), '')
      expect(await codeOf(() => writeSecretFile(join(folder, 'file', 'key'), 'x'))).toBe('AFD_KEY_FILE')
      expect(await codeOf(() => readKeyFile(join(folder, 'missing')))).toBe('AFD_KEY_FILE')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
