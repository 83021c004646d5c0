import { sameBytes } from '../bytes.ts'
import { Refusal } from '../refusal.ts'
import { type Certificate, nameText } from './certificate.ts'
import { DerError, expectTag, readDerPrefix, readOid, tags } from './der.ts'
import { oids } from './oids.ts'
import { buildPath, checkDocumentUsage, checkPath, type Path, title } from './path.ts'
import { digest, isSignedBy } from './primitives.ts'
import { isCanonical, readSignedData, type SignedData } from './signed-data.ts'
import { pins } from './signing-certificate.ts'
import { isCanonicalToken, type TimestampToken, TokenError, verifyToken } from './timestamp-token.ts'

/** A detached signature that holds, each of its bytes explained. */
export type VerifiedSignature = {
  readonly signer: Certificate
  readonly path: Path
  readonly token: TimestampToken | null
}

const signedTypes: readonly string[] = [oids.contentType, oids.messageDigest, oids.signingCertificateV2]

/**
 * Verifies a CAdES baseline signature in room that may be larger than it, over content of which the parts are given.
 * Certificates must be valid at the timestamp's time, or at `at` (milliseconds since 1970) without one. Throws Refusal.
 */
export async function verifyDetached(
  room: Uint8Array,
  content: readonly Uint8Array[],
  trust: {
    readonly anchors: readonly Certificate[]
    readonly timestampAnchors: readonly Certificate[]
    readonly at: number
  },
): Promise<VerifiedSignature> {
  const data = readCanonical(room)
  checkAttributes(data, content)
  if (!(await isSignedBy(data.signer.publicKey, data.scheme, data.signedBytes, data.signature))) {
    throw new Refusal('signature-invalid', `The signature was not made with the key of ${title(data.signer)}.`)
  }
  const token = await verifyTimestamp(data, trust.timestampAnchors)
  const path = await buildPath(data.signer, data.certificates, trust.anchors)
  const [problem] = [...checkPath(path, token?.info.time ?? trust.at), ...checkDocumentUsage(path)]
  if (problem) throw new Refusal(problem.code, sentence(problem.message))
  const unused = data.certificates.find((certificate) => !path.certificates.includes(certificate))
  if (unused)
    throw new Refusal('certificate-unused', `The certificate ${title(unused)} has nothing to do with the signature.`)
  const top = path.certificates.at(-1)
  if (top && !path.complete && !pins(data.attributes, top, 'any')) throw unexplained(top)
  return { signer: data.signer, path, token }
}

/** Its own signature, or some of its bytes, could be anything. */
function unexplained(certificate: Certificate): Refusal {
  const issuer = nameText(certificate.issuer)
  return new Refusal(
    'certificate-unexplained',
    `Nothing given here can check the certificate ${title(certificate)}: give that of its issuer, «${issuer}».`,
  )
}

function readCanonical(room: Uint8Array): SignedData {
  try {
    const bytes = withoutPadding(room)
    const data = readSignedData(bytes)
    if (isCanonical(bytes, data)) return data
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Refusal('cms-malformed', `The signature is not well-formed: ${error.message}.`)
  }
  throw new Refusal('cms-not-canonical', 'The signature holds bytes that nobody vouches for.')
}

/** The CMS at the front of its room; throws DerError, or Refusal where anything but zeros follows. */
function withoutPadding(room: Uint8Array): Uint8Array {
  const { end } = readDerPrefix(room)
  if (room.subarray(end).every((byte) => byte === 0)) return room.subarray(0, end)
  throw new Refusal('contents-padding', 'Something other than zeros stands behind the signature in its room.')
}

function checkAttributes(data: SignedData, content: readonly Uint8Array[]): void {
  const { attributes } = data
  if (data.contentType !== oids.data || data.content)
    throw new Refusal('cms-malformed', 'The signature is not detached.')
  for (const type of attributes.keys()) {
    if (!signedTypes.includes(type)) {
      throw new Refusal('cms-attribute', `The signature has the signed attribute ${type}, which does not belong there.`)
    }
  }
  try {
    const digestValue = expectTag(attributes.get(oids.messageDigest), tags.octetString, 'message-digest').content
    if (!sameBytes(digestValue, digest(data.hash, ...content))) {
      throw new Refusal('digest-mismatch', 'The document was changed after it was signed: its digest is another one.')
    }
    if (readOid(attributes.get(oids.contentType), 'content-type') !== oids.data) throw new DerError('content-type')
    if (pins(attributes, data.signer, 'first')) return
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Refusal('cms-malformed', `A signed attribute is not well-formed: ${error.message}.`)
  }
  throw new Refusal('signing-certificate', "The signature does not pin the signer's certificate.")
}

async function verifyTimestamp(data: SignedData, anchors: readonly Certificate[]): Promise<TimestampToken | null> {
  const value = data.unsigned.get(oids.signatureTimeStampToken)
  if (data.unsigned.size > (value ? 1 : 0)) {
    throw new Refusal('cms-attribute', 'The signature has an unsigned attribute other than its timestamp.')
  }
  return value ? await verifyStamp(value.bytes, digest('sha256', data.signature), anchors) : null
}

/** Verifies a document timestamp (EN 319 142-1 section 5.4.3) in its room, over content of which the parts are given; throws Refusal. */
export async function verifyDocumentStamp(
  room: Uint8Array,
  content: readonly Uint8Array[],
  anchors: readonly Certificate[],
): Promise<TimestampToken> {
  try {
    return await verifyStamp(withoutPadding(room), digest('sha256', ...content), anchors)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Refusal('timestamp-invalid', `The timestamp of the document is not well-formed: ${error.message}.`)
  }
}

async function verifyStamp(
  bytes: Uint8Array,
  imprint: Uint8Array,
  anchors: readonly Certificate[],
): Promise<TimestampToken> {
  try {
    const token = await verifyToken(bytes, imprint, anchors)
    const [, ...issuers] = token.path.certificates
    const top = issuers.at(-1)
    if (top && !token.path.complete) throw unexplained(top)
    if (isCanonicalToken(bytes, token)) return token
  } catch (error) {
    if (!(error instanceof DerError || error instanceof TokenError)) throw error
    throw new Refusal('timestamp-invalid', `The timestamp does not hold: ${error.message}.`)
  }
  throw new Refusal('timestamp-not-canonical', 'The timestamp holds bytes that nobody vouches for.')
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
