import { type Certificate, readCertificate } from './cms/certificate.ts'
import { DerError } from './cms/der.ts'
import { buildPath, title } from './cms/path.ts'
import type { RevocationData } from './cms/revocation-status.ts'
import { readSignedData } from './cms/signed-data.ts'
import { collectValidationData, type ValidationSources } from './cms/validation-data.ts'
import { readCertificates } from './keys/pem.ts'

/** Whose certificates to ask about: who made time stamps (tokens, DER), and who signs (certificates, PEM or DER). */
export type Asked = {
  readonly tokens: readonly Uint8Array[]
  readonly certificates: readonly Uint8Array[]
  /** Further certificates (PEM or DER) that may have issued one of them. */
  readonly known: readonly Uint8Array[]
}

export type GatheredRevocation = RevocationData & {
  /** A sentence for each certificate about which nothing was to be had, and why. */
  readonly missing: readonly string[]
}

/**
 * What the services that certificates name say of them now, or lists at hand where none answers; `now` is milliseconds
 * since 1970. Whatever cannot be had is told and ends nothing, but for the signal's own abort.
 */
export async function gatherRevocation(
  { tokens, certificates, known }: Asked,
  options: ValidationSources & { readonly now: number },
): Promise<GatheredRevocation> {
  const read = (sources: readonly Uint8Array[]) => sources.flatMap(readCertificates).map(readCertificate)
  const anchors = read(known)
  const given = read(certificates)
  const leaves: { readonly leaf: Certificate; readonly pool: readonly Certificate[] }[] = [
    ...tokens.flatMap(signersOf),
    ...given.filter(({ authority }) => !authority).map((leaf) => ({ leaf, pool: given })),
  ]
  const paths = await Promise.all(leaves.map(({ leaf, pool }) => buildPath(leaf, pool, anchors)))
  const { ocsps, crls, missing } = await collectValidationData(paths, options)
  return { ocsps, crls, missing: missing.map(({ certificate, reason }) => `${title(certificate)}: ${reason}`) }
}

/** A token that cannot be read is told by whoever verifies it. */
function signersOf(
  token: Uint8Array,
): readonly { readonly leaf: Certificate; readonly pool: readonly Certificate[] }[] {
  try {
    const { signer, certificates } = readSignedData(token)
    return [{ leaf: signer, pool: certificates }]
  } catch (error) {
    if (error instanceof DerError) return []
    throw error
  }
}
