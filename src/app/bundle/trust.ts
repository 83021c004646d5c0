import type { RevocationData } from '../../signing/cms/revocation-status.ts'

/** What a reader knows beside a bundle. */
export type BundleTrust = {
  /** Certificates (PEM or DER) that vouch for time-stamp authorities. */
  readonly trust?: readonly Uint8Array[]
  /** The same for those who sign reports; `trust` where absent. */
  readonly signers?: readonly Uint8Array[]
  /** Revocation data beside those in the bundle. */
  readonly revocation?: RevocationData
}
