import type { Certificate } from './certificate.ts'
import { context, contextOf, DerError, expectTag, fields, readDer, readOid, readTime, tags } from './der.ts'
import { oids } from './oids.ts'

/** Why a list or a response proves nothing of a certificate. */
export class RevocationError extends Error {}

/** CRLReason, RFC 5280 section 5.3.1. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'unspecified',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const
export type RevocationReason = (typeof revocationReasons)[number]

/** What somebody who may say so says of one certificate. Times are milliseconds since 1970. */
export type RevocationStatement = {
  readonly source: 'ocsp' | 'crl'
  readonly status: 'good' | 'revoked' | 'unknown'
  /** When the certificate stopped being valid: its revocation, or an earlier date of invalidity; null unless revoked. */
  readonly invalidSince: number | null
  /** Null where none is given, too: RFC 3161 section 4 tells that from `unspecified`. */
  readonly reason: RevocationReason | null
  readonly thisUpdate: number
  /** Null where an OCSP responder always has newer information. */
  readonly nextUpdate: number | null
  /** Whose key signed it: the issuer itself, or a responder that it appointed. */
  readonly responder: Certificate
}

/** Where a certificate says that its revocation is told: http URLs (what they give is signed), in its own order. */
export type RevocationSources = { readonly ocsp: readonly string[]; readonly crl: readonly string[] }

/** Reads authorityInfoAccess and cRLDistributionPoints (RFC 5280 4.2.2.1, 4.2.1.13); what cannot be read names nothing. */
export function revocationSources(certificate: Certificate): RevocationSources {
  return {
    ocsp: lenient(() => ocspUrls(certificate.extensions.get(oids.authorityInformationAccess)?.value)),
    crl: lenient(() => crlUrls(certificate.extensions.get(oids.crlDistributionPoints)?.value)),
  }
}

function lenient(read: () => readonly string[]): readonly string[] {
  try {
    return read().filter((url) => /^http:\/\//i.test(url) && URL.canParse(url))
  } catch (error) {
    if (error instanceof DerError) return []
    throw error
  }
}

function ocspUrls(value: Uint8Array | undefined): readonly string[] {
  if (!value) return []
  return expectTag(readDer(value), tags.sequence, 'authorityInfoAccess').parts.flatMap(
    ({ parts: [method, location] }) =>
      readOid(method, 'accessMethod') === oids.ocsp && location?.tag === context(6) ? [text(location.content)] : [],
  )
}

/** Points with reasons or another issuer name lists that do not answer for themselves (RFC 5280 section 6.3.3). */
function crlUrls(value: Uint8Array | undefined): readonly string[] {
  if (!value) return []
  return expectTag(readDer(value), tags.sequence, 'cRLDistributionPoints').parts.flatMap((point) => {
    const part = fields(point, 'distributionPoint')
    const names = part.optional(contextOf(0))?.parts[0]
    const isWhole = part.optional(context(1)) === undefined && part.optional(contextOf(2)) === undefined
    if (!isWhole || names?.tag !== contextOf(0)) return []
    return names.parts.flatMap(({ tag, content }) => (tag === context(6) ? [text(content)] : []))
  })
}

const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes)

/** The earlier of a revocation and an invalidityDate (RFC 5280 section 5.3.2), which says since when a key was not safe. */
export function earlierOf(revokedAt: number, invalidityDate: Uint8Array | undefined): number {
  return invalidityDate ? Math.min(revokedAt, readTime(readDer(invalidityDate), 'invalidityDate')) : revokedAt
}

/** The name of an ENUMERATED CRLReason, null where none is given; throws DerError for one that there is not. */
export function readReason(value: Uint8Array | undefined): RevocationReason | null {
  if (!value) return null
  const [code, ...more] = expectTag(readDer(value), 0x0a, 'reasonCode').content
  const reason = more.length === 0 && code !== undefined ? revocationReasons[code] : undefined
  if (!reason) throw new DerError('a reasonCode that RFC 5280 does not have')
  return reason
}
