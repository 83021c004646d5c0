import type { ReasonCode } from '../signing/refusal.ts'
import type { Front, PdfVerdict } from '../signing/verdict.ts'

/** What speaks against a report although its signature holds: the evidence inside it, or a store beside it. */
export type Contradiction = 'evidence' | 'store' | null

/** The verdict in a few words. */
export function headingOf(verdict: PdfVerdict['verdict'], signed: PdfVerdict): string {
  switch (verdict) {
    case 'accepted':
      return 'Accepted'
    case 'intact-signer-unproven':
      if (signed.front) return `Intact, but a later ${laterDoubt(signed)} is not proven`
      return signed.reasons.some(({ code }) => code === 'no-anchor')
        ? 'Intact, but the signer is not proven'
        : 'Intact, but its time is not proven'
    case 'refused':
      return 'Refused'
    default:
      return verdict satisfies never
  }
}

/** What the first of the doubts behind the front of a file is about. */
function laterDoubt({ front, layers }: PdfVerdict): 'signature' | 'time stamp' {
  const first = layers.find(({ bytes }) => bytes > (front?.bytes ?? 0))
  return first?.kind === 'document-timestamp' ? 'time stamp' : 'signature'
}

/** What follows from a verdict, in words for somebody who knows no cryptography. */
export function conclusionOf(verdict: PdfVerdict['verdict'], signed: PdfVerdict, contradicted: Contradiction): string {
  const { signatures, reasons, front } = signed
  switch (verdict) {
    case 'accepted': {
      const [first, ...others] = signatures.map(({ signer }) => signer.subject)
      const also = others.length > 0 ? ` ${andList(others)} signed it after that and changed nothing of it.` : ''
      return `This report is exactly what ${first ?? 'the signer'} signed.${also} It proves that nothing was altered since, not that what was collected is true.`
    }
    case 'intact-signer-unproven':
      if (front) return standingOf(front, signed)
      if (reasons.every(({ code }) => code === 'timestamp-outlived')) {
        return 'Nothing in this report was altered since it was signed, but the certificates behind its newest time stamp have run out: that it existed while they were good, nothing shows any more. Ask for a copy that was timestamped again in time (with affidavit timestamp).'
      }
      return 'Nothing in this report was altered since it was signed, but nobody you named vouches for what stands open. Compare the certificate’s SHA-256 with the one the organisation gave you by another way, or give the certificate of its authority as one that you trust (on the command line with --trust).'
    case 'refused':
      if (contradicted === 'store') {
        return 'Do not rely on this report before it is explained: by itself it is as it was signed, but what was recorded beside it says otherwise. One of the two is not what it was; compare the store or bundle with a backup, and the report with another copy.'
      }
      if (contradicted) return 'Do not rely on this report: the evidence inside it contradicts itself.'
      return front ? refusedAdditionOf(front) : refusalOf(reasons[0]?.code)
    default:
      return verdict satisfies never
  }
}

/** The report stands, and what stands open is somebody else's addition. */
function standingOf(front: Front, signed: PdfVerdict): string {
  const { bytes, signer } = front
  return `The report stands as it was issued: its first ${bytes} bytes are exactly what ${signer} signed, and are accepted by themselves. After that, ${andList(additionsTo(front, signed))}; nothing else was added, and nothing of the report was changed. Anybody can add as much to a signed report. To have it without that, keep its beginning alone: ${cutting(bytes)}. To have what was added proven, give the certificate of the authority behind it as one that you trust (on the command line with --trust).`
}

/** Who added what behind the front of a document. */
function additionsTo({ bytes }: Front, { layers, signatures }: PdfVerdict): readonly string[] {
  return layers.flatMap((layer): readonly string[] => {
    if (layer.bytes <= bytes) return []
    switch (layer.kind) {
      case 'signature': {
        const found = signatures.find((signature) => signature.bytes === layer.bytes)
        const subject = found?.signer.subject ?? 'unknown'
        return [
          found?.anchored ? `${subject} signed it` : `somebody by the name of ${subject}, ${unvouched}, signed it`,
        ]
      }
      case 'document-timestamp':
        return [
          layer.anchored ? `${layer.authority} timestamped it` : `${layer.authority}, ${unvouched}, timestamped it`,
        ]
      case 'validation-data':
        return ['revocation data were added']
      default:
        return layer satisfies never
    }
  })
}

const unvouched = 'for whom nobody you named vouches'

/** What is behind the front of a refused file is not to be relied on; what is before it may be. */
function refusedAdditionOf({ bytes, verdict, signer }: Front): string {
  const who = verdict === 'accepted' ? signer : `somebody by the name of ${signer}`
  return `Do not rely on this file: something was added to a signed report that has no business there. The report as ${who} signed it is the first ${bytes} bytes: keep those alone (${cutting(bytes)}) and verify them, or ask for the report again.`
}

const cutting = (bytes: number): string => `head -c ${bytes} report.pdf > issued.pdf`

function andList(items: readonly string[]): string {
  const [last = '', ...others] = items.toReversed()
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`
}

function refusalOf(code: ReasonCode | undefined): string {
  switch (code) {
    case 'malformed':
    case 'not-signed':
      return 'Do not rely on this file: it is not a sound signed report. Ask for the PDF again, as it was issued.'
    case 'signer-not-trusted':
      return 'Do not rely on this report before you know who signed it: it is nobody that the named authorities vouch for. If it was to be signed under another authority, give the certificate of that one (on the command line with --trust).'
    case 'certificate-validity':
    case 'certificate-usage':
    case 'certificate-not-authority':
    case 'certificate-signature':
    case 'certificate-unused':
    case 'certificate-unexplained':
    case 'certificate-revoked':
      return 'Do not rely on this report: its signer’s certificates do not hold. Ask the organisation which key it was to be signed with.'
    default:
      return 'Do not rely on this report: it is not what was signed.'
  }
}
