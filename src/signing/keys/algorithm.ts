import { createPublicKey, type KeyObject } from 'node:crypto'
import { SigningError } from '../../model/errors.ts'
import type { Scheme } from '../cms/algorithms.ts'
import type { SignatureAlgorithm } from '../signer.ts'

/** How a key signs reports; throws SigningError `AFD_KEY_UNSUITABLE` where it cannot. */
export function algorithmOf(key: KeyObject): SignatureAlgorithm {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'ecdsa-p256-sha256'
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'secp384r1') return 'ecdsa-p384-sha384'
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= 2048) return 'rsa-sha256'
  throw new SigningError('AFD_KEY_UNSUITABLE', `a ${key.asymmetricKeyType} key cannot sign reports`, {
    hint: 'Reports are signed with ECDSA on P-256 or P-384, or with RSA of at least 2048 bits.',
  })
}

/** The public key in a SubjectPublicKeyInfo (DER); throws SigningError where it is none. */
export function readPublicKey(info: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(info), format: 'der', type: 'spki' })
  } catch (cause) {
    throw new SigningError('AFD_KEY_UNSUITABLE', 'the public half of the key cannot be read', {
      hint: 'Reports are signed with ECDSA on P-256 or P-384, or with RSA of at least 2048 bits.',
      cause,
    })
  }
}

/** How signatures of an algorithm are written and verified. */
export function schemeOf(algorithm: SignatureAlgorithm): Scheme & { readonly hash: 'sha256' | 'sha384' } {
  switch (algorithm) {
    case 'ecdsa-p256-sha256':
      return { kind: 'ecdsa', hash: 'sha256' }
    case 'ecdsa-p384-sha384':
      return { kind: 'ecdsa', hash: 'sha384' }
    case 'rsa-sha256':
      return { kind: 'rsa', hash: 'sha256' }
    default:
      return algorithm satisfies never
  }
}
