import { sameBytes } from '../bytes.ts'
import { hashes, readScheme, type Scheme, writeScheme } from './algorithms.ts'
import { type Certificate, isIssuedBy, readCertificate, readExtensions } from './certificate.ts'
import {
  context,
  contextOf,
  type Der,
  DerError,
  expectTag,
  fields,
  readBitString,
  readDer,
  readOid,
  readTime,
  sameDer,
  tags,
} from './der.ts'
import { der, derBits, derNull, derOctets, derOid, derSequence } from './der-write.ts'
import { oids } from './oids.ts'
import { title } from './path.ts'
import { digest, isSignedBy, sha1 } from './primitives.ts'
import { earlierOf, RevocationError, type RevocationStatement, readReason } from './revocation.ts'

/** What an OCSP responder states, the same response with nothing in it that its signature does not determine. */
export type OcspStatement = RevocationStatement & {
  readonly source: 'ocsp'
  readonly producedAt: number
  /** Null where the response has none, RFC 9654. */
  readonly nonce: Uint8Array | null
  /** DER; the responder's certificate is in it where the issuer did not sign itself. */
  readonly canonical: Uint8Array
}

const statuses = ['successful', 'malformedRequest', 'internalError', 'tryLater', '', 'sigRequired', 'unauthorized']

/**
 * What an OCSP response says of a certificate (RFC 6960 sections 3.2 and 4.2), signed by its issuer or by a responder
 * that this issuer appointed with id-kp-OCSPSigning and id-pkix-ocsp-nocheck. Throws RevocationError.
 */
export async function readOcsp(
  bytes: Uint8Array,
  certificate: Certificate,
  issuer: Certificate,
): Promise<OcspStatement> {
  try {
    return await read(bytes, certificate, issuer)
  } catch (error) {
    if (error instanceof DerError) throw new RevocationError(`the OCSP response is malformed: ${error.message}`)
    throw error
  }
}

async function read(bytes: Uint8Array, certificate: Certificate, issuer: Certificate): Promise<OcspStatement> {
  const basic = fields(readDer(readEnvelope(bytes)), 'basicOCSPResponse')
  const signed = basic.take(tags.sequence, 'tbsResponseData')
  const scheme = readScheme(basic.any('signatureAlgorithm'), 'signatureAlgorithm')
  const signature = readBitString(basic.any('signature'), 'signature')
  const brought = basic.optional(contextOf(0))
  basic.end()

  const data = fields(signed, 'tbsResponseData')
  if (data.optional(contextOf(0))) throw new DerError('not version 1')
  const responderId = data.any('responderID')
  const producedAt = readTime(data.take(tags.generalizedTime, 'producedAt'), 'producedAt')
  const responses = data.take(tags.sequence, 'responses').parts
  const extensions = readExtensions(data.optional(contextOf(1)), [oids.ocspNonce])
  data.end()

  const about = responses.filter((each) => isAbout(each, certificate, issuer))
  const [single] = about
  if (!single || about.length > 1) {
    throw new RevocationError(`the OCSP response says ${single ? 'more than one thing' : 'nothing'} of the certificate`)
  }
  const responder = await responderOf(responderId, brought, issuer, producedAt)
  if (!(await isSignedBy(responder.publicKey, scheme, signed.bytes, signature))) {
    throw new RevocationError(`the OCSP response was not signed with the key of ${title(responder)}`)
  }
  const delegate = responder === issuer ? null : responder
  const nonce = extensions.get(oids.ocspNonce)?.value
  return {
    ...readSingle(single),
    source: 'ocsp',
    responder,
    producedAt,
    nonce: nonce ? expectTag(readDer(nonce), tags.octetString, 'nonce').content : null,
    canonical: writeOcsp(signed.bytes, scheme, signature, delegate),
  }
}

function readEnvelope(bytes: Uint8Array): Uint8Array {
  const response = fields(readDer(bytes), 'ocspResponse')
  const [status = 2, ...more] = response.take(0x0a, 'responseStatus').content
  if (status !== 0 || more.length > 0) {
    throw new RevocationError(`the OCSP responder answered ${statuses[status] || `status ${status}`}`)
  }
  const held = fields(response.take(contextOf(0), 'responseBytes').parts[0], 'responseBytes')
  response.end()
  if (readOid(held.any('responseType'), 'responseType') !== oids.ocspBasic) throw new DerError('not a basic response')
  const { content } = held.take(tags.octetString, 'response')
  held.end()
  return content
}

function writeOcsp(
  signed: Uint8Array,
  scheme: Scheme,
  signature: Uint8Array,
  delegate: Certificate | null,
): Uint8Array {
  const certificates = delegate ? [der(contextOf(0), derSequence(delegate.bytes))] : []
  const basic = derSequence(signed, writeScheme(scheme, 'certificate'), derBits(signature), ...certificates)
  const held = derSequence(derOid(oids.ocspBasic), derOctets(basic))
  return derSequence(der(0x0a, Uint8Array.of(0)), der(contextOf(0), held))
}

/** The certificate of which the key must have made the signature, RFC 6960 section 4.2.2.2. */
async function responderOf(id: Der, brought: Der | undefined, issuer: Certificate, at: number): Promise<Certificate> {
  if (isNamedBy(id, issuer)) return issuer
  const given = brought ? expectTag(brought.parts[0], tags.sequence, 'certs').parts : []
  const delegate = given.map(({ bytes }) => readCertificate(bytes)).find((candidate) => isNamedBy(id, candidate))
  if (!delegate) throw new RevocationError('the certificate of the OCSP responder is not known')
  if (!(await isIssuedBy(delegate, issuer)) || !delegate.purposes?.includes(oids.ocspSigning)) {
    throw new RevocationError(`the issuer did not appoint ${title(delegate)} to answer for its certificates`)
  }
  if (!(delegate.keyUsage?.has('digitalSignature') ?? true) || at < delegate.notBefore || at > delegate.notAfter) {
    throw new RevocationError(`${title(delegate)} could not sign an OCSP response at ${new Date(at).toISOString()}`)
  }
  if (!delegate.extensions.has(oids.ocspNoCheck)) {
    throw new RevocationError(
      `nothing says whether ${title(delegate)} was revoked itself (id-pkix-ocsp-nocheck is absent)`,
    )
  }
  return delegate
}

/** ResponderID: [1] a Name, or [2] the SHA-1 of the key's octets. */
function isNamedBy({ tag, parts }: Der, certificate: Certificate): boolean {
  const [value] = parts
  if (tag === contextOf(1)) return value !== undefined && sameDer(value, certificate.subject)
  return tag === contextOf(2) && value !== undefined && sameBytes(value.content, sha1(keyOctets(certificate)))
}

/** The key without its algorithm, as both kinds of identifier hash it. */
const keyOctets = (certificate: Certificate): Uint8Array =>
  readBitString(readDer(certificate.publicKey).parts[1], 'subjectPublicKey')

function isAbout(single: Der, certificate: Certificate, issuer: Certificate): boolean {
  const id = fields(single.parts[0], 'certID')
  const algorithm = readOid(id.take(tags.sequence, 'hashAlgorithm').parts[0], 'hashAlgorithm')
  const name = id.take(tags.octetString, 'issuerNameHash').content
  const key = id.take(tags.octetString, 'issuerKeyHash').content
  const serial = id.take(tags.integer, 'serialNumber')
  id.end()
  const hash = hashNamed(algorithm)
  if (!hash || !sameDer(serial, certificate.serial)) return false
  return sameBytes(name, hash(issuer.subject.bytes)) && sameBytes(key, hash(keyOctets(issuer)))
}

/** SHA-1 only names the certificate here: the signature covers the name, and RFC 5019 wants it. */
function hashNamed(oid: string): ((bytes: Uint8Array) => Uint8Array) | undefined {
  if (oid === oids.sha1) return sha1
  const hash = hashes.find((each) => oids[each] === oid)
  return hash && ((bytes) => digest(hash, bytes))
}

function readSingle(
  single: Der,
): Pick<RevocationStatement, 'status' | 'invalidSince' | 'reason' | 'thisUpdate' | 'nextUpdate'> {
  const part = fields(single, 'singleResponse')
  part.any('certID')
  const state = part.any('certStatus')
  const thisUpdate = readTime(part.take(tags.generalizedTime, 'thisUpdate'), 'thisUpdate')
  const next = part.optional(contextOf(0))?.parts[0]
  const extensions = readExtensions(part.optional(contextOf(1)), [oids.invalidityDate])
  part.end()
  const dates = { thisUpdate, nextUpdate: next ? readTime(next, 'nextUpdate') : null }
  const nothing = { ...dates, invalidSince: null, reason: null }
  switch (state.tag) {
    case context(0):
      return { ...nothing, status: 'good' }
    case context(2):
      return { ...nothing, status: 'unknown' }
    case contextOf(1): {
      const [date, why] = state.parts
      const since = readTime(expectTag(date, tags.generalizedTime, 'revocationTime'), 'revocationTime')
      const reason = why ? readReason(expectTag(why.parts[0], 0x0a, 'revocationReason').bytes) : null
      const invalidSince = earlierOf(since, extensions.get(oids.invalidityDate)?.value)
      return { ...dates, status: 'revoked', invalidSince, reason }
    }
    default:
      throw new DerError('a certStatus that RFC 6960 does not have')
  }
}

/**
 * An OCSPRequest for one certificate (RFC 6960 section 4.1), its names by SHA-1 as RFC 5019 wants them; a nonce
 * (1 to 128 octets, RFC 9654) where one is given.
 */
export function writeOcspRequest(certificate: Certificate, issuer: Certificate, nonce?: Uint8Array): Uint8Array {
  const id = derSequence(
    derSequence(derOid(oids.sha1), derNull()),
    derOctets(sha1(issuer.subject.bytes)),
    derOctets(sha1(keyOctets(issuer))),
    certificate.serial.bytes,
  )
  const extension = nonce && derSequence(derOid(oids.ocspNonce), derOctets(derOctets(nonce)))
  const extensions = extension ? [der(contextOf(2), derSequence(extension))] : []
  return derSequence(derSequence(derSequence(derSequence(id)), ...extensions))
}
