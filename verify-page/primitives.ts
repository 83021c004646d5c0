import { md5 as md5Of, sha1 as sha1Of } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { concat } from '../src/signing/bytes.ts'
import { type Hash, hashBytes, type Scheme } from '../src/signing/cms/algorithms.ts'
import { type Der, DerError, fields, readBitString, readDer, readOid, tags } from '../src/signing/cms/der.ts'

/*
 * The browser's half of src/signing/cms/primitives.ts: the same names, the same promises. Signatures are checked by
 * WebCrypto; digests are not, since it has them only asynchronously, and no MD5.
 */

const hashOf = { sha256, sha384, sha512 } as const

/** A digest of the concatenated parts. */
export function digest(hash: Hash, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = hashOf[hash].create()
  for (const part of parts) state.update(part)
  return state.digest()
}

/** SHA-1, for the one place where RFC 3161 fixed it: a token's signing-certificate attribute. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return sha1Of(bytes)
}

/** MD5, for the checksums that ISO 32000-1 section 7.11.4 wants of embedded files; nothing relies on it. */
export function md5(bytes: Uint8Array): Uint8Array {
  return md5Of(bytes)
}

/**
 * The content of a zlib stream (RFC 1950) that ends with the bytes; rejects where it is faulty, where anything follows
 * it, and where its content is larger than `most` bytes.
 */
export async function inflate(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const reader = new Blob([Uint8Array.from(bytes)]).stream().pipeThrough(new DecompressionStream('deflate')).getReader()
  const parts: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concat(...parts)
    size += value.length
    if (size > Math.max(1, most)) {
      await reader.cancel()
      throw new RangeError('the content is too large')
    }
    parts.push(value)
  }
}

/**
 * Whether a signature over data was made by the holder of a public key (SubjectPublicKeyInfo, DER). False, never an
 * error, where key and scheme do not fit or either cannot be read; RSA under 2048 bits counts as unfit.
 */
export async function isSignedBy(
  publicKey: Uint8Array,
  scheme: Scheme,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    const key = readKey(publicKey)
    switch (scheme.kind) {
      case 'ecdsa':
        return await verify(
          publicKey,
          { name: 'ECDSA', namedCurve: curveOf(key).name },
          { name: 'ECDSA', hash: webNames[scheme.hash] },
          plainSignature(signature, curveOf(key).size),
          data,
        )
      case 'rsa':
      case 'rsa-pss': {
        if (key.algorithm !== '1.2.840.113549.1.1.1' || modulusBits(publicKey) < 2048) return false
        const name = scheme.kind === 'rsa' ? 'RSASSA-PKCS1-v1_5' : 'RSA-PSS'
        const use = { name, saltLength: hashBytes[scheme.hash] }
        return await verify(publicKey, { name, hash: webNames[scheme.hash] }, use, signature, data)
      }
      case 'ed25519':
        return await verify(publicKey, { name: 'Ed25519' }, { name: 'Ed25519' }, signature, data)
      default:
        return scheme satisfies never
    }
  } catch {
    return false
  }
}

type Subtle = typeof globalThis.crypto.subtle
type Import = Parameters<Subtle['importKey']>[2]
type Use = Parameters<Subtle['verify']>[0]

async function verify(publicKey: Uint8Array, as: Import, use: Use, signature: Uint8Array, data: Uint8Array) {
  const { subtle } = globalThis.crypto
  const key = await subtle.importKey('spki', Uint8Array.from(publicKey), as, false, ['verify'])
  return subtle.verify(use, key, Uint8Array.from(signature), Uint8Array.from(data))
}

const webNames = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const

/** The curves that WebCrypto has, by their object identifiers; `size` is that of a coordinate in bytes. */
const curves: { readonly [oid: string]: { readonly name: string; readonly size: number } } = {
  '1.2.840.10045.3.1.7': { name: 'P-256', size: 32 },
  '1.3.132.0.34': { name: 'P-384', size: 48 },
  '1.3.132.0.35': { name: 'P-521', size: 66 },
}

type Key = { readonly algorithm: string; readonly parameters: Der | undefined }

function readKey(publicKey: Uint8Array): Key {
  const [identifier] = readDer(publicKey).parts
  const part = fields(identifier, 'algorithm')
  return { algorithm: readOid(part.any('algorithm'), 'algorithm'), parameters: identifier?.parts[1] }
}

function curveOf({ algorithm, parameters }: Key): { readonly name: string; readonly size: number } {
  const curve = algorithm === '1.2.840.10045.2.1' ? curves[readOid(parameters, 'curve')] : undefined
  if (!curve) throw new DerError('a key on a curve that browsers do not have')
  return curve
}

function modulusBits(publicKey: Uint8Array): number {
  const bits = readBitString(readDer(publicKey).parts[1], 'key')
  const modulus = readDer(bits).parts[0]?.content ?? new Uint8Array()
  const from = modulus.findIndex((byte) => byte !== 0)
  return from < 0 ? 0 : (modulus.length - from) * 8 - Math.clz32(modulus[from] ?? 0) + 24
}

/** The r ‖ s that WebCrypto wants from an ECDSA-Sig-Value, which is read as strictly as Node's half reads it. */
function plainSignature(signature: Uint8Array, size: number): Uint8Array {
  const { tag, parts } = readDer(signature)
  const [r, s] = parts
  if (tag !== tags.sequence || parts.length !== 2 || !r || !s) throw new DerError('not ECDSA')
  return concat(coordinate(r, size), coordinate(s, size))
}

function coordinate({ tag, content }: Der, size: number): Uint8Array {
  const bytes = content[0] === 0 ? content.subarray(1) : content
  if (tag !== tags.integer || (content[0] ?? 0x80) >= 0x80 || bytes.length > size) throw new DerError('not ECDSA')
  return concat(new Uint8Array(size - bytes.length), bytes)
}
