import { sameBytes } from '../bytes.ts'
import { type Hash, readHash } from './algorithms.ts'
import { type Certificate, readExtensionList } from './certificate.ts'
import {
  context,
  contextOf,
  type Der,
  DerError,
  expectTag,
  fields,
  readDer,
  readOid,
  readSmallInteger,
  readTime,
  tags,
} from './der.ts'
import { oids } from './oids.ts'
import { buildPath, checkPath, checkTimestampUsage, type Path, title } from './path.ts'
import { digest, isSignedBy } from './primitives.ts'
import { readSignedData, type SignedData, writeSignedData } from './signed-data.ts'
import { pinsInToken } from './signing-certificate.ts'

/** What a time-stamp authority states, RFC 3161 section 2.4.2. */
export type TimestampInfo = {
  readonly policy: string
  readonly hash: Hash
  readonly imprint: Uint8Array
  /** Content octets of the INTEGER. */
  readonly serial: Uint8Array
  /** Milliseconds since 1970. */
  readonly time: number
  /** How far the time may be off, in milliseconds; null where the authority does not say. */
  readonly accuracyMs: number | null
  readonly nonce: Uint8Array | null
}

/** A token whose signature holds. */
export type TimestampToken = {
  readonly info: TimestampInfo
  readonly data: SignedData
  readonly signer: Certificate
  readonly path: Path
}

/** Why a token is not to be believed. */
export class TokenError extends Error {}

/** Reads TSTInfo; throws DerError. */
export function readTimestampInfo(bytes: Uint8Array): TimestampInfo {
  const part = fields(readDer(bytes), 'tstInfo')
  if (readSmallInteger(part.any('version'), 'version') !== 1) throw new DerError('TSTInfo is not version 1')
  const policy = readOid(part.any('policy'), 'policy')
  const imprint = fields(part.any('messageImprint'), 'messageImprint')
  const hash = readHash(imprint.any('hashAlgorithm'), 'hashAlgorithm')
  const hashed = imprint.take(tags.octetString, 'hashedMessage').content
  imprint.end()
  const serial = part.take(tags.integer, 'serialNumber').content
  const time = readTime(part.take(tags.generalizedTime, 'genTime'), 'genTime')
  const accuracyMs = readAccuracy(part.optional(tags.sequence))
  part.optional(tags.boolean)
  const nonce = part.optional(tags.integer)?.content ?? null
  part.optional(contextOf(0))
  const extensions = part.optional(contextOf(1))
  part.end()
  // [1] IMPLICIT Extensions: of those that must be understood, none is.
  if (extensions) readExtensionList({ ...extensions, tag: tags.sequence }, [])
  return { policy, hash, imprint: hashed, serial, time, accuracyMs, nonce }
}

/** Accuracy, RFC 3161 section 2.4.2: seconds, and thousandths and millionths from 1 to 999 each; microseconds round up. */
function readAccuracy(value: Der | undefined): number | null {
  if (!value) return null
  const part = fields(value, 'accuracy')
  const seconds = part.optional(tags.integer)
  const fraction = (tag: number, name: string): number => {
    const found = part.optional(tag)
    if (!found) return 0
    const [high = 0, low] = found.content
    const number = low === undefined ? high : high * 256 + low
    if (found.content.length > 2 || high >= 0x80 || number < 1 || number > 999) throw new DerError(`a faulty ${name}`)
    return number
  }
  const millis = fraction(context(0), 'accuracy.millis')
  const micros = fraction(context(1), 'accuracy.micros')
  part.end()
  return (seconds ? readSmallInteger(seconds, 'accuracy.seconds') * 1000 : 0) + millis + Math.ceil(micros / 1000)
}

/**
 * Checks that a token states a time for a SHA-256 digest, and that its authority's certificates, which must be good for
 * time-stamping at that time, lead to one of the anchors where any is given. Throws TokenError or DerError.
 */
export async function verifyToken(
  token: Uint8Array,
  imprint: Uint8Array,
  anchors: readonly Certificate[],
): Promise<TimestampToken> {
  const data = readSignedData(token)
  if (data.contentType !== oids.tstInfo || !data.content) throw new TokenError('it is not a time-stamp token')
  const info = readTimestampInfo(data.content)
  if (info.hash !== 'sha256' || !sameBytes(info.imprint, imprint)) throw new TokenError('it is about other data')
  await checkSignature(data, data.content)
  if (!pinsInToken(data.attributes, data.signer)) {
    throw new TokenError('it does not pin its certificate with signing-certificate or its successor')
  }
  const path = await buildPath(data.signer, data.certificates, anchors)
  const [problem] = [...checkPath(path, info.time), ...checkTimestampUsage(path)]
  if (problem) throw new TokenError(problem.message)
  return { info, data, signer: data.signer, path }
}

/** Checks the signature over the attributes and theirs over the content; throws TokenError. */
async function checkSignature(data: SignedData, content: Uint8Array): Promise<void> {
  checkAttributes(data.attributes, data, content)
  if (!(await isSignedBy(data.signer.publicKey, data.scheme, data.signedBytes, data.signature))) {
    throw new TokenError(`its signature was not made with the key of ${title(data.signer)}`)
  }
}

function checkAttributes(attributes: ReadonlyMap<string, Der>, data: SignedData, content: Uint8Array): void {
  const type = attributes.get(oids.contentType)
  if (!type || readOid(type, 'content-type') !== data.contentType) throw new TokenError('its content-type does not fit')
  const stated = expectTag(attributes.get(oids.messageDigest), tags.octetString, 'message-digest').content
  if (!sameBytes(stated, digest(data.hash, content))) throw new TokenError('its content was changed')
}

/**
 * The same token with nothing in it that its signature does not determine, and all that a verifier needs to explain each
 * byte: certificates up to a self-signed one, taken from the token and from `known`, or the authority's own alone (which
 * the signature pins) where that cannot be reached; no CRLs, no unsigned attributes, algorithm identifiers in one form.
 */
export async function canonicalToken(
  { data, signer }: TimestampToken,
  known: readonly Certificate[],
): Promise<Uint8Array> {
  const { certificates, complete, problems } = await buildPath(signer, [...data.certificates, ...known], [])
  const kept = complete && problems.length === 0 ? certificates : [signer]
  return writeSignedData({ ...data, certificates: kept, unsigned: new Map() })
}

/** Whether a token is in that form as far as its own certificates go. */
export function isCanonicalToken(bytes: Uint8Array, { data, path }: TimestampToken): boolean {
  return sameBytes(bytes, writeSignedData({ ...data, certificates: path.certificates, unsigned: new Map() }))
}

/**
 * The same check for a token that must be in that form, so that each of its bytes is vouched for; throws TokenError or
 * DerError.
 */
export async function verifyCanonicalToken(
  bytes: Uint8Array,
  imprint: Uint8Array,
  anchors: readonly Certificate[],
): Promise<TimestampToken> {
  const token = await verifyToken(bytes, imprint, anchors)
  const [, ...issuers] = token.path.certificates
  if (!isCanonicalToken(bytes, token) || (issuers.length > 0 && !token.path.complete)) {
    throw new TokenError('it holds bytes that nobody vouches for')
  }
  return token
}
