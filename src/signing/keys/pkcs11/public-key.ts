import { DerError, readDer, tags } from '../../cms/der.ts'
import { derBits, derInteger, derNull, derOid, derSequence } from '../../cms/der-write.ts'
import { oids } from '../../cms/oids.ts'

/** SubjectPublicKeyInfo (RFC 3279) of an RSA key from its unsigned big-endian parts. */
export function rsaPublicKey(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const key = derSequence(derInteger(modulus), derInteger(exponent))
  return derSequence(derSequence(derOid(oids.rsaEncryption), derNull()), derBits(key))
}

/** SubjectPublicKeyInfo (RFC 5480) from CKA_EC_PARAMS and CKA_EC_POINT. */
export function ecPublicKey(parameters: Uint8Array, point: Uint8Array): Uint8Array {
  return derSequence(derSequence(derOid(oids.ecPublicKey), parameters), derBits(barePoint(point)))
}

/** PKCS #11 wraps a point in an OCTET STRING; some makers leave that out. A bare point has an odd length. */
function barePoint(point: Uint8Array): Uint8Array {
  try {
    const { tag, content } = readDer(point)
    if (tag === tags.octetString && content[0] === 0x04 && content.length % 2 === 1) return content
  } catch (error) {
    if (!(error instanceof DerError)) throw error
  }
  return point
}
