import { webcrypto } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BitString, Integer, OctetString, Utf8String } from 'asn1js'
import * as pkijs from 'pkijs'
import { makeFolder } from '../../src/disk/make-folder.ts'

type KeyPair = webcrypto.CryptoKeyPair

/** A PEM chain (leaf first, the root left out) with its PKCS#8 PEM key, and the same two as files (key 0600). */
export type ServerCertificate = {
  readonly chain: string
  readonly key: string
  readonly chainFile: string
  readonly keyFile: string
}

/**
 * How a server certificate is made: sound, or with one fault. `expiring` ends in five days; `incomplete-chain` is sent
 * without its intermediate; `long-lived` was issued for ten years.
 */
export const certificateKinds = [
  'sound',
  'expired',
  'expiring',
  'wrong-host',
  'self-signed',
  'incomplete-chain',
  'long-lived',
  'rsa-1024',
] as const
export type CertificateKind = (typeof certificateKinds)[number]

/** What the key of a server certificate is; RSA is needed for cipher suites without forward secrecy. */
export type KeyKind = 'EC' | 'RSA'

/** A certification authority of its own: a root, an intermediate, and the root's PEM file for clients to trust. */
export type Authority = {
  readonly caFile: string
  readonly caPem: string
  issue(name: string, kind: CertificateKind, key?: KeyKind): Promise<ServerCertificate>
}

const day = 86_400_000
const names = ['localhost']
const addresses = ['127.0.0.1']

/** Makes a certification authority whose files lie in `folder`; its private keys are never written. */
export async function createAuthority(folder: string, organisation: string): Promise<Authority> {
  makeFolder(folder, 0o700)
  const now = Date.now()
  const rootKeys = await ecKeys()
  const rootName = `${organisation} Root CA`
  const span = { from: now - 1000 * day, to: now + 3650 * day }
  const root = await certify({
    subject: rootName,
    issuer: rootName,
    keys: rootKeys,
    signer: rootKeys,
    ca: true,
    ...span,
  })
  const keys = await ecKeys()
  const caName = `${organisation} Issuing CA`
  const intermediate = await certify({ subject: caName, issuer: rootName, keys, signer: rootKeys, ca: true, ...span })
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, root, { mode: 0o644 })

  const issue = async (name: string, kind: CertificateKind, keyKind: KeyKind = 'EC'): Promise<ServerCertificate> => {
    const own = kind === 'rsa-1024' ? await rsaKeys(1024) : keyKind === 'RSA' ? await rsaKeys(2048) : await ecKeys()
    const selfSigned = kind === 'self-signed'
    const leaf = await certify({
      subject: 'Customer Data API',
      issuer: selfSigned ? 'Customer Data API' : caName,
      keys: own,
      signer: selfSigned ? own : keys,
      ca: false,
      hosts: kind === 'wrong-host' ? { names: ['another-service.example'], addresses: [] } : { names, addresses },
      ...validity(kind, now),
    })
    const chain = selfSigned || kind === 'incomplete-chain' ? leaf : leaf + intermediate
    const key = pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', own.privateKey))
    const chainFile = join(folder, `${name}.pem`)
    const keyFile = join(folder, `${name}.key.pem`)
    writeFileSync(chainFile, chain, { mode: 0o644 })
    writeFileSync(keyFile, key, { mode: 0o600 })
    return { chain, key, chainFile, keyFile }
  }
  return { caFile, caPem: root, issue }
}

function validity(kind: CertificateKind, now: number): { from: number; to: number } {
  switch (kind) {
    case 'expired':
      return { from: now - 91 * day, to: now - day }
    case 'expiring':
      // Half a day more than five, so that whole days count five for as long as a demonstration runs.
      return { from: now - 85 * day, to: now + 5.5 * day }
    case 'long-lived':
      return { from: now - 400 * day, to: now + 3250 * day }
    default:
      return { from: now - day, to: now + 89 * day }
  }
}

/** What a certificate says; its signature is made with the issuer's keys. */
export type CertificateRequest = {
  readonly subject: string
  readonly issuer: string
  readonly keys: KeyPair
  readonly signer: KeyPair
  readonly ca: boolean
  readonly from: number
  readonly to: number
  /** Of a server. */
  readonly hosts?: { readonly names: readonly string[]; readonly addresses: readonly string[] }
  /** For time-stamping, and nothing else. */
  readonly timeStamping?: boolean
}

/** Makes a certificate. */
export async function makeCertificate(request: CertificateRequest): Promise<pkijs.Certificate> {
  const certificate = new pkijs.Certificate()
  certificate.version = 2
  const serial = webcrypto.getRandomValues(new Uint8Array(16))
  // RFC 5280 section 4.1.2.2: positive.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  certificate.serialNumber = new Integer({ valueHex: serial.buffer })
  certificate.subject.typesAndValues.push(commonName(request.subject))
  certificate.issuer.typesAndValues.push(commonName(request.issuer))
  certificate.notBefore.value = new Date(request.from)
  certificate.notAfter.value = new Date(request.to)
  await certificate.subjectPublicKeyInfo.importKey(request.keys.publicKey)
  certificate.extensions = [
    extension('2.5.29.19', new pkijs.BasicConstraints({ cA: request.ca }).toSchema().toBER(), true),
    extension('2.5.29.15', keyUsage(request).toBER(), true),
    extension('2.5.29.14', new OctetString({ valueHex: await keyId(request.keys) }).toBER()),
    extension(
      '2.5.29.35',
      new pkijs.AuthorityKeyIdentifier({
        keyIdentifier: new OctetString({ valueHex: await keyId(request.signer) }),
      })
        .toSchema()
        .toBER(),
    ),
  ]
  if (request.hosts) {
    const alternatives = new pkijs.GeneralNames({
      names: [
        ...request.hosts.names.map((value) => new pkijs.GeneralName({ type: 2, value })),
        ...request.hosts.addresses.map(
          (value) =>
            new pkijs.GeneralName({
              type: 7,
              value: new OctetString({ valueHex: Uint8Array.from(value.split('.'), Number).buffer }),
            }),
        ),
      ],
    })
    certificate.extensions.push(extension('2.5.29.17', alternatives.toSchema().toBER()))
    const purposes = new pkijs.ExtKeyUsage({ keyPurposes: ['1.3.6.1.5.5.7.3.1'] })
    certificate.extensions.push(extension('2.5.29.37', purposes.toSchema().toBER()))
  }
  if (request.timeStamping) {
    const purposes = new pkijs.ExtKeyUsage({ keyPurposes: ['1.3.6.1.5.5.7.3.8'] })
    certificate.extensions.push(extension('2.5.29.37', purposes.toSchema().toBER(), true))
  }
  await certificate.sign(request.signer.privateKey, 'SHA-256')
  return certificate
}

async function certify(request: CertificateRequest): Promise<string> {
  return certificatePem(await makeCertificate(request))
}

/** A certificate as PEM. */
export function certificatePem(certificate: pkijs.Certificate): string {
  return pem('CERTIFICATE', certificate.toSchema(true).toBER())
}

function commonName(text: string): pkijs.AttributeTypeAndValue {
  return new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: text }) })
}

function extension(extnID: string, value: ArrayBuffer, critical = false): pkijs.Extension {
  return new pkijs.Extension({ extnID, critical, extnValue: value })
}

/** RFC 5280 section 4.2.1.3: keyCertSign and cRLSign; digitalSignature, with keyEncipherment where the key is RSA. */
function keyUsage({ ca, keys }: CertificateRequest): BitString {
  const [bits, unusedBits] = ca ? [0x06, 1] : keys.publicKey.algorithm.name === 'ECDSA' ? [0x80, 7] : [0xa0, 5]
  return new BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits })
}

async function keyId(keys: KeyPair): Promise<ArrayBuffer> {
  return await webcrypto.subtle.digest('SHA-1', await webcrypto.subtle.exportKey('spki', keys.publicKey))
}

/** A new P-256 key pair. */
export async function ecKeys(): Promise<KeyPair> {
  return await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
}

async function rsaKeys(modulusLength: number): Promise<KeyPair> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  }
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
