import { ConfigError } from '../model/errors.ts'
import { readCertificate } from '../signing/cms/certificate.ts'
import { joinRevocation, type RevocationData } from '../signing/cms/revocation-status.ts'
import { readCertificates } from '../signing/keys/pem.ts'
import type { PdfVerdict } from '../signing/verdict.ts'
import { verifyPdf } from '../signing/verify-pdf.ts'
import type { Check } from './check.ts'
import { checkEvidence } from './check-evidence.ts'
import { checkStamp } from './check-stamp.ts'
import { type Contradiction, conclusionOf, headingOf } from './verdict-conclusion.ts'
import { signatureChecks } from './verdict-sentences.ts'

export type ReportJudgement = {
  readonly verdict: PdfVerdict['verdict']
  /** The verdict in a few words. */
  readonly heading: string
  /** What was checked, a sentence each, in the order in which one rests on another. */
  readonly checks: readonly Check[]
  /** What follows, in words for somebody who knows no cryptography. */
  readonly conclusion: string
  /** The PDF and its signatures by themselves. */
  readonly signed: PdfVerdict
}

export type Judging = {
  /** Certificates (PEM or DER) of authorities that may vouch for signers. */
  readonly anchors: readonly Uint8Array[]
  /** The same for time-stamping authorities; `anchors` where absent. */
  readonly timestampAnchors?: readonly Uint8Array[]
  /** Revocation data at hand beside those in the report. */
  readonly revocation?: RevocationData
  /** What somebody who knows more than the file has to say of a PDF that was not refused. */
  readonly beside?: (signed: PdfVerdict) => Promise<readonly Check[]>
}

/**
 * Judges a report by its bytes: every byte of the PDF explained, its signatures up to the given anchors, and the
 * evidence inside up to the root of the ledger's checkpoint. Whatever the bytes are, the answer is a verdict; throws
 * ConfigError `AFD_VERIFY_TRUST` for an anchor without a certificate.
 */
export async function judgeReport(pdf: Uint8Array, { beside, ...trust }: Judging): Promise<ReportJudgement> {
  for (const anchor of [...trust.anchors, ...(trust.timestampAnchors ?? [])]) assertAnchor(anchor)
  const signed = await verifyPdf(pdf, trust)
  const evidence = signed.verdict === 'refused' ? [] : await evidenceChecks(signed, trust)
  const others = signed.verdict === 'refused' || !beside ? [] : await beside(signed)
  const contradicted = contradictionIn(evidence, others)
  const verdict = contradicted ? 'refused' : signed.verdict
  return {
    verdict,
    heading: headingOf(verdict, signed),
    checks: [...signatureChecks(signed), ...evidence, ...others],
    conclusion: conclusionOf(verdict, signed, contradicted),
    signed,
  }
}

/** A slip of who asks, and no fault of the report. */
function assertAnchor(anchor: Uint8Array): void {
  try {
    for (const certificate of readCertificates(anchor)) readCertificate(certificate)
  } catch (cause) {
    throw new ConfigError('AFD_VERIFY_TRUST', 'one of the anchors holds no certificate that can be read', {
      hint: 'give the certificate of an authority, as PEM or DER',
      cause,
    })
  }
}

async function evidenceChecks(
  { attachments, verdict, timestamp, front, revocation: held }: PdfVerdict,
  { anchors, timestampAnchors, revocation: given }: Omit<Judging, 'beside'>,
): Promise<readonly Check[]> {
  // What an accepted report carries was there when the report was timestamped, whatever has run out or was added since.
  const at = verdict === 'accepted' ? timestamp?.time : front?.timestamp?.time
  const revocation = joinRevocation([held, ...(given ? [given] : [])])
  try {
    const stamp = await checkStamp(attachments, timestampAnchors ?? anchors, { at, revocation })
    return [...checkEvidence(attachments), ...stamp]
  } catch (error) {
    // Anybody may sign anything: a reader who names no authority gets an answer about their attachments, too.
    const reason = error instanceof Error ? error.message : String(error)
    return [{ holds: false, sentence: `The embedded evidence cannot be read: ${reason}.` }]
  }
}

function contradictionIn(evidence: readonly Check[], beside: readonly Check[]): Contradiction {
  if (evidence.some(({ holds }) => holds === false)) return 'evidence'
  return beside.some(({ holds }) => holds === false) ? 'store' : null
}
