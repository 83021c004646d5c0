import { type Instant, instant, millis } from '../model/time.ts'
import { findLastText } from './bytes.ts'
import { type Certificate, fingerprint, nameText, readCertificate, serialText } from './cms/certificate.ts'
import { title } from './cms/path.ts'
import { type VerifiedSignature, verifyDetached } from './cms/verify.ts'
import { readCertificates } from './keys/pem.ts'
import { explainBytes } from './pdf/explained.ts'
import { openPdf, type PdfFile } from './pdf/file.ts'
import { checkAddition } from './pdf/later-revision.ts'
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
export type Reason = {
  readonly code: ReasonCode
  readonly message: string
  /** Which of the signatures it is about, counted from 0; absent where it is about the file. */
  readonly signature?: number
}

/** What verification makes of a document. */
export type PdfVerdict = {
  /**
   * `accepted`: every byte is explained, and signer and time rest on given anchors. `intact-signer-unproven`: unaltered,
   * but no given anchor says whose signature or timestamp it is. `refused`: anything else.
   */
  readonly verdict: 'accepted' | 'intact-signer-unproven' | 'refused'
  /** Oldest first: who signed what; empty where refused. */
  readonly signatures: readonly SignatureVerdict[]
  /** Those of the first signature, the issuer's, as are the three below. PAdES baseline level; null where refused. */
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

/** What one signature says, and of what. */
export type SignatureVerdict = {
  readonly level: 'B-B' | 'B-T'
  readonly signer: NonNullable<PdfVerdict['signer']>
  readonly signedAt: Instant | null
  readonly timestamp: PdfVerdict['timestamp']
  /** What the signer states: a name, a reason. */
  readonly name: string | null
  readonly reason: string | null
  /** It covers this many bytes from the beginning: a document of its own, to which later signatures were added. */
  readonly bytes: number
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
  // That nobody vouches for one of several signers says more than that there is more than what the others signed.
  if (verdict.reasons.some(({ code }) => code === 'signer-not-trusted')) return verdict
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
    const judged = await judgeRevision(file, trust)
    const attachments = await attachmentsOf(file)
    return { ...together(judged), attachments, revisions }
  } catch (error) {
    return { ...refused(reasonOf(error)), revisions }
  }
}

type Judged = { readonly signature: SignatureVerdict; readonly reasons: readonly Reason[] }

/** Judges the newest signature, then those that it was added to, oldest first; throws Refusal or PdfError. */
async function judgeRevision(file: PdfFile, trust: Trust): Promise<readonly Judged[]> {
  const { bytes } = file
  const found = findSignature(file)
  const signature = await verifyDetached(found.room, signedParts(bytes, found.range), trust)
  const { signedAt, name, reason } = found
  const isFirst = found.previousEnd === null
  const own = { ...judgementOf(signature, trust, isFirst), signedAt, name, reason, bytes: bytes.length }
  // Only now, since a file that nobody signed could make these take long.
  explainBytes(file)
  checkAlone(file, found.all)
  const { reasons, ...said } = own
  const judged: Judged = { signature: said, reasons }
  if (found.previousEnd === null) return [judged]
  const before = openPdf(bytes.subarray(0, found.previousEnd))
  const earlier = await judgeRevision(before, trust)
  checkAddition(before, file, found.number, earlier.length + 1)
  return [...earlier, judged]
}

function together(judged: readonly Judged[]): Omit<PdfVerdict, 'attachments' | 'revisions'> {
  const signatures = judged.map(({ signature }) => signature)
  const [first] = signatures
  const reasons = judged.flatMap((each, signature) => each.reasons.map((reason) => ({ ...reason, signature })))
  return {
    verdict: reasons.length === 0 ? 'accepted' : 'intact-signer-unproven',
    signatures,
    level: first?.level ?? null,
    signer: first?.signer ?? null,
    signedAt: first?.signedAt ?? null,
    timestamp: first?.timestamp ?? null,
    reasons,
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

/** Nobody but a trusted issuer may sign a report; a further signer whom nobody vouches for changes nothing of it. */
function judgementOf(
  signature: VerifiedSignature,
  trust: Trust,
  isFirst: boolean,
): Pick<SignatureVerdict, 'level' | 'signer' | 'timestamp'> & { readonly reasons: readonly Reason[] } {
  const { signer, path, token } = signature
  if (isFirst && trust.anchors.length > 0 && !path.anchor) {
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
    signatures: [],
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
      message: `The first ${size} bytes are as ${prefix.signatures.at(-1)?.signer.subject ?? 'the signer'} signed them, but ${bytes.length - size} bytes were added afterwards: the document may show something else than what was signed.`,
    }
  }
  return undefined
}
