import { SigningError } from '../../model/errors.ts'
import type { SignatureAlgorithm, Signer } from '../signer.ts'
import type { Scheme } from './algorithms.ts'
import { readCertificate } from './certificate.ts'
import { readDer } from './der.ts'
import { derOctets, derOid } from './der-write.ts'
import { oids } from './oids.ts'
import { title } from './path.ts'
import { digest, isSignedBy } from './primitives.ts'
import { type SignedDataParts, writeAttributes, writeSignedData } from './signed-data.ts'
import { writeSigningCertificate } from './signing-certificate.ts'

export const schemeOf: { readonly [algorithm in SignatureAlgorithm]: Scheme & { readonly hash: 'sha256' | 'sha384' } } =
  {
    'ecdsa-p256-sha256': { kind: 'ecdsa', hash: 'sha256' },
    'ecdsa-p384-sha384': { kind: 'ecdsa', hash: 'sha384' },
    'rsa-sha256': { kind: 'rsa', hash: 'sha256' },
  }

/**
 * A detached CAdES baseline signature (EN 319 122-1, without signing-time as EN 319 142-1 asks) over content of which
 * the parts are given; throws SigningError. `withTimestamp` makes the same signature with a signature-time-stamp.
 */
export async function signDetached(content: readonly Uint8Array[], signer: Signer, signal: AbortSignal) {
  const scheme = schemeOf[signer.algorithm]
  const certificates = signer.certificateChain.map(readCertificate)
  const [leaf] = certificates
  if (!leaf) throw new TypeError('a signer has at least its own certificate')
  const signedBytes = writeAttributes(
    new Map([
      [oids.contentType, { bytes: derOid(oids.data) }],
      [oids.messageDigest, { bytes: derOctets(digest(scheme.hash, ...content)) }],
      [oids.signingCertificateV2, { bytes: writeSigningCertificate(certificates) }],
    ]),
  )
  const signature = await signer.sign(signedBytes, signal)
  // A key store may hold another key than its certificate says; better to learn that now than from an auditor.
  if (!(await isSignedBy(leaf.publicKey, scheme, signedBytes, signature))) {
    throw new SigningError('AFD_KEY_CERTIFICATE', `the signature does not fit the certificate ${title(leaf)}`, {
      hint: 'Give the certificate that was issued for this very key.',
    })
  }
  const parts: SignedDataParts = {
    contentType: oids.data,
    content: null,
    certificates,
    hash: scheme.hash,
    scheme,
    signer: leaf,
    signedBytes,
    signature,
    unsigned: new Map(),
  }
  return {
    signature,
    cms: writeSignedData(parts),
    withTimestamp: (token: Uint8Array): Uint8Array =>
      writeSignedData({ ...parts, unsigned: new Map([[oids.signatureTimeStampToken, readDer(token)]]) }),
  }
}
