import { SigningError } from '../model/errors.ts'
import { type Clock, type Instant, instant, millis } from '../model/time.ts'
import { commonName, readCertificate } from './cms/certificate.ts'
import { title } from './cms/path.ts'
import { digest } from './cms/primitives.ts'
import { signDetached } from './cms/sign.ts'
import { obtainToken, tokenBytes } from './obtain-token.ts'
import { PdfError, type PdfRef } from './pdf/objects.ts'
import { fillGap, fixRange, signedParts } from './pdf/signature-field.ts'
import type { Update } from './pdf/update.ts'
import type { Signer, Timestamper } from './signer.ts'

/** Who signs, and where the time comes from. */
export type Sealing = {
  readonly signer: Signer
  /** Without one the signature is B-B. */
  readonly timestamper?: Timestamper
  readonly signal: AbortSignal
  readonly clock: Clock
}

export type SignedPdf = {
  readonly pdf: Uint8Array
  /** PAdES baseline level, EN 319 142-1. */
  readonly level: 'B-B' | 'B-T'
  /** The moment of signing by our own clock, as /M says. */
  readonly signedAt: Instant
  /** What the time-stamp authority states; null at B-B. */
  readonly timestamp: { readonly time: Instant; readonly authority: string } | null
  /** Why there is no timestamp though one was asked for. */
  readonly timestampError: SigningError | null
}

/** Bytes to reserve for the CMS of a signature. */
export const reservedFor = ({ signer, timestamper }: Pick<Sealing, 'signer' | 'timestamper'>): number =>
  2048 + signer.certificateChain.reduce((sum, bytes) => sum + bytes.length, 0) + (timestamper ? tokenBytes : 0)

/** Signs a written update in which a signature dictionary waits for its value; throws SigningError. */
export async function seal(
  { bytes, offsets }: ReturnType<Update['write']>,
  signature: PdfRef,
  {
    signer,
    timestamper,
    signal,
    reserved,
    signedAt,
  }: Omit<Sealing, 'clock'> & { readonly reserved: number; readonly signedAt: Instant },
): Promise<SignedPdf> {
  const range = fixRange(bytes, offsets.get(signature.number) ?? 0, reserved)
  const signed = await signDetached(signedParts(bytes, range), signer, signal)
  const obtained = timestamper ? await obtainToken(digest('sha256', signed.signature), timestamper, signal) : null
  const timed = obtained && 'time' in obtained ? withinValidity(obtained, signer) : obtained
  const cms = timed && 'token' in timed ? signed.withTimestamp(timed.token) : signed.cms
  if (cms.length > reserved)
    throw new SigningError('AFD_SIGNATURE_SIZE', 'the signature is larger than the room for it')
  fillGap(bytes, range, cms)
  return {
    pdf: bytes,
    level: timed && 'token' in timed ? 'B-T' : 'B-B',
    signedAt,
    timestamp: timed && 'token' in timed ? { time: timed.time, authority: timed.authority } : null,
    timestampError: timed && 'error' in timed ? timed.error : null,
  }
}

/** A time at which the certificate was not valid would make verifiers refuse the signature; it is rather left untimed. */
function withinValidity<Timed extends { readonly time: Instant; readonly authority: string }>(
  timed: Timed,
  { certificateChain }: Signer,
): Timed | { readonly error: SigningError } {
  const outside = certificateChain
    .map(readCertificate)
    .find(({ notBefore, notAfter }) => millis(timed.time) < notBefore || millis(timed.time) > notAfter)
  if (!outside) return timed
  const { time, authority } = timed
  const message = `the time-stamp authority ${authority} states ${time}, when the certificate ${title(outside)} was not valid`
  return { error: new SigningError('AFD_TIMESTAMP_TIME', message, { hint: 'One of the two clocks is wrong.' }) }
}

/** The work, its PdfError as a SigningError. */
export async function readable<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PdfError)) throw error
    throw new SigningError('AFD_PDF_UNREADABLE', `the PDF cannot be signed: ${error.message}`, {
      hint: 'Print it with Chromium; PDFs with cross-reference streams or encryption are not supported.',
      cause: error,
    })
  }
}

/** The name of the holder, after a look at whether the certificate may sign now. */
export function checkSigner(signer: Signer, at: Instant): string {
  const [first] = signer.certificateChain
  if (!first) throw new SigningError('AFD_CERTIFICATE', 'the signer has no certificate')
  const certificate = readCertificate(first)
  if (millis(at) < certificate.notBefore || millis(at) > certificate.notAfter) {
    const [from, to] = [instant(certificate.notBefore), instant(certificate.notAfter)]
    throw new SigningError(
      'AFD_CERTIFICATE_VALIDITY',
      `the certificate ${title(certificate)} is valid from ${from} to ${to}`,
      {
        hint: 'Make a new identity, or import a certificate that is valid now.',
      },
    )
  }
  return commonName(certificate.subject)
}
