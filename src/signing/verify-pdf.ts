import { type Instant, millis } from '../model/time.ts'
import { findLastText } from './bytes.ts'
import { readCertificate } from './cms/certificate.ts'
import type { RevocationData } from './cms/revocation-status.ts'
import { type JudgedLayers, judgeLayers } from './judge-layers.ts'
import { readCertificates } from './keys/pem.ts'
import { readLayers, type Trust } from './layers.ts'
import { openPdf, type PdfFile } from './pdf/file.ts'
import { PdfError } from './pdf/objects.ts'
import { type FoundAttachment, readAttachments } from './pdf/read-attachments.ts'
import { type ReasonCode, Refusal } from './refusal.ts'
import type { Front, PdfVerdict, Reason } from './verdict.ts'

export type VerifyPdfOptions = {
  /** Certificates that the reader trusts, PEM (one or many) or DER. Without any, no signer can be proven. */
  readonly anchors: readonly (string | Uint8Array)[]
  /** Those for time-stamp authorities; `anchors` where absent. */
  readonly timestampAnchors?: readonly (string | Uint8Array)[]
  /** Revocation data at hand beside those in the document: they can refuse it, but make its level no higher. */
  readonly revocation?: RevocationData
  /** When the certificates must be valid where there is no timestamp; the present where absent. */
  readonly at?: Instant
}

/**
 * Judges a signed report by its bytes alone, denying by default: flipping any one byte of an accepted document makes it
 * refused. Never throws, whatever the bytes.
 */
export async function verifyPdf(bytes: Uint8Array, options: VerifyPdfOptions): Promise<PdfVerdict> {
  const trust = readTrust(options)
  if ('code' in trust) return refused(trust)
  const { undoubted, ...verdict } = await judge(bytes, trust)
  switch (verdict.verdict) {
    case 'accepted':
      return verdict
    case 'intact-signer-unproven': {
      const front = undoubted > 0 ? await frontOf(bytes, undoubted, trust) : null
      return { ...verdict, front: front?.verdict === 'accepted' ? front : null }
    }
    case 'refused': {
      // Every beginning of the file was signed by the same person first.
      const front = verdict.reasons.some(({ code }) => code === 'signer-not-trusted')
        ? null
        : await findFront(bytes, trust)
      const toldMore = front === null || verdict.reasons.some(({ code }) => tellMore.includes(code))
      return { ...verdict, reasons: toldMore ? verdict.reasons : [addedTo(front, bytes)], front }
    }
    default:
      return verdict.verdict satisfies never
  }
}

/** What these say of a signer or an addition is more than that there is more than what was signed. */
const tellMore: readonly ReasonCode[] = [
  'certificate-revoked',
  'certificate-validity',
  'validation-data',
  'timestamp-invalid',
  'timestamp-not-canonical',
  'timestamp-order',
]

function readTrust({ anchors, timestampAnchors, revocation, at }: VerifyPdfOptions): Trust | Reason {
  try {
    const read = (sources: readonly (string | Uint8Array)[]) => sources.flatMap(readCertificates).map(readCertificate)
    return {
      anchors: read(anchors),
      timestampAnchors: read(timestampAnchors ?? anchors),
      revocation: revocation ?? { ocsps: [], crls: [] },
      at: at === undefined ? Date.now() : millis(at),
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { code: 'anchor-unreadable', message: `A trusted certificate cannot be read: ${reason}.` }
  }
}

type Judged = PdfVerdict & Pick<JudgedLayers, 'undoubted'>

async function judge(bytes: Uint8Array, trust: Trust): Promise<Judged> {
  let revisions = 0
  try {
    const file = openPdf(bytes)
    revisions = file.sections.length
    const layers = await readLayers(file, trust)
    const judged = await judgeLayers(layers, trust)
    const attachments = await attachmentsOf(file)
    return { ...judged, attachments, revisions, front: null }
  } catch (error) {
    return { ...refused(reasonOf(error)), revisions, undoubted: 0 }
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

function refused(reason: Reason): PdfVerdict {
  return {
    verdict: 'refused',
    signatures: [],
    level: null,
    signer: null,
    signedAt: null,
    timestamp: null,
    layers: [],
    reasons: [reason],
    revocation: { ocsps: [], crls: [] },
    attachments: [],
    revisions: 0,
    front: null,
  }
}

function reasonOf(error: unknown): Reason {
  if (error instanceof Refusal) return { code: error.code, message: error.message }
  if (error instanceof PdfError) return { code: 'malformed', message: `It is not a sound PDF: ${error.message}.` }
  // A promise of the function: whatever else goes wrong while reading hostile bytes refuses them, too.
  return { code: 'malformed', message: `It cannot be read: ${error instanceof Error ? error.message : String(error)}.` }
}

const mostPrefixes = 4

/** The longest beginning of a refused file, up to the end of one of its last updates, that is a soundly signed document. */
async function findFront(bytes: Uint8Array, trust: Trust): Promise<Front | null> {
  let from = bytes.length
  for (let tried = 0; tried < mostPrefixes; tried++) {
    const end = from <= 0 ? -1 : findLastText(bytes, '%%EOF\n', from - 1)
    if (end < 0) return null
    from = end
    const front = end + 6 < bytes.length ? await frontOf(bytes, end + 6, trust) : null
    if (front) return front
  }
  return null
}

/** What holds of the first bytes of a file: all of them, or those before something that stays open. */
async function frontOf(bytes: Uint8Array, size: number, trust: Trust): Promise<Front | null> {
  const { verdict, signer, timestamp, undoubted } = await judge(bytes.subarray(0, size), trust)
  if (verdict === 'refused' || !signer) return null
  if (undoubted > 0 && undoubted < size) return await frontOf(bytes, undoubted, trust)
  return { bytes: size, verdict, signer: signer.subject, timestamp }
}

function addedTo({ bytes: size, verdict, signer }: Front, { length }: Uint8Array): Reason {
  const who = verdict === 'accepted' ? signer : `somebody by the name of ${signer}`
  const added = length - size === 1 ? '1 byte was' : `${length - size} bytes were`
  return {
    code: 'modified-after-signing',
    message: `The first ${size} bytes are as ${who} signed them, but ${added} added afterwards: the document may show something else than what was signed.`,
  }
}
