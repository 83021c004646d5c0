import type { PathCode } from './cms/path.ts'

/** Why a document is refused, or why its signer or time is not proven. */
export type ReasonCode =
  | PathCode
  | 'malformed'
  | 'not-signed'
  | 'several-signatures'
  | 'unexplained-bytes'
  | 'signature-dictionary'
  | 'byte-range'
  | 'contents-token'
  | 'contents-padding'
  | 'modified-after-signing'
  | 'cms-malformed'
  | 'cms-not-canonical'
  | 'cms-attribute'
  | 'digest-mismatch'
  | 'signature-invalid'
  | 'signing-certificate'
  | 'timestamp-invalid'
  | 'timestamp-not-canonical'
  | 'attachments'
  | 'no-anchor'
  | 'anchor-unreadable'
  | 'signer-not-trusted'
  | 'timestamp-not-trusted'
  | 'certificate-unexplained'
  | 'certificate-revoked'
  | 'validation-data'
  | 'timestamp-order'
  | 'timestamp-outlived'

/** Ends a verification; the message is one or more whole sentences for a reader. */
export class Refusal extends Error {
  readonly code: ReasonCode

  constructor(code: ReasonCode, message: string) {
    super(message)
    this.code = code
  }
}
