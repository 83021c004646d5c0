import { fromLatin1, hex } from '../bytes.ts'
import { oneLine, withoutControls } from '../one-line.ts'
import { readScheme, type Scheme } from './algorithms.ts'
import {
  contextOf,
  type Der,
  DerError,
  expectTag,
  fields,
  readBitString,
  readDer,
  readOid,
  readSmallInteger,
  readTime,
  sameDer,
  tags,
} from './der.ts'
import { nameTypes, oids } from './oids.ts'
import { digest, isSignedBy } from './primitives.ts'

/** An X.509 version 3 certificate, RFC 5280, read strictly. Times are milliseconds since 1970. */
export type Certificate = {
  readonly bytes: Uint8Array
  /** The part that the issuer signed. */
  readonly signed: Uint8Array
  readonly scheme: Scheme
  readonly signature: Uint8Array
  readonly serial: Der
  readonly issuer: Der
  readonly subject: Der
  readonly notBefore: number
  readonly notAfter: number
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly authority: boolean
  readonly pathLength: number | null
  /** Bits of KeyUsage by their names in RFC 5280; null where the extension is absent. */
  readonly keyUsage: ReadonlySet<KeyUsage> | null
  /** Object identifiers of ExtendedKeyUsage; null where absent. */
  readonly purposes: readonly string[] | null
  readonly purposesCritical: boolean
  readonly subjectKeyIdentifier: Uint8Array | null
  /** By object identifier, those above included. */
  readonly extensions: ReadonlyMap<string, Extension>
}

export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof keyUsages)[number]

/** Reads a certificate; throws DerError for what is not one, or has a critical extension that is not understood. */
export function readCertificate(bytes: Uint8Array): Certificate {
  const outer = fields(readDer(bytes), 'certificate')
  const signed = outer.take(tags.sequence, 'tbsCertificate')
  const algorithm = outer.take(tags.sequence, 'signatureAlgorithm')
  const signature = readBitString(outer.any('signature'), 'signature')
  outer.end()

  const tbs = fields(signed, 'tbsCertificate')
  const version = tbs.take(contextOf(0), 'version').parts
  if (version.length !== 1 || readSmallInteger(version[0], 'version') !== 2) throw new DerError('not version 3')
  const serial = tbs.take(tags.integer, 'serialNumber')
  const inner = tbs.take(tags.sequence, 'signature')
  if (!sameDer(inner, algorithm)) throw new DerError('the two signature algorithms of a certificate differ')
  const issuer = tbs.take(tags.sequence, 'issuer')
  const validity = fields(tbs.any('validity'), 'validity')
  const notBefore = readTime(validity.any('notBefore'), 'notBefore')
  const notAfter = readTime(validity.any('notAfter'), 'notAfter')
  validity.end()
  const subject = tbs.take(tags.sequence, 'subject')
  const publicKey = tbs.take(tags.sequence, 'subjectPublicKeyInfo')
  tbs.optional(0x81)
  tbs.optional(0x82)
  const extensions = readExtensions(tbs.optional(contextOf(3)))
  tbs.end()

  return {
    bytes,
    signed: signed.bytes,
    scheme: readScheme(algorithm, 'signatureAlgorithm'),
    signature,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey: publicKey.bytes,
    ...readConstraints(extensions.get(oids.basicConstraints)?.value),
    keyUsage: readKeyUsage(extensions.get(oids.keyUsage)?.value),
    purposes: readPurposes(extensions.get(oids.extendedKeyUsage)?.value),
    purposesCritical: extensions.get(oids.extendedKeyUsage)?.critical ?? false,
    subjectKeyIdentifier: readKeyIdentifier(extensions.get(oids.subjectKeyIdentifier)?.value),
    extensions,
  }
}

/** An extension of RFC 5280: `value` is the DER inside its OCTET STRING. */
export type Extension = { readonly critical: boolean; readonly value: Uint8Array }

const inCertificates: readonly string[] = [
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.subjectAltName,
  oids.certificatePolicies,
]

/**
 * Reads `[n] EXPLICIT Extensions` of a certificate, a CRL or an OCSP response; throws DerError where one stands twice, or
 * is critical and not among those that are understood.
 */
export function readExtensions(
  value: Der | undefined,
  understood: readonly string[] = inCertificates,
): ReadonlyMap<string, Extension> {
  if (!value) return new Map()
  if (value.parts.length !== 1) throw new DerError('faulty extensions')
  return readExtensionList(value.parts[0], understood)
}

/** The same for `Extensions` that no tag is around, as CRL entries have them. */
export function readExtensionList(
  list: Der | undefined,
  understood: readonly string[],
): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>()
  for (const part of expectTag(list, tags.sequence, 'extensions').parts) {
    const extension = fields(part, 'extension')
    const oid = readOid(extension.any('extnID'), 'extnID')
    const critical = extension.optional(tags.boolean)?.content[0] === 0xff
    const content = extension.take(tags.octetString, 'extnValue').content
    extension.end()
    if (found.has(oid)) throw new DerError(`the extension ${oid} stands twice`)
    if (critical && !understood.includes(oid)) throw new DerError(`the critical extension ${oid} is not understood`)
    found.set(oid, { critical, value: content })
  }
  return found
}

function readConstraints(value: Uint8Array | undefined): { authority: boolean; pathLength: number | null } {
  if (!value) return { authority: false, pathLength: null }
  const part = fields(readDer(value), 'basicConstraints')
  const authority = part.optional(tags.boolean)?.content[0] === 0xff
  const length = part.optional(tags.integer)
  part.end()
  return { authority, pathLength: length ? readSmallInteger(length, 'pathLenConstraint') : null }
}

function readKeyUsage(value: Uint8Array | undefined): ReadonlySet<KeyUsage> | null {
  if (!value) return null
  const [, ...octets] = expectTag(readDer(value), tags.bitString, 'keyUsage').content
  return new Set(keyUsages.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0))
}

function readPurposes(value: Uint8Array | undefined): readonly string[] | null {
  if (!value) return null
  return expectTag(readDer(value), tags.sequence, 'extKeyUsage').parts.map((part) => readOid(part, 'purpose'))
}

function readKeyIdentifier(value: Uint8Array | undefined): Uint8Array | null {
  return value ? expectTag(readDer(value), tags.octetString, 'subjectKeyIdentifier').content : null
}

/** Whether one certificate's signature was made with the key of the other, which must be an authority. */
export async function isIssuedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  if (!sameDer(certificate.issuer, issuer.subject)) return false
  return isSignedBy(issuer.publicKey, certificate.scheme, certificate.signed, certificate.signature)
}

/** Whether it names itself as its issuer. */
export const isSelfIssued = (certificate: Certificate): boolean => sameDer(certificate.issuer, certificate.subject)

/** SHA-256 over the DER, 64 lower-case hexadecimal digits. */
export const fingerprint = (certificate: Certificate): string => hex(digest('sha256', certificate.bytes))

/** The serial number in lower-case hexadecimal, as `openssl x509 -serial` shows it but for the case. */
export const serialText = (certificate: Certificate): string => hex(certificate.serial.content).replace(/^00(?=.)/, '')

/** A distinguished name as one line in the manner of RFC 4514, the most specific part first; for showing, not for trusting. */
export function nameText(name: Der): string {
  const parts = name.parts
    .toReversed()
    .map((set) =>
      set.parts
        .map((pair) => {
          const [type, value] = pair.parts
          const oid = readOid(type, 'attribute type')
          return `${nameTypes[oid] ?? oid}=${value ? escapeName(directoryText(value)) : ''}`
        })
        .join('+'),
    )
    .join(', ')
  return oneLine(parts)
}

/** The last common name in a distinguished name, or all of it where it has none; for showing, not for trusting. */
export function commonName(name: Der): string {
  return lastOf(name, '2.5.4.3') ?? nameText(name)
}

/** The last organisation in a distinguished name; null where it has none. */
export const organisationName = (name: Der): string | null => lastOf(name, '2.5.4.10')

function lastOf(name: Der, type: string): string | null {
  const pairs = name.parts.flatMap((set) => set.parts)
  const value = pairs.findLast(({ parts }) => parts[0] && readOid(parts[0], 'attribute type') === type)?.parts[1]
  return value ? withoutControls(directoryText(value)) : null
}

function directoryText(value: Der): string {
  if (value.tag === tags.utf8String) return new TextDecoder().decode(value.content)
  if (value.tag === tags.bmpString) return new TextDecoder('utf-16be').decode(value.content)
  return fromLatin1(value.content)
}

function escapeName(text: string): string {
  return withoutControls(text).replace(/[",+;<>\\]|^[ #]| $/g, (character) => `\\${character}`)
}
