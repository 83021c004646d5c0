import {
  array,
  byteString,
  dict,
  isArray,
  name,
  type PdfObject,
  raw,
  textString,
  withEntries,
} from '../../../src/signing/pdf/objects.ts'
import { type SignatureText, signatureDictionary, signatureField } from '../../../src/signing/pdf/signature-field.ts'
import { signingTime } from '../signing.ts'
import { dictOf, putCatalog, putPage, stream } from './changes.ts'
import { type Report, type Tampering, updated } from './report.ts'

/*
 * Attacks on certified documents (Mladenov et al., «Breaking the Specification: PDF Certification», S&P 2021): what a
 * certification may allow, annotations and further signatures, covers what was certified.
 */

const modified = 'modified-after-signing'

function annotate(report: Report, annotation: { readonly [key: string]: PdfObject }): Uint8Array {
  return updated(report, (update) => {
    const known = report.file.resolve(report.firstPage.page.entries.get('Annots'))
    const form = update.add(stream('1 1 1 rg 0 0 600 850 re f'))
    const added = update.add(
      dict({
        Type: name('Annot'),
        Rect: array(0, 0, 600, 850),
        F: 4,
        Contents: textString('All controls are satisfied'),
        AP: dict({ N: form }),
        ...annotation,
      }),
    )
    putPage(update, report, { Annots: array(...(isArray(known) ? known.items : []), added) })
  })
}

const said: SignatureText = { signedAt: signingTime, name: 'Approver', reason: 'Approved', location: 'Here' }

/** A second field whose widget covers the page; with a value that nobody's key made, or with none. */
function sneak(report: Report, withValue: boolean): Uint8Array {
  return updated(report, (update) => {
    const { file, firstPage } = report
    const value = update.add(signatureDictionary(said, 32, false))
    const field = signatureField(update, firstPage.ref, value, [0, 0, 600, 850])
    const at = update.add(withValue ? field : dict({ ...Object.fromEntries(field.entries), V: undefined }))
    const form = dictOf(file.resolve(file.catalog.entries.get('AcroForm')))
    const fields = file.resolve(form.entries.get('Fields'))
    putCatalog(update, report, {
      AcroForm: withEntries(form, { Fields: array(...(isArray(fields) ? fields.items : []), at) }),
    })
  })
}

export const evilAnnotations: readonly Tampering[] = [
  ...['FreeText', 'Stamp', 'Redact', 'Ink', 'Square', 'Highlight', 'Popup', 'Widget'].map(
    (kind): Tampering => ({
      name: `evil annotation: a ${kind} covers a certified page`,
      code: modified,
      make: ({ certified }) =>
        annotate(certified, {
          Subtype: name(kind),
          ...(kind === 'Redact' ? { OverlayText: byteString(Buffer.from('x')) } : {}),
        }),
    }),
  ),
  {
    name: 'evil annotation: a free text covers a page that is signed only',
    code: modified,
    make: ({ report }) => annotate(report, { Subtype: name('FreeText') }),
  },
  {
    name: 'evil annotation: the rectangle of a link is raw text',
    code: modified,
    make: ({ certified }) => annotate(certified, { Subtype: name('Link'), Rect: raw('[0 0 9 9 ]') }),
  },
  {
    name: 'sneaky signature: an empty field covers a certified page',
    code: modified,
    make: ({ certified }) => sneak(certified, false),
  },
  {
    name: 'sneaky signature: a field with a hollow value covers a certified page',
    code: modified,
    make: ({ certified }) => sneak(certified, true),
  },
  {
    name: 'sneaky signature: a field with a hollow value covers a page that is signed only',
    code: modified,
    make: ({ report }) => sneak(report, true),
  },
]
