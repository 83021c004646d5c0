import { SigningError } from '../model/errors.ts'
import { isDocumentTimestamp } from './pdf/document-timestamp.ts'
import { entry, openPdf, type PdfFile } from './pdf/file.ts'
import { appendSignature } from './pdf/later-revision.ts'
import { isDict } from './pdf/objects.ts'
import { signatureFields, signatureTexts } from './pdf/signature-field.ts'
import { mostSignatures } from './pdf/signed-revision.ts'
import type { ReasonCode } from './refusal.ts'
import { checkSigner, readable, reservedFor, type Sealing, type SignedPdf, seal } from './seal.ts'
import type { PdfVerdict, Reason } from './verdict.ts'
import { verifyPdf } from './verify-pdf.ts'

export type AddSignatureOptions = Sealing & {
  readonly reason: string
  readonly location?: string
  readonly contact?: string
  /** The signer's name as the signature states it; that in the certificate where absent. */
  readonly name?: string
  /** Certificates that vouch for those who signed before, and for their times: they complete what the file holds. */
  readonly anchors?: readonly (string | Uint8Array)[]
  /** Those for their times alone; `anchors` where absent. */
  readonly timestampAnchors?: readonly (string | Uint8Array)[]
}

/**
 * Adds one more signature to a signed report in an incremental update that brings nothing else: what was signed before
 * stays as it is, and stays signed. Throws SigningError, also where the report is not soundly signed to begin with.
 */
export async function addSignature(pdf: Uint8Array, options: AddSignatureOptions): Promise<SignedPdf> {
  const signedAt = options.clock.now()
  const holder = checkSigner(options.signer, signedAt)
  const { file, count } = await signable(pdf, options)
  const reserved = reservedFor(options)

  const text = { ...options, name: options.name ?? holder, location: options.location ?? '', signedAt }
  const open = await readable(() => appendSignature(file, signatureTexts(text), count + 1, reserved))
  return seal(open, open.signature, { ...options, reserved, signedAt })
}

/**
 * Sees that a further signature may be added to a report, without its key: nobody should approve what is not what the
 * others signed. Gives what verification makes of it; throws SigningError.
 */
export async function assertSignable(
  pdf: Uint8Array,
  options: Pick<AddSignatureOptions, 'anchors' | 'timestampAnchors' | 'clock'>,
): Promise<PdfVerdict> {
  return (await signable(pdf, options)).verdict
}

async function signable(
  pdf: Uint8Array,
  { anchors = [], timestampAnchors, clock }: Pick<AddSignatureOptions, 'anchors' | 'timestampAnchors' | 'clock'>,
): Promise<{ readonly verdict: PdfVerdict; readonly file: PdfFile; readonly count: number }> {
  const times = timestampAnchors ? { timestampAnchors } : {}
  const verdict = await verifyPdf(pdf, { anchors, ...times, at: clock.now() })
  if (verdict.verdict === 'refused') throw unsound(verdict.reasons[0])
  const file = await readable(() => openPdf(pdf))
  return { verdict, file, count: checkOpen(file) }
}

function unsound(why: Reason | undefined): SigningError {
  return new SigningError('AFD_PDF_REFUSED', `the report is not soundly signed: ${why?.message ?? 'it is refused'}`, {
    hint: soundHints[why?.code ?? 'malformed'] ?? 'Sign the report as it was issued.',
  })
}

const soundHints: { readonly [code in ReasonCode]?: string } = {
  'not-signed': 'Issue the report first; a further signature stands beside that of its issuer.',
  'signer-not-trusted': 'Give the certificate of the authority of who signed first, or none (--trust).',
}

/** How many signatures there are. */
function checkOpen(file: PdfFile): number {
  if (entry(file, file.catalog, 'Perms') !== null) {
    throw new SigningError('AFD_PDF_CERTIFIED', 'the report is certified: nothing may be added to it', {
      hint: 'Have it issued without a certification.',
    })
  }
  const count = signatureFields(file).filter((field) => {
    const value = file.resolve(field.entries.get('V'))
    return !(isDict(value) && isDocumentTimestamp(file, value))
  }).length
  if (count < mostSignatures) return count
  throw new SigningError('AFD_PDF_SIGNATURES', `the report has ${count} signatures already`, {
    hint: 'Have further people sign a copy of the report as it was issued.',
  })
}
