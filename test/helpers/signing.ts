import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, instant } from '../../src/model/time.ts'
import { type KeyType, type LocalIdentity, makeLocalIdentity } from '../../src/signing/keys/identity.ts'
import { loadReportSigner } from '../../src/signing/keys.ts'
import type { Attachment } from '../../src/signing/pdf/attachments.ts'
import type { SignedPdf } from '../../src/signing/seal.ts'
import { type SignPdfOptions, signPdf } from '../../src/signing/sign-pdf.ts'
import type { Signer } from '../../src/signing/signer.ts'

/** The moment at which everything is signed in tests. */
export const signingTime = instant('2026-09-09T02:00:00Z')
export const clock: Clock = { now: () => signingTime }
export const never = new AbortController().signal

/** A report as Chromium 153 printed it: three pages, tagged, with outline and links; 17 KB. */
export const chromiumPdf = (): Uint8Array =>
  new Uint8Array(readFileSync(join(import.meta.dirname, '../fixtures/signing/chromium.pdf')))

const identities = new Map<KeyType, LocalIdentity>()

/** One identity a kind of key, made once in each test file. */
export function identityOf(keyType: KeyType): LocalIdentity {
  const known = identities.get(keyType)
  if (known) return known
  const made = makeLocalIdentity({ organisation: 'Example (Größe) AG', from: instant('2026-01-01T00:00:00Z'), keyType })
  identities.set(keyType, made)
  return made
}

export function signerOf(identity: LocalIdentity, at: Clock = clock): Promise<Signer> {
  const { reportKey, reportCertificate, rootCertificate } = identity
  return loadReportSigner({ keyPem: reportKey, certificates: [reportCertificate, rootCertificate] }, at)
}

export function attachment(name: string, text: string): Attachment {
  return {
    name,
    mediaType: 'application/json',
    description: `What was collected (${name})`,
    relationship: 'Data',
    bytes: Buffer.from(text),
    modified: signingTime,
  }
}

/** Signs with a key of the kind, P-256 where none is named. */
export async function sign(
  pdf: Uint8Array,
  options: Partial<SignPdfOptions> & { readonly keyType?: KeyType } = {},
): Promise<SignedPdf> {
  const { keyType = 'p256', ...rest } = options
  return signPdf(pdf, {
    signer: await signerOf(identityOf(keyType)),
    attachments: [attachment('evidence.json', '{"a":1}')],
    metadata: {
      title: 'Evidence (Q3) – Größe',
      author: 'Example AG',
      subject: 'Audit evidence',
      keywords: ['audit', 'evidence'],
      created: signingTime,
      language: 'en-GB',
    },
    reason: 'Issued (as is) \\ with brackets) and Ümlaut',
    location: 'Zürich',
    signal: never,
    clock,
    ...rest,
  })
}

/** A PDF from the texts of its objects (the first has number 1 and is the catalog), with a classic table. */
export function handmadePdf(objects: readonly string[], options: { readonly trailer?: string } = {}): Uint8Array {
  let text = '%PDF-1.4\n'
  const offsets = objects.map((body, i) => {
    const at = text.length
    text += `${i + 1} 0 obj\n${body}\nendobj\n`
    return at
  })
  const start = text.length
  const lines = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`)
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${lines.join('')}`
  text += `trailer\n<</Size ${objects.length + 1} /Root 1 0 R ${options.trailer ?? ''}>>\nstartxref\n${start}\n%%EOF\n`
  return Buffer.from(text, 'latin1')
}

/** The smallest document that can be signed: one empty page. */
export const tinyPdf = (): Uint8Array =>
  handmadePdf([
    '<</Type /Catalog /Pages 2 0 R>>',
    '<</Type /Pages /Kids [3 0 R] /Count 1>>',
    '<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<>>>>',
  ])

/** The same bytes but for some. */
export function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = value
  return copy
}

/** The same bytes with a text of the same length put in place of another. */
export function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const at = Buffer.from(bytes).indexOf(from, 0, 'latin1')
  if (at < 0 || from.length !== to.length) throw new Error(`cannot replace ${from}`)
  const copy = Buffer.from(bytes)
  copy.write(to, at, 'latin1')
  return copy
}
