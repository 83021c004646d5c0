import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto'
import { type Jwt, readJwt, signingInput, writeJwt } from './jwt.ts'

/** The ways in which a valid token is spoilt; each must be refused, RFC 8725 section 3. */
export const forgeries = ['alg-none', 'null-signature', 'tampered-payload', 'wrong-key'] as const
export type Forgery = (typeof forgeries)[number]

/** RFC 8725 section 3.2; some libraries compared the name with regard to case. */
const spellingsOfNone = ['none', 'None', 'NONE', 'nOnE'] as const

/** The tokens that try one forgery, made from a valid token; empty where it cannot be made from this one. */
export function forge(token: string, forgery: Forgery): readonly string[] {
  const jwt = readJwt(token)
  if (jwt === undefined) return []
  switch (forgery) {
    case 'alg-none':
      return spellingsOfNone.map((alg) => writeJwt({ ...jwt, header: { ...jwt.header, alg }, signature: '' }))
    case 'null-signature': {
      // Zeros of the right length: ECDSA verifiers that forgot to check r and s took them for good.
      const zeros = Buffer.alloc(Buffer.from(jwt.signature, 'base64url').length).toString('base64url')
      const signed = token.slice(0, token.lastIndexOf('.') + 1)
      return [signed, signed + zeros]
    }
    case 'tampered-payload':
      return [writeJwt({ ...jwt, payload: { ...jwt.payload, jti: randomUUID() } })]
    case 'wrong-key': {
      const signature = signWithOwnKey(jwt)
      return signature === undefined ? [] : [writeJwt({ ...jwt, signature })]
    }
    default:
      return forgery satisfies never
  }
}

/** A signature of the same algorithm with a key that nobody has seen; undefined for an algorithm that we do not know. */
function signWithOwnKey({ header, payload }: Jwt): string | undefined {
  const input = Buffer.from(signingInput(header, payload))
  const algorithm = typeof header.alg === 'string' ? header.alg : ''
  const [, family = '', bits = ''] = /^([A-Z]{2})(256|384|512)$/.exec(algorithm) ?? []
  switch (family) {
    case 'HS':
      return createHmac(`sha${bits}`, randomBytes(64)).update(input).digest('base64url')
    case 'RS':
      return sign(`sha${bits}`, input, rsaKey()).toString('base64url')
    case 'PS':
      // RSA_PKCS1_PSS_PADDING; the salt is as long as the digest, RFC 7518 section 3.5.
      return sign(`sha${bits}`, input, { key: rsaKey(), padding: 6, saltLength: Number(bits) / 8 }).toString(
        'base64url',
      )
    case 'ES': {
      const namedCurve = { 256: 'P-256', 384: 'P-384', 512: 'P-521' }[bits] ?? 'P-256'
      const key = generateKeyPairSync('ec', { namedCurve }).privateKey
      return sign(`sha${bits}`, input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    }
    default:
      return algorithm === 'EdDSA' || algorithm === 'Ed25519'
        ? sign(null, input, generateKeyPairSync('ed25519').privateKey).toString('base64url')
        : undefined
  }
}

let ownRsaKey: KeyObject | undefined

/** Made once: making it takes a tenth of a second. */
function rsaKey(): KeyObject {
  ownRsaKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return ownRsaKey
}
