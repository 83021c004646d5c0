/** The signature algorithms that a report key may use. */
export const signatureAlgorithms = ['ecdsa-p256-sha256', 'ecdsa-p384-sha384', 'rsa-sha256'] as const
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]

/** A key that signs reports, wherever it is kept, and the certificates that say whose it is. */
export type Signer = {
  readonly algorithm: SignatureAlgorithm
  /** DER, the signer's own first, each followed by its issuer, as far up as known. */
  readonly certificateChain: readonly Uint8Array[]
  /**
   * The signature over the bytes themselves (not over their digest): for ECDSA a DER ECDSA-Sig-Value, for RSA the
   * PKCS #1 v1.5 octets. Throws SigningError.
   */
  sign(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
}

/** A private key, wherever it is kept, before it is known which certificate says whose it is. */
export type SigningKey = {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** DER, those that are kept beside the key, in any order; none where it is kept alone. */
  readonly certificates: readonly Uint8Array[]
  /** As of a Signer, with the algorithm that its kind and size stand for. */
  sign(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
}

/** Something that states that a digest existed at a time, RFC 3161. */
export type Timestamper = {
  /** For messages: where the time comes from. */
  readonly title: string
  /** Certificates (DER) that vouch for the authority, as far as known; they complete what its tokens hold. */
  readonly anchors?: readonly Uint8Array[]
  /** A checked TimeStampToken (DER) over a SHA-256 digest; throws SigningError with a code that begins `AFD_TIMESTAMP`. */
  timestamp(digest: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
}

/** The Ed25519 key that signs ledger checkpoints. */
export type LedgerKey = {
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array
  /** 64 raw bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}
