import type { SignatureLevel } from '../../../src/model/signature-level.ts'
import { instant } from '../../../src/model/time.ts'
import { addSignature } from '../../../src/signing/add-signature.ts'
import { type KeyType, makeLocalIdentity } from '../../../src/signing/keys/identity.ts'
import { readCrlFile } from '../../../src/signing/keys/own-crl.ts'
import { raiseLevel } from '../../../src/signing/raise-level.ts'
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

export type LootOptions = {
  readonly keyType: KeyType
  readonly level: SignatureLevel
  /** For any level but B-B. */
  readonly timestamper?: Timestamper
  /** Of the timestamper's root, DER; for B-LT and B-LTA. */
  readonly timesCrl?: Uint8Array
  /** Signed once more by somebody else, where that is allowed, before it is raised. */
  readonly approved?: boolean
}

/** Signs all that a forger needs with one kind of key at one level. */
export async function lootOf(options: LootOptions): Promise<Loot> {
  const { keyType, level, approved = false } = options
  const timestamper = level === 'B-B' ? undefined : options.timestamper
  const approver = await signerOf(identityOf(approverType(keyType)))
  const identity = identityOf(keyType)
  const timing = timestamper ? { timestamper } : {}
  const crls = [
    readCrlFile(identity.rootCrl),
    ...(approved ? [readCrlFile(identityOf(approverType(keyType)).rootCrl)] : []),
    ...(options.timesCrl ? [options.timesCrl] : []),
  ]
  const finish = async ({ pdf, level: from }: SignedPdf): Promise<Uint8Array> => {
    const approval = { signer: approver, reason: 'Approved', clock, signal: never, ...timing }
    const signed = approved ? (await addSignature(pdf, approval)).pdf : pdf
    const raising = { ask: nobody, crls: atHand(crls), known: [], clock, signal: never, ...timing }
    const raised = await raiseLevel(signed, from, level, raising)
    if (raised.shortfall !== null) throw new TypeError(raised.shortfall)
    return raised.pdf
  }
  const signing = { keyType, ...timing }
  const from = instant('2026-01-01T00:00:00Z')
  const twin = makeLocalIdentity({ organisation: 'Example (Größe) AG', from, keyType })
  const impostor = await signerOf(twin)
  const root = certificateOf(identity.rootCertificate)
  const [leaf = root.bytes] = impostor.certificateChain
  return {
    report: dissect(await finish(await sign(chromiumPdf(), signing))),
    printed: chromiumPdf(),
    other: dissect(await finish(await sign(chromiumPdf(), { ...signing, reason: 'Another report' }))),
    certified: dissect((await sign(chromiumPdf(), { ...signing, certify: true })).pdf),
    prepared: dissect(await finish(await sign(preparedPdf(), signing))),
    impostor,
    grafted: { ...impostor, certificateChain: [leaf, root.bytes] },
    root,
    crls,
    impostorCrl: readCrlFile(twin.rootCrl),
    timestamper: timestamper ?? null,
  }
}

/** Lists as somebody has them in files. */
export const atHand = (lists: readonly Uint8Array[]) => lists.map((bytes, i) => ({ title: `list ${i}`, bytes }))

const nobody = (): Promise<never> => Promise.reject(new TypeError('nobody is to be asked'))
