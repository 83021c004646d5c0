import { SigningError } from '../../model/errors.ts'
import { type Instant, instant, millis } from '../../model/time.ts'
import { readCertificate } from '../cms/certificate.ts'
import { readCrl } from '../cms/crl.ts'
import { title } from '../cms/path.ts'
import { RevocationError } from '../cms/revocation.ts'
import type { Signer } from '../signer.ts'

/**
 * Throws SigningError `AFD_CERTIFICATE_REVOKED` where one of the lists (DER) at hand says that a certificate of the signer
 * had been revoked by a moment. A list that has nothing to say of them says nothing.
 */
export async function assertNotRevoked(
  { certificateChain }: Pick<Signer, 'certificateChain'>,
  lists: readonly Uint8Array[],
  at: Instant,
): Promise<void> {
  const chain = certificateChain.map(readCertificate)
  for (const [i, certificate] of chain.entries()) {
    const issuer = chain[i + 1]
    if (!issuer) return
    for (const list of lists) {
      const statement = await readCrl(list, certificate, issuer).catch((error: unknown) => {
        if (error instanceof RevocationError) return undefined
        throw error
      })
      const since = statement?.status === 'revoked' ? statement.invalidSince : null
      if (since === null || since > millis(at)) continue
      throw new SigningError(
        'AFD_CERTIFICATE_REVOKED',
        `${title(certificate)} was revoked on ${instant(since)}: what it signs now is not to be relied on`,
        { hint: 'Make a new identity, or have your authority certify a new key; then name both under signing.' },
      )
    }
  }
}
