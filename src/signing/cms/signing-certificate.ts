import { sameBytes } from '../bytes.ts'
import { readHash } from './algorithms.ts'
import type { Certificate } from './certificate.ts'
import { type Der, expectTag, fields, tags } from './der.ts'
import { derOctets, derSequence } from './der-write.ts'
import { oids } from './oids.ts'
import { digest, sha1 } from './primitives.ts'

/** SigningCertificateV2 (RFC 5035 section 3) that pins every certificate of a chain by SHA-256, the signer's first. */
export function writeSigningCertificate(chain: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  return derSequence(
    derSequence(...chain.map((certificate) => derSequence(derOctets(digest('sha256', certificate.bytes))))),
  )
}

/**
 * Whether the signed attributes pin a certificate: as the signer's own where it has to be the first entry of
 * signing-certificate-v2, or as any of the chain. Throws DerError.
 */
export function pins(attributes: ReadonlyMap<string, Der>, certificate: Certificate, place: 'first' | 'any'): boolean {
  const value = attributes.get(oids.signingCertificateV2)
  if (!value) return false
  const part = fields(value, 'signingCertificateV2')
  const entries = expectTag(part.any('certs'), tags.sequence, 'certs').parts
  part.optional(tags.sequence)
  part.end()
  return (place === 'first' ? entries.slice(0, 1) : entries).some((entry) => isEntryOf(entry, certificate))
}

/**
 * Whether a time-stamp token's signed attributes pin its signer's certificate: as above, or with the older
 * signing-certificate attribute (RFC 2634 section 5.4), which rests on SHA-1 and which authorities still write (RFC 5816).
 */
export function pinsInToken(attributes: ReadonlyMap<string, Der>, signer: Certificate): boolean {
  if (pins(attributes, signer, 'first')) return true
  const value = attributes.get(oids.signingCertificate)
  if (!value || attributes.has(oids.signingCertificateV2)) return false
  const certs = expectTag(value.parts[0], tags.sequence, 'certs')
  const pinned = expectTag(certs.parts[0]?.parts[0], tags.octetString, 'certHash').content
  return sameBytes(pinned, sha1(signer.bytes))
}

function isEntryOf(entry: Der, certificate: Certificate): boolean {
  const id = fields(entry, 'essCertIdV2')
  // One SEQUENCE before the digest is its algorithm, one behind it names issuer and serial number.
  const algorithm = id.optional(tags.sequence)
  const hash = algorithm ? readHash(algorithm, 'hashAlgorithm') : 'sha256'
  const pinned = id.take(tags.octetString, 'certHash').content
  const issuerSerial = id.optional(tags.sequence)
  id.end()
  const serial = issuerSerial?.parts[1]
  if (serial && !sameBytes(serial.bytes, certificate.serial.bytes)) return false
  return sameBytes(pinned, digest(hash, certificate.bytes))
}
