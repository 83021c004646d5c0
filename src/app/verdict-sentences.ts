import type { PdfVerdict, SignatureVerdict } from '../signing/verdict.ts'
import type { Check } from './check.ts'
import { sourceWords } from './stamp-revocations.ts'

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
function documentTimes({ layers }: PdfVerdict): readonly Check[] {
  return layers.flatMap((layer): readonly Check[] => {
    if (layer.kind !== 'document-timestamp') return []
    const { bytes, time, authority } = layer
    if (layer.anchored) {
      const sentence = `A time-stamping authority that you trust states that the first ${bytes} bytes, with all that they hold, existed at ${time}.`
      return [{ holds: true, sentence }]
    }
    const sentence = `The first ${bytes} bytes bear a time stamp of ${time} by ${authority}: nobody whom you trust vouches for this authority, and anybody can add one.`
    return [{ holds: null, sentence }]
  })
}

/** Of several signatures, each is said by whom it is and what it was added to. */
function checksOf(signature: SignatureVerdict, i: number, verdict: PdfVerdict, several: boolean): readonly Check[] {
  const { signer, reason, bytes } = signature
  const open = new Map(
    verdict.reasons.filter((each) => each.signature === i).map(({ code, message }) => [code, message]),
  )
  const noAnchor = i > 0 && open.has('no-anchor') ? unknownPerson(signature) : open.get('no-anchor')
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

/** Anybody can sign what is signed: such a signature says nothing for the report, and nothing against it. */
function unknownPerson({ signer: { subject, fingerprint } }: SignatureVerdict): string {
  return `No certificate that you trust says whether ${subject} (SHA-256 ${fingerprint.slice(0, 16)}…) is who it claims to be: anybody can add a signature, under any name, and takes nothing from what was signed before.`
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
  const then = timestamp ? (timestamp.anchored ? 'by then' : 'by the time that the time stamp states') : 'by now'
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
