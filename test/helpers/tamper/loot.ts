import { instant } from '../../../src/model/time.ts'
import { addSignature } from '../../../src/signing/add-signature.ts'
import { type KeyType, makeLocalIdentity } from '../../../src/signing/keys/identity.ts'
import type { SignedPdf } from '../../../src/signing/seal.ts'
import type { Timestamper } from '../../../src/signing/signer.ts'
import { chromiumPdf, clock, handmadePdf, identityOf, never, sign, signerOf } from '../signing.ts'
import { certificateOf, dissect, type Loot } from './report.ts'

/** One page with a covered text (4, 5), a form field (6, 7), a font (8), and pages (9) and a page (10) not shown. */
const preparedPdf = (): Uint8Array => {
  const stream = (entries: string, text: string) => `<<${entries} /Length ${text.length}>>\nstream\n${text}\nendstream`
  const form = '/Type /XObject /Subtype /Form /BBox [0 0 99 9]'
  return handmadePdf([
    '<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [6 0 R]>>>>',
    '<</Type /Pages /Kids [3 0 R] /Count 1>>',
    '<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [6 0 R] /Resources <</XObject <</X 5 0 R>> /Font <</F 8 0 R>>>>>>',
    stream('', 'BT /F 9 Tf (not satisfied) Tj ET /X Do'),
    stream(form, '1 g 0 0 99 9 re f'),
    '<</Type /Annot /Subtype /Widget /FT /Tx /T (result) /V (open) /Rect [0 0 99 9] /P 3 0 R /AP <</N 7 0 R>>>>',
    stream(form, 'BT (open) Tj ET'),
    '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>',
    '<</Type /Pages /Kids [10 0 R] /Count 1>>',
    '<</Type /Page /Parent 9 0 R /MediaBox [0 0 595 842] /Resources <<>>>>',
  ])
}

/** The kind of key of somebody else, who signs what was signed. */
export const approverType = (keyType: KeyType): KeyType => (keyType === 'rsa3072' ? 'p384' : 'rsa3072')

/** Signs all that a forger needs with one kind of key; `approved` once more by somebody else, where that is allowed. */
export async function lootOf(keyType: KeyType, timestamper?: Timestamper, approved = false): Promise<Loot> {
  const approver = await signerOf(identityOf(approverType(keyType)))
  const finish = async ({ pdf }: SignedPdf): Promise<Uint8Array> => {
    if (!approved) return pdf
    const timing = timestamper ? { timestamper } : {}
    const approval = { signer: approver, reason: 'Approved', clock, signal: never, ...timing }
    return (await addSignature(pdf, approval)).pdf
  }
  const options = { keyType, ...(timestamper ? { timestamper } : {}) }
  const identity = identityOf(keyType)
  const from = instant('2026-01-01T00:00:00Z')
  const twin = makeLocalIdentity({ organisation: 'Example (Größe) AG', from, keyType })
  const impostor = await signerOf(twin)
  const root = certificateOf(identity.rootCertificate)
  const [leaf = root.bytes] = impostor.certificateChain
  return {
    report: dissect(await finish(await sign(chromiumPdf(), options))),
    printed: chromiumPdf(),
    other: dissect(await finish(await sign(chromiumPdf(), { ...options, reason: 'Another report' }))),
    certified: dissect((await sign(chromiumPdf(), { ...options, certify: true })).pdf),
    prepared: dissect(await finish(await sign(preparedPdf(), options))),
    impostor,
    grafted: { ...impostor, certificateChain: [leaf, root.bytes] },
    root,
  }
}
