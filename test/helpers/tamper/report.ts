import type { SignatureLevel } from '../../../src/model/signature-level.ts'
import { type Certificate, readCertificate } from '../../../src/signing/cms/certificate.ts'
import { readDerPrefix } from '../../../src/signing/cms/der.ts'
import { readPem } from '../../../src/signing/keys/pem.ts'
import { openPdf, type PdfFile, pages } from '../../../src/signing/pdf/file.ts'
import { isRef, type PdfDict, type PdfRef } from '../../../src/signing/pdf/objects.ts'
import { fillGap, signatureFields } from '../../../src/signing/pdf/signature-field.ts'
import { type Update, updateOf } from '../../../src/signing/pdf/update.ts'
import type { ReasonCode } from '../../../src/signing/refusal.ts'
import type { Signer, Timestamper } from '../../../src/signing/signer.ts'

/** What an attacker holds: signed reports, the parts of one, and keys of their own. */
export type Loot = {
  readonly report: Report
  /** The same report as it was printed, before anything was signed. */
  readonly printed: Uint8Array
  /** Another report of the same signer. */
  readonly other: Report
  /** A report that is certified: nothing may be added to it. */
  readonly certified: Report
  /** A report that its author prepared for a later change: hidden content, and a form field. */
  readonly prepared: Report
  /** A signer of the same names under a root of its own, and one whose chain names the true root. */
  readonly impostor: Signer
  readonly grafted: Signer
  /** The signer's root. */
  readonly root: Certificate
  /** What the roots of signers and times revoked, and the impostor's root; DER. */
  readonly crls: readonly Uint8Array[]
  readonly impostorCrl: Uint8Array
  /** Anybody may have anything timestamped. */
  readonly timestamper: Timestamper | null
}

/** One way to tamper: its name says what a forger does, and `make` does it. */
export type Tampering = {
  readonly name: string
  /** The levels of reports that it can be done to; all where absent. */
  readonly levels?: readonly SignatureLevel[]
  /** The code that must be given; any code where absent. */
  readonly code?: ReasonCode
  readonly make: (loot: Loot) => Uint8Array | Promise<Uint8Array>
}

/** A signed PDF, and where its parts stand. */
export type Report = {
  readonly pdf: Uint8Array
  /** One character a byte. */
  readonly text: string
  readonly file: PdfFile
  /** Of the `<` of /Contents and behind its `>`. */
  readonly gapStart: number
  readonly gapEnd: number
  readonly cms: Uint8Array
  /** As it is spelt, its brackets and spaces included. */
  readonly range: string
  readonly signature: PdfRef
  readonly firstPage: { readonly ref: PdfRef; readonly page: PdfDict }
}

/** Takes a signed report apart. */
export function dissect(pdf: Uint8Array): Report {
  const text = Buffer.from(pdf).toString('latin1')
  const file = openPdf(pdf)
  const range = /\/ByteRange (\[[^\]]*\])/.exec(text)?.[1] ?? ''
  const gapStart = text.indexOf('/Contents <', text.indexOf('/ByteRange')) + '/Contents '.length
  const gapEnd = text.indexOf('>', gapStart) + 1
  const room = new Uint8Array(Buffer.from(text.slice(gapStart + 1, gapEnd - 1), 'hex'))
  const signature = signatureFields(file)[0]?.entries.get('V')
  const [firstPage] = pages(file)
  if (!isRef(signature) || !firstPage) throw new TypeError('not a signed report')
  const cms = room.subarray(0, readDerPrefix(room).end)
  return { pdf, text, file, gapStart, gapEnd, cms, range, signature, firstPage }
}

/** The report with one text in place of another, its first occurrence from `from` on; padded to the same length. */
export function swap(report: Report, before: string, after: string, from = 0): Uint8Array {
  const at = report.text.indexOf(before, from)
  if (at < 0 || after.length > before.length) throw new TypeError(`cannot put ${after} for ${before}`)
  return overwrite(report.pdf, at, after.padEnd(before.length))
}

/** The bytes with a text written over those at an offset. */
export function overwrite(bytes: Uint8Array, at: number, text: string): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy.set(Buffer.from(text, 'latin1'), at)
  return copy
}

/** The report with one bit changed at an offset. */
export function flip(report: Report, at: number): Uint8Array {
  const copy = Uint8Array.from(report.pdf)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

/** The report with another CMS in its room. */
export function withCms(report: Report, cms: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(report.pdf)
  copy.fill(0x30, report.gapStart + 1, report.gapEnd - 1)
  fillGap(copy, report, cms)
  return copy
}

/** The report with an incremental update such as any PDF library writes. */
export function updated(report: Report, change: (update: Update, report: Report) => void): Uint8Array {
  const update = updateOf(report.file)
  change(update, report)
  return update.write({}).bytes
}

/** The report with text appended. */
export const appended = (report: Report, text: string): Uint8Array =>
  Buffer.concat([report.pdf, Buffer.from(text, 'latin1')])

/** The certificate of a PEM text. */
export function certificateOf(pem: string): Certificate {
  const [der] = readPem(pem, 'CERTIFICATE')
  if (!der) throw new TypeError('not a certificate')
  return readCertificate(der)
}
