import { SigningError } from '../model/errors.ts'
import type { Attachment } from './pdf/attachments.ts'
import { completeDocument } from './pdf/document.ts'
import { entry, openPdf, type PdfFile } from './pdf/file.ts'
import type { PdfMetadata } from './pdf/metadata.ts'
import { type Rectangle, signatureDictionary, signatureFields } from './pdf/signature-field.ts'
import { updateOf } from './pdf/update.ts'
import { checkSigner, readable, reservedFor, type Sealing, type SignedPdf, seal } from './seal.ts'

export type SignPdfOptions = Sealing & {
  readonly attachments: readonly Attachment[]
  readonly metadata: PdfMetadata
  readonly reason: string
  readonly location: string
  readonly contact?: string
  /** Where on page 1 the signature panel is printed; without one the signature is invisible. */
  readonly rectangle?: Rectangle
  /** Certifies the document (DocMDP P=1): no change is allowed afterwards. Not to be used where an archive timestamp is to follow. */
  readonly certify?: boolean
}

/**
 * Adds attachments, metadata, an output intent and a PAdES signature to a PDF in one incremental update. Throws
 * SigningError; an authority that cannot be reached is no error, it leaves the signature at level B-B and says why.
 */
export async function signPdf(pdf: Uint8Array, options: SignPdfOptions): Promise<SignedPdf> {
  const signedAt = options.clock.now()
  const holder = checkSigner(options.signer, signedAt)
  checkAttachments(options.attachments)
  const file = await readable(() => open(pdf))
  const reserved = reservedFor(options)

  const update = updateOf(file)
  const signature = update.reserve()
  const certify = options.certify ?? false
  update.put(signature, signatureDictionary({ ...options, name: holder, signedAt }, reserved, certify))
  const completion = { ...options, certify, signedAt }
  const information = await readable(() => completeDocument(file, update, completion, signature))
  return seal(update.write({ Info: information }), signature, { ...options, reserved, signedAt })
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
