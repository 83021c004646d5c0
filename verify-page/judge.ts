import { judgeReport, type ReportJudgement } from '../src/app/judge-report.ts'
import { hex } from '../src/signing/bytes.ts'
import { fingerprint, nameText, readCertificate } from '../src/signing/cms/certificate.ts'
import { digest } from '../src/signing/cms/primitives.ts'
import { readCertificates } from '../src/signing/keys/pem.ts'

/** A certificate that the reader trusts, and for what. */
export type Trusted = {
  readonly bytes: Uint8Array
  readonly subject: string
  readonly fingerprint: string
  readonly signers: boolean
  readonly times: boolean
}

/** All that the page says of a report; the words are those of `affidavit verify`. */
export type Judgement = ReportJudgement & {
  readonly name: string
  readonly size: number
  readonly sha256: string
}

/** Judges a report by its bytes and the certificates that are trusted, as the command line does without a store. */
export async function judge(name: string, bytes: Uint8Array, trusted: readonly Trusted[]): Promise<Judgement> {
  const vouching = (what: 'signers' | 'times') => trusted.filter((each) => each[what]).map((each) => each.bytes)
  const judged = await judgeReport(bytes, { anchors: vouching('signers'), timestampAnchors: vouching('times') })
  return { name, size: bytes.length, sha256: hex(digest('sha256', bytes)), ...judged }
}

/** The certificates of a PEM or DER file, trusted for all; throws where there is none or one cannot be read. */
export function readTrusted(bytes: Uint8Array): readonly Trusted[] {
  return readCertificates(bytes).map((der) => {
    const certificate = readCertificate(der)
    const all = { signers: true, times: true }
    return { bytes: der, subject: nameText(certificate.subject), fingerprint: fingerprint(certificate), ...all }
  })
}
