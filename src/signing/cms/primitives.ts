import { createHash, createPublicKey, verify } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { type Hash, hashBytes, type Scheme } from './algorithms.ts'
import { DerError, readDer } from './der.ts'

/*
 * Everything that verification takes from its runtime stands here, so that a browser's (verify-page/primitives.ts) can
 * take its place. What a browser can only do asynchronously is awaited for that reason.
 */

/** A digest of the concatenated parts. */
export function digest(hash: Hash, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = createHash(hash)
  for (const part of parts) state.update(part)
  return new Uint8Array(state.digest())
}

/** SHA-1, for the one place where RFC 3161 fixed it: a token's signing-certificate attribute. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha1').update(bytes).digest())
}

/** MD5, for the checksums that ISO 32000-1 section 7.11.4 wants of embedded files; nothing relies on it. */
export function md5(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('md5').update(bytes).digest())
}

/**
 * The content of a zlib stream (RFC 1950) that ends with the bytes; rejects where it is faulty, where anything follows
 * it, and where its content is larger than `most` bytes.
 */
export async function inflate(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const options = { maxOutputLength: Math.max(1, most), info: true } as const
  // What `info` adds is documented, but not in the types.
  const unpacked: unknown = inflateSync(bytes, options)
  const { buffer, engine } = unpacked as {
    readonly buffer: Uint8Array
    readonly engine: { readonly bytesWritten: number }
  }
  if (engine.bytesWritten !== bytes.length) throw new RangeError('something follows the compressed content')
  return new Uint8Array(buffer)
}

/**
 * Whether a signature over data was made by the holder of a public key (SubjectPublicKeyInfo, DER). False, never an
 * error, where key and scheme do not fit or either cannot be read; RSA under 2048 bits counts as unfit, and
 * so do curves other than those of NIST and Brainpool from 256 bits on.
 */
export async function isSignedBy(
  publicKey: Uint8Array,
  scheme: Scheme,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    const key = createPublicKey({ key: publicKey as Buffer, format: 'der', type: 'spki' })
    switch (scheme.kind) {
      case 'ecdsa':
        checkEcdsaForm(signature)
        return key.asymmetricKeyType === 'ec' && isKnownCurve(key) && verify(scheme.hash, data, key, signature)
      case 'rsa':
        return key.asymmetricKeyType === 'rsa' && isLongEnough(key) && verify(scheme.hash, data, key, signature)
      case 'rsa-pss': {
        const options = { key, padding: 6, saltLength: hashBytes[scheme.hash] }
        return key.asymmetricKeyType === 'rsa' && isLongEnough(key) && verify(scheme.hash, data, options, signature)
      }
      case 'ed25519':
        return key.asymmetricKeyType === 'ed25519' && verify(null, data, key, signature)
      default:
        return scheme satisfies never
    }
  } catch {
    return false
  }
}

/** By the names that OpenSSL has for them. A curve that a key spells out in numbers has none: it could be any. */
const curves = ['prime256v1', 'secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']

function isKnownCurve(key: { readonly asymmetricKeyDetails?: { namedCurve?: string } }): boolean {
  return curves.includes(key.asymmetricKeyDetails?.namedCurve ?? '')
}

/** ECDSA-Sig-Value is two INTEGERs, strictly DER, so that a signature has one spelling. */
function checkEcdsaForm(signature: Uint8Array): void {
  const { tag, parts } = readDer(signature)
  if (tag !== 0x30 || parts.length !== 2 || parts.some((part) => part.tag !== 0x02)) throw new DerError('not ECDSA')
}

function isLongEnough(key: { readonly asymmetricKeyDetails?: { modulusLength?: number } }): boolean {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048
}
