import { sameBytes } from '../bytes.ts'
import { contextOf, type Der, DerError, fields, readOid, tags } from './der.ts'
import { der, derInteger, derNull, derOid, derSequence } from './der-write.ts'
import { oids } from './oids.ts'

/** The digests that a signature may rest on; SHA-1 and older are refused everywhere. */
export const hashes = ['sha256', 'sha384', 'sha512'] as const
export type Hash = (typeof hashes)[number]

/** How a signature was made: everything that a verifier needs besides key, data and signature. */
export type Scheme =
  | { readonly kind: 'ecdsa' | 'rsa'; readonly hash: Hash }
  /** RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash. */
  | { readonly kind: 'rsa-pss'; readonly hash: Hash }
  | { readonly kind: 'ed25519' }

export const hashBytes: { readonly [hash in Hash]: number } = { sha256: 32, sha384: 48, sha512: 64 }

const combined: { readonly [oid: string]: Scheme } = {
  [oids.ecdsaWithSha256]: { kind: 'ecdsa', hash: 'sha256' },
  [oids.ecdsaWithSha384]: { kind: 'ecdsa', hash: 'sha384' },
  [oids.ecdsaWithSha512]: { kind: 'ecdsa', hash: 'sha512' },
  [oids.sha256WithRsa]: { kind: 'rsa', hash: 'sha256' },
  [oids.sha384WithRsa]: { kind: 'rsa', hash: 'sha384' },
  [oids.sha512WithRsa]: { kind: 'rsa', hash: 'sha512' },
  [oids.ed25519]: { kind: 'ed25519' },
}

/** The hash that a digest AlgorithmIdentifier names, its parameters absent or NULL (RFC 5754 section 2). */
export function readHash(value: Der | undefined, what: string): Hash {
  const part = fields(value, what)
  const oid = readOid(part.any('algorithm'), what)
  part.optional(tags.null)
  part.end()
  const hash = hashes.find((name) => oids[name] === oid)
  if (!hash) throw new DerError(`${what} is ${oid}, not SHA-256, SHA-384 or SHA-512`)
  return hash
}

/** AlgorithmIdentifier of a digest, parameters absent (RFC 5754 section 2). */
export const writeHash = (hash: Hash): Uint8Array => derSequence(derOid(oids[hash]))

/**
 * What a signature AlgorithmIdentifier says. `digest` is the hash to take where it names none (rsaEncryption in CMS,
 * RFC 3370 section 3.2), and the only one allowed where it does.
 */
export function readScheme(value: Der | undefined, what: string, digest?: Hash): Scheme {
  const part = fields(value, what)
  const oid = readOid(part.any('algorithm'), what)
  const scheme = oid === oids.rsassaPss ? readPss(part.any('parameters'), what) : namedScheme(oid, what, digest)
  // RFC 4055 section 5: NULL is to be written, and its absence to be accepted.
  if (scheme.kind === 'rsa') part.optional(tags.null)
  part.end()
  if (digest && 'hash' in scheme && scheme.hash !== digest) throw new DerError(`${what} does not fit the digest`)
  return scheme
}

function namedScheme(oid: string, what: string, digest: Hash | undefined): Scheme {
  if (oid === oids.rsaEncryption && digest) return { kind: 'rsa', hash: digest }
  const scheme = combined[oid]
  if (!scheme) throw new DerError(`${what} is ${oid}, which is not supported`)
  return scheme
}

function readPss(parameters: Der, what: string): Scheme {
  const hash = hashes.find((name) => {
    const plain = pssParameters(name, writeHash(name))
    const withNull = pssParameters(name, derSequence(derOid(oids[name]), derNull()))
    return sameBytes(parameters.bytes, plain) || sameBytes(parameters.bytes, withNull)
  })
  if (!hash) throw new DerError(`${what} has RSASSA-PSS parameters that are not supported`)
  return { kind: 'rsa-pss', hash }
}

function pssParameters(hash: Hash, algorithm: Uint8Array): Uint8Array {
  return derSequence(
    der(contextOf(0), algorithm),
    der(contextOf(1), derSequence(derOid(oids.mgf1), algorithm)),
    der(contextOf(2), derInteger(hashBytes[hash])),
  )
}

/** The one AlgorithmIdentifier that we write for a scheme, as `certificate` signature or in a CMS SignerInfo. */
export function writeScheme(scheme: Scheme, place: 'certificate' | 'signer-info'): Uint8Array {
  switch (scheme.kind) {
    case 'ecdsa':
      return derSequence(derOid(oids[`ecdsaWith${hashNames[scheme.hash]}`]))
    case 'rsa':
      return place === 'signer-info'
        ? derSequence(derOid(oids.rsaEncryption), derNull())
        : derSequence(derOid(oids[`${scheme.hash}WithRsa`]), derNull())
    case 'rsa-pss':
      return derSequence(derOid(oids.rsassaPss), pssParameters(scheme.hash, writeHash(scheme.hash)))
    case 'ed25519':
      return derSequence(derOid(oids.ed25519))
    default:
      return scheme satisfies never
  }
}

const hashNames = { sha256: 'Sha256', sha384: 'Sha384', sha512: 'Sha512' } as const
