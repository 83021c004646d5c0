import { derInteger, derNull, derOctets, derOid, derSequence } from './der-write.ts'
import { oids } from './oids.ts'

/** ECDSA-Sig-Value (RFC 3279 section 2.2.3) from r and s, each in half of the bytes. */
export function ecdsaSigValue(raw: Uint8Array): Uint8Array {
  return derSequence(derInteger(raw.subarray(0, raw.length / 2)), derInteger(raw.subarray(raw.length / 2)))
}

/** DigestInfo (RFC 8017 section 9.2, note 1) of a SHA-256 digest, parameters NULL. */
export function sha256DigestInfo(digest: Uint8Array): Uint8Array {
  return derSequence(derSequence(derOid(oids.sha256), derNull()), derOctets(digest))
}
