import { type Instant, instant, millis } from '../model/time.ts'
import { findLastText } from './bytes.ts'
import { type Certificate, fingerprint, nameText, readCertificate, serialText } from './cms/certificate.ts'
import { title } from './cms/path.ts'
import { type VerifiedSignature, verifyDetached } from './cms/verify.ts'
import { readCertificates } from './keys/pem.ts'
import { explainBytes } from './pdf/explained.ts'
import { openPdf, type PdfFile } from './pdf/file.ts'
import { PdfError } from './pdf/objects.ts'
import { type FoundAttachment, readAttachments } from './pdf/read-attachments.ts'
import { signedParts } from './pdf/signature-field.ts'
import { checkAlone, findSignature } from './pdf/signed-revision.ts'
import { type ReasonCode, Refusal } from './refusal.ts'

export type VerifyPdfOptions = {
  /** Certificates that the reader trusts, PEM (one or many) or DER. Without any, no signer can be proven. */
  readonly anchors: readonly (string | Uint8Array)[]
  /** Those for time-stamp authorities; `anchors` where absent. */
  readonly timestampAnchors?: readonly (string | Uint8Array)[]
  /** When the certificates must be valid where there is no timestamp; the present where absent. */
  readonly at?: Instant
}

/** One sentence or more about what was found, for a reader, and its code for machines. */
export type Reason = { readonly code: ReasonCode; readonly message: string }

/** What verification makes of a document. */
export type PdfVerdict = {
  /**
   * `accepted`: every byte is explained, and signer and time rest on given anchors. `intact-signer-unproven`: unaltered,
   * but no given anchor says whose signature or timestamp it is. `refused`: anything else.
   */
  readonly verdict: 'accepted' | 'intact-signer-unproven' | 'refused'
  /** PAdES baseline level; null where refused. */
  readonly level: 'B-B' | 'B-T' | null
  /** Null where refused before the signature was found to hold. */
  readonly signer: {
    readonly subject: string
    readonly issuer: string
    /** Hexadecimal. */
    readonly serial: string
    /** SHA-256 over the certificate's DER, 64 lower-case hexadecimal digits. */
    readonly fingerprint: string
    readonly notBefore: Instant
    readonly notAfter: Instant
  } | null
  /** What the document claims (/M), by the signer's own clock. */
  readonly signedAt: Instant | null
  readonly timestamp: { readonly time: Instant; readonly authority: string } | null
  /** Why it is not `accepted`; empty where it is. */
  readonly reasons: readonly Reason[]
  /** Embedded files; empty where refused, since nothing vouches for them. */
  readonly attachments: readonly FoundAttachment[]
  /** Cross-reference sections: the document as printed and each update; 0 where it cannot be read. */
  readonly revisions: number
}

type Trust = {
  readonly anchors: readonly Certificate[]
  readonly timestampAnchors: readonly Certificate[]
  readonly at: number
}

/**
 * Judges a signed report by its bytes alone, denying by default: flipping any one byte of an accepted document makes it
 * refused. Never throws, whatever the bytes.
 */
export async function verifyPdf(bytes: Uint8Array, options: VerifyPdfOptions): Promise<PdfVerdict> {
  const trust = readTrust(options)
  if ('code' in trust) return refused(trust)
  const verdict = await judge(bytes, trust)
  if (verdict.verdict !== 'refused') return verdict
  const added = await findSignedPrefix(bytes, trust)
  return added ? { ...refused(added), revisions: verdict.revisions } : verdict
}

function readTrust({ anchors, timestampAnchors, at }: VerifyPdfOptions): Trust | Reason {
  try {
    const read = (sources: readonly (string | Uint8Array)[]) => sources.flatMap(readCertificates).map(readCertificate)
    return {
      anchors: read(anchors),
      timestampAnchors: read(timestampAnchors ?? anchors),
      at: at === undefined ? Date.now() : millis(at),
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { code: 'anchor-unreadable', message: `A trusted certificate cannot be read: ${reason}.` }
  }
}

async function judge(bytes: Uint8Array, trust: Trust): Promise<PdfVerdict> {
  let revisions = 0
  try {
    const file = openPdf(bytes)
    revisions = file.sections.length
    const found = findSignature(file)
    const signature = await verifyDetached(found.room, signedParts(bytes, found.range), trust)
    const verdict = verdictOf(signature, trust)
    // Only now, since a file that nobody signed could make these take long.
    explainBytes(file)
    checkAlone(file, found.number)
    const attachments = await attachmentsOf(file)
    return { ...verdict, signedAt: found.signedAt, attachments, revisions }
  } catch (error) {
    return { ...refused(reasonOf(error)), revisions }
  }
}

async function attachmentsOf(file: PdfFile): Promise<readonly FoundAttachment[]> {
  try {
    return await readAttachments(file)
  } catch (error) {
    if (!(error instanceof PdfError)) throw error
    throw new Refusal('attachments', `The attachments are not sound: ${error.message}.`)
  }
}

function verdictOf(
  signature: VerifiedSignature,
  trust: Trust,
): Pick<PdfVerdict, 'verdict' | 'level' | 'signer' | 'timestamp' | 'reasons'> {
  const { signer, path, token } = signature
  if (trust.anchors.length > 0 && !path.anchor) {
    throw new Refusal(
      'signer-not-trusted',
      `The signature is that of ${title(signer)}, issued by «${nameText(signer.issuer)}», which none of the given certificates vouches for.`,
    )
  }
  const reasons: Reason[] = []
  if (!path.anchor) {
    reasons.push({
      code: 'no-anchor',
      message: `The document is unaltered since it was signed, but no trusted certificate was given that says whether ${title(signer)} is who it claims to be.`,
    })
  }
  if (token && !token.path.anchor) {
    reasons.push({
      code: 'timestamp-not-trusted',
      message: `The timestamp is that of ${title(token.signer)}; no trusted certificate was given that vouches for this authority.`,
    })
  }
  return {
    verdict: reasons.length === 0 ? 'accepted' : 'intact-signer-unproven',
    level: token ? 'B-T' : 'B-B',
    signer: {
      subject: nameText(signer.subject),
      issuer: nameText(signer.issuer),
      serial: serialText(signer),
      fingerprint: fingerprint(signer),
      notBefore: instant(signer.notBefore),
      notAfter: instant(signer.notAfter),
    },
    timestamp: token ? { time: instant(token.info.time), authority: nameText(token.signer.subject) } : null,
    reasons,
  }
}

function refused(reason: Reason): PdfVerdict {
  return {
    verdict: 'refused',
    level: null,
    signer: null,
    signedAt: null,
    timestamp: null,
    reasons: [reason],
    attachments: [],
    revisions: 0,
  }
}

function reasonOf(error: unknown): Reason {
  if (error instanceof Refusal) return { code: error.code, message: error.message }
  if (error instanceof PdfError) return { code: 'malformed', message: `It is not a sound PDF: ${error.message}.` }
  // A promise of the function: whatever else goes wrong while reading hostile bytes refuses them, too.
  return { code: 'malformed', message: `It cannot be read: ${error instanceof Error ? error.message : String(error)}.` }
}

const mostPrefixes = 4

/** Says so where the front of a refused file is a soundly signed document to which something was added. */
async function findSignedPrefix(bytes: Uint8Array, trust: Trust): Promise<Reason | undefined> {
  let from = bytes.length
  for (let tried = 0; tried < mostPrefixes; tried++) {
    const end = from <= 0 ? -1 : findLastText(bytes, '%%EOF\n', from - 1)
    if (end < 0) return undefined
    from = end
    const size = end + 6
    if (size >= bytes.length) continue
    const prefix = await judge(bytes.subarray(0, size), trust)
    if (prefix.verdict === 'refused') continue
    return {
      code: 'modified-after-signing',
      message: `The first ${size} bytes are as ${prefix.signer?.subject ?? 'the signer'} signed them, but ${bytes.length - size} bytes were added afterwards: the document may show something else than what was signed.`,
    }
  }
  return undefined
}
