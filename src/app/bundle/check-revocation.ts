import { AffidavitError } from '../../model/errors.ts'
import type { StampRevocation } from '../../model/stamp-revocation.ts'
import { millis } from '../../model/time.ts'
import { type Certificate, nameText, readCertificate } from '../../signing/cms/certificate.ts'
import { DerError } from '../../signing/cms/der.ts'
import { buildPath } from '../../signing/cms/path.ts'
import type { RevocationData } from '../../signing/cms/revocation-status.ts'
import { stampRevocation } from '../../signing/cms/stamp-revocation.ts'
import { readCertificates } from '../../signing/keys/pem.ts'
import type { Check } from '../check.ts'
import { sourceWords } from '../stamp-revocations.ts'
import { type BundleContent, revocationFolder, signerFile } from './content.ts'
import type { BundleFiles } from './files.ts'

/** The revocation data that a bundle lists, and what is wrong with the list. */
export async function readRevocation(
  files: BundleFiles,
  { revocation }: BundleContent,
): Promise<{ readonly data: RevocationData; readonly problems: readonly string[] }> {
  const named = new Set(revocation.map(({ file }) => file))
  const problems = [...files.names]
    .filter((name) => name.startsWith(revocationFolder) && !named.has(name))
    .map((name) => `bundle.json does not list ${name}.`)
  const read = (kind: 'crl' | 'ocsp') =>
    Promise.all(revocation.filter((each) => each.kind === kind).map(({ file }) => files.read(file)))
  return { data: { ocsps: await read('ocsp'), crls: await read('crl') }, problems }
}

/** Whether the certificates that reports are signed with had been revoked when the bundle was exported, or are now. */
export async function checkSigners(
  files: BundleFiles,
  { exported }: BundleContent,
  data: RevocationData,
  anchors: readonly Uint8Array[],
): Promise<readonly Check[]> {
  const certificates = await signerCertificates(files)
  const trusted = anchors.flatMap(readCertificates).map(readCertificate)
  const leaves = certificates.filter(({ authority }) => !authority)
  const checks = leaves.map(async (leaf) => {
    const path = await buildPath(leaf, certificates, trusted)
    return signerChecks(nameText(leaf.subject), await stampRevocation(path, data, millis(exported)))
  })
  return (await Promise.all(checks)).flat()
}

function signerChecks(signer: string, revocation: StampRevocation): readonly Check[] {
  switch (revocation.status) {
    case 'irrevocable':
      return []
    case 'good': {
      const sentence = `The certificate of ${signer}, who signs reports, was not revoked when this was exported, as ${sourceWords[revocation.source]} of ${revocation.issued} shows.`
      return [{ holds: true, sentence }]
    }
    case 'revoked': {
      const { certificate, since, reason } = revocation
      const whose = certificate === signer ? signer : `${certificate}, which vouches for ${signer},`
      const sentence = `The certificate of ${whose} has been revoked since ${since} (${reason ?? 'no reason given'}): of the reports that ${signer} signed, rely only on those that a time stamp shows to be older.`
      return [{ holds: null, sentence }]
    }
    case 'unknown': {
      const { certificate, reason } = revocation
      const whose = certificate === signer ? `${signer}, who signs reports,` : certificate
      const sentence = `Whether the certificate of ${whose} was revoked, nothing at hand says (${reason}); ask the authority that issued it.`
      return [{ holds: null, sentence }]
    }
    default:
      return revocation satisfies never
  }
}

/** What is no certificate was put there by who configured it so, and vouches for nothing. */
async function signerCertificates(files: BundleFiles): Promise<readonly Certificate[]> {
  const found: Certificate[] = []
  for (const name of [...files.names].filter((each) => signerFile.test(each)).sort()) {
    try {
      found.push(...readCertificates(await files.read(name)).map(readCertificate))
    } catch (error) {
      if (!(error instanceof AffidavitError || error instanceof DerError)) throw error
    }
  }
  return found
}
