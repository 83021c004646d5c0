import type { Instant } from './time.ts'

/** Whether a certificate behind a time stamp was revoked, as far as the lists and responses at hand say. */
export type StampRevocation =
  /** Not by the stamp's time; `issued` is when the oldest of the statements that say so was made. */
  | { readonly status: 'good'; readonly source: 'ocsp' | 'crl'; readonly issued: Instant }
  | {
      readonly status: 'revoked'
      readonly certificate: string
      readonly since: Instant
      /** A CRLReason of RFC 5280 section 5.3.1; null where none is given. */
      readonly reason: string | null
      /** Whether the stamp shows nothing because of it, RFC 3161 section 4. */
      readonly voids: boolean
    }
  | { readonly status: 'unknown'; readonly certificate: string; readonly reason: string }
  /** There is nobody who could revoke it: the reader trusts this very certificate, or it is its own root. */
  | { readonly status: 'irrevocable' }
