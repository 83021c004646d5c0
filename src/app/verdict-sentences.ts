import type { ReasonCode } from '../signing/refusal.ts'
import type { PdfVerdict, SignatureVerdict } from '../signing/verdict.ts'
import type { Check } from './check.ts'
import { sourceWords } from './stamp-revocations.ts'

/** What speaks against a report although its signature holds: the evidence inside it, or a store beside it. */
export type Contradiction = 'evidence' | 'store' | null

/** What was checked of the file and its signature, a sentence each. */
export function signatureChecks(verdict: PdfVerdict): readonly Check[] {
  if (verdict.verdict === 'refused') return verdict.reasons.map(({ message }) => ({ holds: false, sentence: message }))
  const several = verdict.signatures.length > 1
  return [
    { holds: true, sentence: `Every byte of the file is ${explanation(verdict, several)}.` },
    ...verdict.signatures.flatMap((signature, i) => checksOf(signature, i, verdict, several)),
    ...documentTimes(verdict),
  ]
}

function explanation({ layers }: PdfVerdict, several: boolean): string {
  const signed = several
    ? 'covered by its last signature or is that signature itself'
    : 'covered by the signature or is the signature itself'
  const later = layers.slice(layers.findLastIndex(({ kind }) => kind === 'signature') + 1)
  if (later.length === 0) return signed
  const kinds = new Set(later.map(({ kind }) => laterWords[kind]))
  return `covered by ${several ? 'its last signature' : 'the signature'}, is that signature, or was added to it as ${[...kinds].join(' and ')}, which put nothing on its pages`
}

const laterWords = {
  signature: 'signature',
  'validation-data': 'validation data',
  'document-timestamp': 'a timestamp of the whole',
} as const

/** A timestamp over the whole keeps everything under it provable for as long as its own authority's certificates run. */
function documentTimes({ layers, reasons }: PdfVerdict): readonly Check[] {
  const doubts = reasons.filter(({ signature }) => signature === undefined).map(({ message }) => message)
  if (doubts.length > 0) return doubts.map((sentence) => ({ holds: null, sentence }))
  return layers.flatMap((layer): readonly Check[] => {
    if (layer.kind !== 'document-timestamp') return []
    const sentence = `A time-stamping authority that you trust states that the first ${layer.bytes} bytes, with all that they hold, existed at ${layer.time}.`
    return [{ holds: true, sentence }]
  })
}

/** Of several signatures, each is said by whom it is and what it was added to. */
function checksOf(signature: SignatureVerdict, i: number, verdict: PdfVerdict, several: boolean): readonly Check[] {
  const { signer, reason, bytes } = signature
  const open = new Map(
    verdict.reasons.filter((each) => each.signature === i).map(({ code, message }) => [code, message]),
  )
  const noAnchor = open.get('no-anchor')
  const noTime = open.get('timestamp-not-trusted') ?? open.get('timestamp-outlived')
  const who = `${signer.subject}${reason ? ` («${reason.replace(/[«»]/g, '"')}»)` : ''}`
  const made =
    i === 0
      ? `Signature 1 is that of ${who}, over the first ${bytes} bytes: the report as it was issued.`
      : `Signature ${i + 1} is that of ${who}, over the first ${bytes} bytes: it adds itself to what was signed before, and nothing else.`
  return [
    { holds: true, sentence: several ? made : 'The signature is the named certificate’s over exactly these bytes.' },
    noAnchor === undefined
      ? {
          holds: true,
          sentence: `The certificate leads to an authority that you trust, and ${validity(signature)}.`,
        }
      : { holds: null, sentence: noAnchor },
    timeCheck(signature, noTime),
    ...revocationChecks(signature),
  ]
}

/** Where nothing shows when something was signed, its certificates are looked at as of another moment. */
function validity({ timestamp }: SignatureVerdict): string {
  if (!timestamp) return 'is valid now; whether it was at the time of signing rests on the signer’s word for that'
  return timestamp.anchored
    ? 'was valid at the time of signing'
    : 'was valid at the time that the time stamp states, which nobody whom you trust bears out'
}

/** Whether anybody had been revoked; where nothing says so, that is left to those who can still ask. */
function revocationChecks({ standings, timestamp }: SignatureVerdict): readonly Check[] {
  if (standings.length === 0) return []
  const then = timestamp?.anchored === false ? 'by the time that the time stamp states' : 'by then'
  const unknown = standings.filter(({ status }) => status === 'unknown').map(({ subject }) => subject)
  if (unknown.length > 0) {
    const names = [...new Set(unknown)].join(' and ')
    const sentence = `Whether the certificate of ${names} had been revoked ${then}, nothing in the file or at hand says; ask the authority that issued it.`
    return [{ holds: null, sentence }]
  }
  const told = standings.map((each) =>
    each.status === 'good' ? `${each.subject} by ${sourceWords[each.source]} of ${each.issued}` : '',
  )
  const embedded = standings.every((each) => each.status === 'good' && each.embedded)
  const where = embedded ? 'the file itself shows' : 'what is at hand shows'
  return [{ holds: true, sentence: `No certificate had been revoked ${then}, as ${where}: ${told.join('; ')}.` }]
}

function timeCheck({ timestamp }: Pick<SignatureVerdict, 'timestamp'>, distrust: string | undefined): Check {
  if (!timestamp) {
    return { holds: null, sentence: 'There is no time stamp: the time of signing is the signer’s own word.' }
  }
  if (distrust !== undefined) return { holds: null, sentence: distrust }
  if (!timestamp.anchored) {
    const sentence = `It is said to have existed at ${timestamp.time}, by ${timestamp.authority}: nobody whom you trust vouches for this authority.`
    return { holds: null, sentence }
  }
  return {
    holds: true,
    sentence: `A time-stamping authority that you trust states that it existed at ${timestamp.time}.`,
  }
}

/** The verdict in a few words. */
export function headingOf(verdict: PdfVerdict['verdict'], { reasons }: Pick<PdfVerdict, 'reasons'>): string {
  switch (verdict) {
    case 'accepted':
      return 'Accepted'
    case 'intact-signer-unproven':
      return reasons.some(({ code }) => code === 'no-anchor')
        ? 'Intact, but the signer is not proven'
        : 'Intact, but its time is not proven'
    case 'refused':
      return 'Refused'
    default:
      return verdict satisfies never
  }
}

/** What follows from a verdict, in words for somebody who knows no cryptography. */
export function conclusionOf(
  verdict: PdfVerdict['verdict'],
  { signer, reasons }: PdfVerdict,
  contradicted: Contradiction,
): string {
  switch (verdict) {
    case 'accepted':
      return `This report is exactly what ${signer?.subject ?? 'the signer'} signed. It proves that nothing was altered since, not that what was collected is true.`
    case 'intact-signer-unproven':
      if (reasons.every(({ code }) => code === 'timestamp-outlived')) {
        return 'Nothing in this report was altered since it was signed, but the certificates behind its newest time stamp have run out: that it existed while they were good, nothing shows any more. Ask for a copy that was timestamped again in time (with affidavit timestamp).'
      }
      return 'Nothing in this report was altered since it was signed, but nobody you named vouches for what stands open above. Compare the certificate’s SHA-256 with the one the organisation gave you by another way, or give the certificate of its authority as one that you trust (on the command line with --trust).'
    case 'refused':
      if (contradicted === 'store') {
        return 'Do not rely on this report before it is explained: by itself it is as it was signed, but what was recorded beside it says otherwise. One of the two is not what it was; compare the store or bundle with a backup, and the report with another copy.'
      }
      return contradicted
        ? 'Do not rely on this report: the evidence inside it contradicts itself.'
        : refusalOf(reasons[0]?.code)
    default:
      return verdict satisfies never
  }
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
