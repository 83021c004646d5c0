import { SigningError } from '../model/errors.ts'
import { type Clock, type Instant, instant, millis } from '../model/time.ts'
import { commonName, nameText, readCertificate } from './cms/certificate.ts'
import { title } from './cms/path.ts'
import { digest } from './cms/primitives.ts'
import { signDetached } from './cms/sign.ts'
import { canonicalToken, verifyToken } from './cms/timestamp-token.ts'
import type { Attachment } from './pdf/attachments.ts'
import { completeDocument } from './pdf/document.ts'
import { entry, openPdf, type PdfFile } from './pdf/file.ts'
import type { PdfMetadata } from './pdf/metadata.ts'
import { PdfError } from './pdf/objects.ts'
import {
  fillGap,
  fixRange,
  type Rectangle,
  signatureDictionary,
  signatureFields,
  signedParts,
} from './pdf/signature-field.ts'
import { updateOf } from './pdf/update.ts'
import type { Signer, Timestamper } from './signer.ts'

export type SignPdfOptions = {
  readonly signer: Signer
  /** Where the time comes from; without one the signature is B-B. */
  readonly timestamper?: Timestamper
  readonly attachments: readonly Attachment[]
  readonly metadata: PdfMetadata
  readonly reason: string
  readonly location: string
  readonly contact?: string
  /** Where on page 1 the signature panel is printed; without one the signature is invisible. */
  readonly rectangle?: Rectangle
  /** Certifies the document (DocMDP P=1): no change is allowed afterwards. Not to be used where an archive timestamp is to follow. */
  readonly certify?: boolean
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

/** Room for a timestamp token in its canonical form; what is larger leaves the signature untimed. */
const tokenBytes = 16_384

/**
 * Adds attachments, metadata, an output intent and a PAdES signature to a PDF in one incremental update. Throws
 * SigningError; an authority that cannot be reached is no error, it leaves the signature at level B-B and says why.
 */
export async function signPdf(pdf: Uint8Array, options: SignPdfOptions): Promise<SignedPdf> {
  const { signer, timestamper, signal, clock } = options
  const signedAt = clock.now()
  const holder = checkSigner(signer, signedAt)
  checkAttachments(options.attachments)
  const file = await readable(() => open(pdf))
  const reserved =
    2048 + signer.certificateChain.reduce((sum, bytes) => sum + bytes.length, 0) + (timestamper ? tokenBytes : 0)

  const update = updateOf(file)
  const signature = update.reserve()
  const certify = options.certify ?? false
  update.put(signature, signatureDictionary({ ...options, name: holder, signedAt }, reserved, certify))
  const completion = { ...options, certify, signedAt }
  const information = await readable(() => completeDocument(file, update, completion, signature))
  const written = update.write({ Info: information })
  const bytes = written.bytes
  const range = fixRange(bytes, written.offsets.get(signature.number) ?? 0, reserved)

  const signed = await signDetached(signedParts(bytes, range), signer, signal)
  const timed = timestamper ? await timestampOf(signed.signature, timestamper, signal) : null
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

function open(pdf: Uint8Array): PdfFile {
  const file = openPdf(pdf)
  const hint = 'Sign the PDF as it was printed.'
  if (signatureFields(file).length > 0) {
    throw new SigningError('AFD_PDF_SIGNED', 'the PDF has a signature field already', { hint })
  }
  if (entry(file, entry(file, file.catalog, 'Names'), 'EmbeddedFiles') !== null) {
    throw new SigningError('AFD_PDF_ATTACHMENTS', 'the PDF has attachments already', { hint })
  }
  return file
}

async function readable<Result>(work: () => Result | Promise<Result>): Promise<Result> {
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
function checkSigner(signer: Signer, at: Instant): string {
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

function checkAttachments(attachments: readonly Attachment[]): void {
  const names = new Set<string>()
  for (const { name: title, mediaType } of attachments) {
    const faulty =
      title === '' || /[\p{Cc}/\\]/u.test(title) || names.has(title) || !/^[\w.+-]+\/[\w.+-]+$/.test(mediaType)
    if (faulty) {
      throw new SigningError(
        'AFD_PDF_ATTACHMENTS',
        `an attachment cannot be called ${JSON.stringify(title)} (${mediaType})`,
        {
          hint: 'Names are unique and without slashes or control characters; media types are like application/json.',
        },
      )
    }
    names.add(title)
  }
}

type Timed = { readonly token: Uint8Array; readonly time: Instant; readonly authority: string }

/** The token over a signature value; what goes wrong is returned, but for the caller's own abort. */
async function timestampOf(
  signature: Uint8Array,
  timestamper: Timestamper,
  signal: AbortSignal,
): Promise<Timed | { readonly error: SigningError }> {
  const imprint = digest('sha256', signature)
  try {
    const received = await verifyToken(await timestamper.timestamp(imprint, signal), imprint, [])
    const token = await canonicalToken(received, (timestamper.anchors ?? []).map(readCertificate))
    const { info, signer } = await verifyToken(token, imprint, [])
    if (token.length > tokenBytes)
      throw new SigningError('AFD_TIMESTAMP_SIZE', `the token of ${timestamper.title} is too large`)
    return { token, time: instant(info.time), authority: nameText(signer.subject) }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SigningError) return { error }
    const reason = error instanceof Error ? error.message : String(error)
    return {
      error: new SigningError('AFD_TIMESTAMP_TOKEN', `the token of ${timestamper.title} was not accepted: ${reason}`, {
        hint: 'Name another time-stamp authority; the signature itself is good, but untimed.',
        cause: error,
      }),
    }
  }
}
