import type { Sha256 } from '../../src/model/digest.ts'
import type { Erasure } from '../../src/model/erasure.ts'
import type { ArtefactReference } from '../../src/model/evidence.ts'
import type { LegalHold, RetentionPolicy } from '../../src/model/retention.ts'
import type { SignatureLevel } from '../../src/model/signature-level.ts'
import type { Instant } from '../../src/model/time.ts'

/** A ledger entry that the report rests on, as its evidence index prints it. */
export type IndexedEntry = {
  /** Sequence in the ledger. */
  readonly entry: number
  readonly kind: string
  readonly subject: string
  readonly collected: Instant
  readonly collector: string
  /** SHA-256 of the entry's bytes. */
  readonly digest: Sha256
  readonly artefacts: readonly ArtefactReference[]
  /** Those of the artefacts whose bytes were erased before the report was issued, and the entry that says so. */
  readonly erased: readonly { readonly commitment: Sha256; readonly entry: number }[]
}

/** What was erased of the period, and what governs that, when the report was issued. */
export type RetentionRecord = {
  /** Acts of erasure within the period, or of bytes behind its entries; by entry. */
  readonly erasures: readonly Erasure[]
  readonly policies: readonly RetentionPolicy[]
  /** Those in force. */
  readonly holds: readonly LegalHold[]
}

/** What is particular to one issue of a report. It is written before signing, so it says what is asked for. */
export type ReportIssue = {
  /** `AER-2026-Q3-0001`. */
  readonly id: string
  readonly issuedAt: Instant
  readonly signer: {
    readonly name: string
    readonly organisation?: string
    /** `ECDSA P-256 · SHA-256`. */
    readonly algorithm: string
    /** SHA-256 of the certificate, hexadecimal. */
    readonly fingerprint: string
  }
  readonly level: SignatureLevel
  readonly timestampAuthority: string | null
  /** The RFC 3161 time stamp over the ledger's checkpoint, or why it has none; null where none was asked for. */
  readonly checkpointTime: { readonly time: Instant; readonly authority: string } | { readonly untimed: string } | null
  /** As the signature states them. */
  readonly reason: string
  readonly location: string | null
  /** The command that checks this report: `affidavit verify AER-2026-Q3-0001.pdf`. */
  readonly verifyCommand: string
  readonly evidence: readonly IndexedEntry[]
  readonly retention: RetentionRecord
  /** Files embedded in the PDF. */
  readonly attachments: readonly { readonly name: string; readonly description: string }[]
}
