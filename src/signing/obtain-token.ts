import { SigningError } from '../model/errors.ts'
import { type Instant, instant } from '../model/time.ts'
import { nameText, readCertificate } from './cms/certificate.ts'
import { canonicalToken, verifyToken } from './cms/timestamp-token.ts'
import type { Timestamper } from './signer.ts'

/** Room for a timestamp token in its canonical form. */
export const tokenBytes = 16_384

/** A token (DER) in its canonical form, and what it states. */
export type Timed = { readonly token: Uint8Array; readonly time: Instant; readonly authority: string }

/**
 * A token over a SHA-256 digest, checked and in canonical form; what goes wrong is returned as an error whose code begins
 * `AFD_TIMESTAMP`, but for the caller's own abort, which is thrown.
 */
export async function obtainToken(
  imprint: Uint8Array,
  timestamper: Timestamper,
  signal: AbortSignal,
): Promise<Timed | { readonly error: SigningError }> {
  try {
    const received = await verifyToken(await timestamper.timestamp(imprint, signal), imprint, [])
    const token = await canonicalToken(received, (timestamper.anchors ?? []).map(readCertificate))
    const { info, signer } = await verifyToken(token, imprint, [])
    if (token.length > tokenBytes)
      throw new SigningError('AFD_TIMESTAMP_SIZE', `the token of ${timestamper.title} is too large`)
    return { token, time: instant(info.time), authority: nameText(signer.subject) }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SigningError) return { error }
    const reason = error instanceof Error ? error.message : String(error)
    return {
      error: new SigningError('AFD_TIMESTAMP_TOKEN', `the token of ${timestamper.title} was not accepted: ${reason}`, {
        hint: 'Name another time-stamp authority.',
        cause: error,
      }),
    }
  }
}
