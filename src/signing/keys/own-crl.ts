import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { SigningError } from '../../model/errors.ts'
import { type Instant, instant, millis } from '../../model/time.ts'
import type { Scheme } from '../cms/algorithms.ts'
import { type Certificate, readCertificate } from '../cms/certificate.ts'
import { DerError, sameDer } from '../cms/der.ts'
import { title } from '../cms/path.ts'
import type { RevocationReason } from '../cms/revocation.ts'
import { isEntryOf, readCrlState, writeCrl, writeCrlEntry } from '../cms/write-crl.ts'
import { readPem, writePem } from './pem.ts'

/** How long a list is good for, in days: as rarely as an authority is taken out of its safe. */
export const crlDays = 366

export type OwnCrlOptions = {
  /** The authority's certificate (DER) and key. */
  readonly authority: Uint8Array
  readonly key: KeyObject
  /** The list before this one, PEM or DER; its entries stay. */
  readonly previous?: string | Uint8Array
  /** A certificate (DER) that is not to be relied on from a moment on. */
  readonly revoke?: { readonly certificate: Uint8Array; readonly at: Instant; readonly reason: RevocationReason }
  readonly from: Instant
  readonly days?: number
}

/** The next certificate revocation list of an authority of one's own, PEM (`X509 CRL`); throws SigningError. */
export function makeOwnCrl(options: OwnCrlOptions): string {
  const { key, from, days = crlDays } = options
  try {
    const authority = readCertificate(options.authority)
    checkKey(authority, key)
    const before = options.previous ? readCrlState(readCrlFile(options.previous)) : { number: 0, entries: [] }
    const kept = before.entries.map(({ bytes }) => bytes)
    const added = options.revoke ? revocation(authority, before.entries, options.revoke) : []
    const scheme = schemeOf(key)
    const list = writeCrl({
      issuer: authority.subject.bytes,
      keyIdentifier: authority.subjectKeyIdentifier ?? new Uint8Array(),
      scheme,
      number: before.number + 1,
      from: millis(from),
      until: Math.min(millis(from) + days * 86_400_000, authority.notAfter),
      entries: [...kept, ...added],
      sign: (bytes) => sign(scheme.hash, bytes, key),
    })
    return writePem('X509 CRL', list)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new SigningError('AFD_CRL_UNREADABLE', `the authority's files cannot be read: ${error.message}`, {
      hint: 'Name the certificate and the last list of the authority that `affidavit keys make` made.',
      cause: error,
    })
  }
}

/** A CRL as DER, from PEM or DER; throws SigningError. */
export function readCrlFile(source: string | Uint8Array): Uint8Array {
  if (typeof source !== 'string' && source[0] === 0x30) return source
  const [found] = readPem(typeof source === 'string' ? source : new TextDecoder().decode(source), 'X509 CRL')
  if (found) return found
  throw new SigningError('AFD_CRL_UNREADABLE', 'there is no certificate revocation list in it', {
    hint: 'Give it as PEM (-----BEGIN X509 CRL-----) or DER.',
  })
}

/** When a list (PEM or DER) is to be replaced by its next; throws SigningError. */
export function crlEnd(source: string | Uint8Array): Instant {
  try {
    return instant(readCrlState(readCrlFile(source)).nextUpdate)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new SigningError('AFD_CRL_UNREADABLE', `the revocation list cannot be read: ${error.message}`, {
      cause: error,
    })
  }
}

function checkKey(authority: Certificate, key: KeyObject): void {
  const own = createPublicKey(key).export({ format: 'der', type: 'spki' })
  if (own.equals(authority.publicKey)) return
  throw new SigningError('AFD_KEY_CERTIFICATE', `the key is not that of ${title(authority)}`, {
    hint: 'Give the key of the authority itself.',
  })
}

function revocation(
  authority: Certificate,
  entries: ReturnType<typeof readCrlState>['entries'],
  { certificate, at, reason }: NonNullable<OwnCrlOptions['revoke']>,
): readonly Uint8Array[] {
  const revoked = readCertificate(certificate)
  if (!sameDer(revoked.issuer, authority.subject)) {
    throw new SigningError('AFD_CRL_FOREIGN', `${title(revoked)} is none of this authority's certificates`, {
      hint: 'Only the authority that issued a certificate revokes it.',
    })
  }
  if (entries.some((entry) => isEntryOf(entry, revoked))) {
    throw new SigningError('AFD_CRL_TWICE', `${title(revoked)} is revoked already`)
  }
  return [writeCrlEntry({ serial: revoked.serial, at: millis(at), reason })]
}

function schemeOf(key: KeyObject): Scheme & { readonly hash: 'sha256' | 'sha384' } {
  const { namedCurve } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') return { kind: 'rsa', hash: 'sha256' }
  return { kind: 'ecdsa', hash: namedCurve === 'secp384r1' ? 'sha384' : 'sha256' }
}
