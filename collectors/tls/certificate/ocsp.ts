import { createHash } from 'node:crypto'
import { type Instant, later } from '../../../src/model/time.ts'
import { WireError } from '../wire/bytes.ts'
import { type Der, derTags, readDer, readInside, readOid, writeDer } from './der.ts'
import { type Certificate, parseCertificate } from './parse.ts'
import { checkSignature, readSigned, readTime } from './signed.ts'
import { readIdentity } from './tbs.ts'
import { hasIssued } from './trust.ts'

/** What a revocation service says of one certificate, once its signature, its dates and its authority are checked. */
export type Statement = {
  /** `invalid`: there is an answer, and it proves nothing; `undetermined`: it could not be checked. */
  readonly status: 'good' | 'revoked' | 'unknown' | 'invalid' | 'undetermined'
  /** Why it is invalid or undetermined, or why the certificate was revoked; or null. */
  readonly reason: string | null
  readonly thisUpdate: Instant | null
  readonly nextUpdate: Instant | null
  /** Who signed it, as a subject; null where nobody who may did. */
  readonly responder: string | null
  readonly revokedAt: Instant | null
  /** A list of signed certificate timestamps that came along. */
  readonly timestamps: Uint8Array | null
}

/** Nothing said. */
export const noStatement: Omit<Statement, 'status' | 'reason'> = {
  thisUpdate: null,
  nextUpdate: null,
  responder: null,
  revokedAt: null,
  timestamps: null,
}

const responseStatuses = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  '',
  'sigRequired',
  'unauthorized',
]
/** CRLReason, RFC 5280 section 5.3.1. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  '',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const
const basicResponse = '1.3.6.1.5.5.7.48.1.1'
const ocspSigning = '1.3.6.1.5.5.7.3.9'
const timestampList = '1.3.6.1.4.1.11129.2.4.5'
/** Clocks differ. */
const leewayMs = 300_000
/**
 * Without nextUpdate there is newer information at any time (RFC 6960 section 4.2.2.1): such a `good` counts for the ten
 * days that the Baseline Requirements (section 4.9.10) allow a response at most.
 */
const undatedMs = 10 * 86_400_000

/** Reads an OCSP response (RFC 6960) and checks it for one certificate and its issuer, as of a moment. Never throws. */
export function judgeOcsp(
  response: Uint8Array,
  certificate: Certificate,
  issuer: Certificate | undefined,
  at: Instant,
): Statement {
  try {
    return judge(response, certificate, issuer, at)
  } catch (error) {
    if (error instanceof WireError) return invalid('the OCSP response is malformed')
    throw error
  }
}

function invalid(reason: string): Statement {
  return { ...noStatement, status: 'invalid', reason }
}

function judge(
  response: Uint8Array,
  certificate: Certificate,
  issuer: Certificate | undefined,
  at: Instant,
): Statement {
  const [status, bytes] = readInside(response, derTags.sequence)
  const code = status?.content[0] ?? 0
  if (code !== 0) return invalid(`the OCSP responder answered ${responseStatuses[code] || code}`)
  const [type, basic] = readDer(readDer(bytes?.content ?? new Uint8Array())[0]?.content ?? new Uint8Array())
  if (!type || readOid(type.content) !== basicResponse || !basic) return invalid('the OCSP response is not a basic one')
  if (!issuer) {
    return { ...noStatement, status: 'undetermined', reason: 'the issuer that must have signed it is not known' }
  }
  const signed = readSigned(basic.content)
  const data = readDer(signed.tbs.content).filter(({ tag }) => tag !== 0xa0)
  const [responderId, , responses] = data
  if (!responderId || !responses) return invalid('the OCSP response is malformed')
  const single = readDer(responses.content).find((each) => isAbout(each, certificate, issuer))
  if (!single) return invalid('the OCSP response is about another certificate')
  const signer = signerOf(responderId, signed.rest, issuer, at)
  if (typeof signer === 'string') return invalid(signer)
  const check = checkSignature(signed, signer.x509.publicKey)
  if (check === 'invalid') return invalid('the signature of the OCSP response is not valid')
  if (check === 'unknown') {
    return { ...noStatement, status: 'undetermined', reason: 'the OCSP response is signed with an unknown algorithm' }
  }
  return { ...readSingle(single, at), responder: signer.subject }
}

/** The certificate whose key must have made the signature: the issuer's, or one that it gave this task. */
function signerOf(id: Der, rest: readonly Der[], issuer: Certificate, at: Instant): Certificate | string {
  const list = rest.find(({ tag }) => tag === 0xa0)
  const brought = list ? readInside(list.content, derTags.sequence) : []
  const candidates = brought.flatMap(({ raw }) => {
    const parsed = parseCertificate(raw)
    return 'problem' in parsed ? [] : [parsed]
  })
  if (isNamedBy(id, issuer)) return issuer
  const delegate = candidates.find((each) => isNamedBy(id, each))
  if (!delegate) return 'the signer of the OCSP response is not known'
  if (!hasIssued(issuer, delegate)) return 'the signer of the OCSP response was not appointed by the issuer'
  if (!delegate.extendedKeyUsage?.includes(ocspSigning)) return 'the signer of the OCSP response may not sign any'
  if (at < delegate.notBefore || at > delegate.notAfter) return 'the certificate of the OCSP signer is outdated'
  return delegate
}

/** ResponderID: [1] a Name, [2] the SHA-1 of a key. */
function isNamedBy({ tag, content }: Der, { der }: Certificate): boolean {
  const { subject, publicKey } = readIdentity(der)
  if (tag === 0xa1) return Buffer.from(content).equals(subject)
  const hash = readDer(content)[0]?.content
  return tag === 0xa2 && hash !== undefined && hashOf('sha1', publicKey).equals(hash)
}

const certIdHashes: { readonly [oid: string]: string } = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

function isAbout(single: Der, certificate: Certificate, issuer: Certificate): boolean {
  const [id] = readDer(single.content)
  const [algorithm, name, key, serial] = readDer(id?.content ?? new Uint8Array())
  const oid = algorithm && readDer(algorithm.content)[0]
  const hash = oid && certIdHashes[readOid(oid.content)]
  if (!hash || !name || !key || !serial) return false
  const own = readIdentity(certificate.der)
  return (
    Buffer.from(serial.content).equals(own.serial) &&
    hashOf(hash, own.issuer).equals(name.content) &&
    hashOf(hash, readIdentity(issuer.der).publicKey).equals(key.content)
  )
}

function readSingle(single: Der, at: Instant): Omit<Statement, 'responder'> {
  const [, state, update, ...more] = readDer(single.content)
  if (!state || !update) throw new WireError('no single response')
  const thisUpdate = readTime(update)
  const next = more.find(({ tag }) => tag === 0xa0)
  const [nextTime] = next ? readDer(next.content) : []
  const nextUpdate = nextTime ? readTime(nextTime) : null
  const dates = { thisUpdate, nextUpdate, revokedAt: null, timestamps: timestampsOf(more) }
  if (thisUpdate > later(at, leewayMs)) {
    return { ...dates, status: 'invalid', reason: `the OCSP response is from the future, ${thisUpdate}` }
  }
  if (nextUpdate !== null && nextUpdate < later(at, -leewayMs)) {
    return { ...dates, status: 'invalid', reason: `the OCSP response was valid until ${nextUpdate}` }
  }
  switch (state.tag & 0x1f) {
    case 0:
      if (nextUpdate === null && thisUpdate < later(at, -undatedMs)) {
        const reason = `the OCSP response is of ${thisUpdate} and does not say until when it counts`
        return { ...dates, status: 'undetermined', reason }
      }
      return { ...dates, status: 'good', reason: null }
    case 1: {
      const [when, why] = readDer(state.content)
      const code = why && readDer(why.content)[0]?.content[0]
      const reason = revocationReasons[code ?? 0] || 'unspecified'
      return { ...dates, status: 'revoked', reason, revokedAt: when ? readTime(when) : null }
    }
    default:
      return { ...dates, status: 'unknown', reason: 'the responder does not know the certificate' }
  }
}

function timestampsOf(parts: readonly Der[]): Uint8Array | null {
  const list = parts.find(({ tag }) => tag === 0xa1)
  const extensions = list ? readInside(list.content, derTags.sequence) : []
  for (const { content } of extensions) {
    const fields = readDer(content)
    const value = fields.at(-1)
    if (fields[0] && value && readOid(fields[0].content) === timestampList)
      return readDer(value.content)[0]?.content ?? null
  }
  return null
}

/** An OCSPRequest for one certificate, RFC 6960 section 4.1, with SHA-1 names as RFC 5019 wants them. */
export function ocspRequest(certificate: Certificate, issuer: Certificate): Uint8Array {
  const own = readIdentity(certificate.der)
  const { publicKey } = readIdentity(issuer.der)
  const algorithm = writeDer(derTags.sequence, writeDer(derTags.objectIdentifier, sha1Oid), [5, 0])
  const id = writeDer(
    derTags.sequence,
    algorithm,
    writeDer(derTags.octetString, hashOf('sha1', own.issuer)),
    writeDer(derTags.octetString, hashOf('sha1', publicKey)),
    writeDer(derTags.integer, own.serial),
  )
  const list = writeDer(derTags.sequence, writeDer(derTags.sequence, id))
  return writeDer(derTags.sequence, writeDer(derTags.sequence, list))
}

const sha1Oid = Uint8Array.of(0x2b, 0x0e, 0x03, 0x02, 0x1a)

function hashOf(algorithm: string, bytes: Uint8Array): Buffer {
  return createHash(algorithm).update(bytes).digest()
}
