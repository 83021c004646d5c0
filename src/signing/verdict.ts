import type { SignatureLevel } from '../model/signature-level.ts'
import type { Instant } from '../model/time.ts'
import type { RevocationData } from './cms/revocation-status.ts'
import type { FoundAttachment } from './pdf/read-attachments.ts'
import type { ReasonCode } from './refusal.ts'

/** One sentence or more about what was found, for a reader, and its code for machines. */
export type Reason = {
  readonly code: ReasonCode
  readonly message: string
  /** Which of the signatures it is about, counted from 0; absent where it is about the file. */
  readonly signature?: number
}

/** What verification makes of a document. */
export type PdfVerdict = {
  /**
   * `accepted`: every byte is explained, and signer and time rest on given anchors. `intact-signer-unproven`: unaltered,
   * but no given anchor says whose signature or timestamp it is, or nothing shows its time any more. `refused`: anything
   * else.
   */
  readonly verdict: 'accepted' | 'intact-signer-unproven' | 'refused'
  /** Oldest first: who signed what; empty where refused. */
  readonly signatures: readonly SignatureVerdict[]
  /** Those of the first signature, the issuer's, as are the three below; null where refused. */
  readonly level: SignatureLevel | null
  /** Null where refused before the signature was found to hold. */
  readonly signer: {
    readonly subject: string
    readonly issuer: string
    /** Hexadecimal. */
    readonly serial: string
    /** SHA-256 over the certificate's DER, 64 lower-case hexadecimal digits. */
    readonly fingerprint: string
    readonly notBefore: Instant
    readonly notAfter: Instant
  } | null
  /** What the document claims (/M), by the signer's own clock. */
  readonly signedAt: Instant | null
  /** The oldest that is over the signature, its own or one of the document. */
  readonly timestamp: {
    readonly time: Instant
    readonly authority: string
    /** Whether a given certificate vouches for the authority. */
    readonly anchored: boolean
  } | null
  /** Of what the document consists, oldest first; empty where refused. */
  readonly layers: readonly DocumentLayer[]
  /** Why it is not `accepted`; empty where it is. */
  readonly reasons: readonly Reason[]
  /** Revocation lists and OCSP responses that the document holds, of its newest validation data. */
  readonly revocation: RevocationData
  /** Embedded files; empty where refused, since nothing vouches for them. */
  readonly attachments: readonly FoundAttachment[]
  /** Cross-reference sections: the document as printed and each update; 0 where it cannot be read. */
  readonly revisions: number
  /** What of a file that is not accepted holds by itself, before something was added; null where there is nothing. */
  readonly front: Front | null
}

/** The beginning of a file, up to the first addition that leaves something open or refuses the whole. */
export type Front = {
  readonly bytes: number
  /** `accepted` always, but where nobody is trusted and the whole is refused. */
  readonly verdict: 'accepted' | 'intact-signer-unproven'
  /** The subject of who signed it first, and the time stamp over that signature. */
  readonly signer: string
  readonly timestamp: PdfVerdict['timestamp']
}

/** An update of a document that was accounted for; it ends after so many bytes from the beginning. */
export type DocumentLayer = { readonly bytes: number } & (
  | { readonly kind: 'signature' | 'validation-data' }
  | {
      readonly kind: 'document-timestamp'
      readonly time: Instant
      readonly authority: string
      /** Whether a given certificate vouches for the authority. */
      readonly anchored: boolean
    }
)

/** What one signature says, and of what. */
export type SignatureVerdict = {
  readonly level: SignatureLevel
  readonly signer: NonNullable<PdfVerdict['signer']>
  /** Whether a given certificate vouches for the signer. */
  readonly anchored: boolean
  readonly signedAt: Instant | null
  readonly timestamp: PdfVerdict['timestamp']
  /** What the signer states: a name, a reason. */
  readonly name: string | null
  readonly reason: string | null
  /** It covers this many bytes from the beginning: a document of its own, to which later signatures were added. */
  readonly bytes: number
  /** What is known of the certificates of its signer and of its oldest timestamp's authority. */
  readonly standings: readonly CertificateVerdict[]
}

/**
 * Whether a certificate was revoked by the moment that counts, as far as there are data that say so; `embedded` where the
 * document itself holds some.
 */
export type CertificateVerdict = { readonly subject: string; readonly moment: Instant } & (
  | { readonly status: 'good'; readonly source: 'ocsp' | 'crl'; readonly issued: Instant; readonly embedded: boolean }
  | { readonly status: 'unknown'; readonly reason: string }
)
