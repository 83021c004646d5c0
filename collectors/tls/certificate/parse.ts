import { X509Certificate } from 'node:crypto'
import { type Instant, instant } from '../../../src/model/time.ts'
import { WireError } from '../wire/bytes.ts'
import { type Der, derTags, readDer, readInside, readOid } from './der.ts'
import { type AlternativeName, addressText } from './names.ts'
import { signatureAlgorithmName } from './signature-algorithms.ts'

/** An X.509 certificate as far as the facts rest on it. */
export type Certificate = {
  readonly der: Uint8Array
  readonly x509: X509Certificate
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly fingerprint: string
  readonly subject: string
  readonly issuer: string
  readonly commonName: string | null
  /** Hexadecimal. */
  readonly serial: string
  readonly names: readonly AlternativeName[]
  readonly notBefore: Instant
  readonly notAfter: Instant
  /** `RSA`, `EC`, `Ed25519`, ...; null where this Node does not know the key. */
  readonly keyType: string | null
  readonly keyBits: number | null
  readonly signatureAlgorithm: string
  readonly isAuthority: boolean
  /** OIDs; null without the extension. */
  readonly extendedKeyUsage: readonly string[] | null
  readonly extensions: ReadonlyMap<string, Uint8Array>
  /** OIDs of the extensions that whoever does not know them must not pass over. */
  readonly criticalExtensions: readonly string[]
}

/** Reads a certificate; what is wrong with it where it does not parse. Never throws. */
export function parseCertificate(der: Uint8Array): Certificate | { readonly problem: string } {
  try {
    const x509 = new X509Certificate(der)
    const { signatureAlgorithm, extensions, criticalExtensions } = readStructure(der)
    const [keyType, keyBits] = keyOf(x509)
    const usage = extensions.get(extensionOids.extendedKeyUsage)
    return {
      der,
      x509,
      fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
      subject: oneLine(x509.subject),
      issuer: oneLine(x509.issuer),
      commonName: /(?:^|\n)CN=([^\n]*)/.exec(x509.subject ?? '')?.[1] ?? null,
      serial: x509.serialNumber,
      names: readNames(extensions.get(extensionOids.subjectAlternativeName)),
      notBefore: instant(new Date(x509.validFrom)),
      notAfter: instant(new Date(x509.validTo)),
      keyType,
      keyBits,
      signatureAlgorithm,
      isAuthority: x509.ca,
      extendedKeyUsage: usage ? readInside(usage, derTags.sequence).map(({ content }) => readOid(content)) : null,
      extensions,
      criticalExtensions,
    }
  } catch (error) {
    return { problem: error instanceof Error ? error.message.replace(/^error:[0-9A-F]+:/i, '') : String(error) }
  }
}

/** Extension OIDs, RFC 5280 section 4.2 where nothing else is said. */
export const extensionOids = {
  subjectAlternativeName: '2.5.29.17',
  extendedKeyUsage: '2.5.29.37',
  nameConstraints: '2.5.29.30',
  /** RFC 6962 section 3.3. */
  embeddedTimestamps: '1.3.6.1.4.1.11129.2.4.2',
  basicConstraints: '2.5.29.19',
} as const

/** Node prints one attribute a line. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').filter(Boolean).join(', ')
}

function keyOf({ publicKey }: X509Certificate): [string | null, number | null] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey
  switch (type) {
    case 'rsa':
    case 'rsa-pss':
      return ['RSA', details?.modulusLength ?? null]
    case 'dsa':
      return ['DSA', details?.modulusLength ?? null]
    case 'ec':
      return ['EC', curveBits(details?.namedCurve ?? '')]
    case 'ed25519':
      return ['Ed25519', 256]
    case 'ed448':
      return ['Ed448', 456]
    default:
      return [type === undefined ? null : type.toUpperCase(), null]
  }
}

/** Bits of a curve's field, as its name says; `prime256v1`, `secp384r1`, `brainpoolP512t1`, `sect283k1`. */
function curveBits(curve: string): number | null {
  const digits = /(\d{3})/.exec(curve)?.[1]
  return digits === undefined ? null : Number(digits)
}

type Structure = Pick<Certificate, 'signatureAlgorithm' | 'extensions' | 'criticalExtensions'>

function readStructure(der: Uint8Array): Structure {
  const [tbs, algorithm] = readInside(der, derTags.sequence)
  if (!tbs || !algorithm) throw new WireError('no certificate')
  const parts = readDer(algorithm.content)
  const oid = parts[0] ? readOid(parts[0].content) : ''
  const list = readDer(tbs.content).find(({ tag }) => tag === 0xa3)
  const extensions = list ? readInside(list.content, derTags.sequence).map(readExtension) : []
  return {
    signatureAlgorithm: signatureAlgorithmName(oid, parts[1]),
    extensions: new Map(extensions.map(({ type, value }) => [type, value])),
    criticalExtensions: extensions.filter(({ isCritical }) => isCritical).map(({ type }) => type),
  }
}

function readExtension({ content }: Der): { type: string; value: Uint8Array; isCritical: boolean } {
  const parts = readDer(content)
  const [oid] = parts
  const value = parts.at(-1)
  if (oid?.tag !== derTags.objectIdentifier || value?.tag !== derTags.octetString) throw new WireError('no extension')
  const isCritical = parts[1]?.tag === derTags.boolean && parts[1].content[0] !== 0
  return { type: readOid(oid.content), value: value.content, isCritical }
}

function readNames(extension: Uint8Array | undefined): AlternativeName[] {
  if (!extension) return []
  return readInside(extension, derTags.sequence).flatMap(({ tag, content }): AlternativeName[] => {
    if (tag === 0x82) return [{ kind: 'DNS', value: Buffer.from(content).toString('latin1') }]
    const address = tag === 0x87 ? addressText(content) : undefined
    return address === undefined ? [] : [{ kind: 'IP', value: address }]
  })
}
