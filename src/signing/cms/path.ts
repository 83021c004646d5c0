import { sameBytes } from '../bytes.ts'
import { type Certificate, fingerprint, isIssuedBy, isSelfIssued, nameText } from './certificate.ts'
import { sameDer } from './der.ts'
import { oids } from './oids.ts'

/** What is wrong with a chain of certificates, as a code and a sentence that names the certificate. */
export type PathProblem = { readonly code: PathCode; readonly message: string }
export type PathCode =
  | 'certificate-unused'
  | 'certificate-signature'
  | 'certificate-not-authority'
  | 'certificate-validity'
  | 'certificate-usage'

/** A leaf with its issuers, from the certificates that came with a signature. */
export type Path = {
  /** Leaf first, then each issuer, all of them taken from the pool. */
  readonly certificates: readonly Certificate[]
  /** The given anchor on which the path rests; null where none was given or none fits. */
  readonly anchor: Certificate | null
  /** What a validity check looks at: the certificates up to and with the anchor, or all of them where there is none. */
  readonly trusted: readonly Certificate[]
  /** Whether the last certificate's own signature was checked: it is self-signed or an anchor, or its issuer is given. */
  readonly complete: boolean
  readonly problems: readonly PathProblem[]
}

/** The certificates of a path that somebody could revoke: not what the reader trusts, nor a root that vouches for itself. */
export function revocable({
  trusted,
  anchor,
}: Path): readonly { readonly certificate: Certificate; readonly issuer: Certificate | undefined }[] {
  const subjects = anchor ? trusted.slice(0, -1) : trusted.filter((each) => !isSelfIssued(each))
  return subjects.map((certificate, i) => ({ certificate, issuer: trusted[i + 1] }))
}

const longest = 8

/** Builds the one path of a leaf through a pool of certificates to a given anchor, and checks every signature on it. */
export async function buildPath(
  leaf: Certificate,
  pool: readonly Certificate[],
  anchors: readonly Certificate[],
): Promise<Path> {
  const certificates = [leaf]
  const problems: PathProblem[] = []
  let top = leaf
  while (!isSelfIssued(top) && certificates.length < longest) {
    const others = pool.filter((candidate) => !certificates.some((used) => sameBytes(used.bytes, candidate.bytes)))
    const next = await issuerOf(top, others)
    const issuer = top.issuer
    if (!next && others.some((candidate) => sameDer(candidate.subject, issuer))) problems.push(faultySignature(top))
    if (!next) break
    certificates.push(next)
    top = next
  }
  if (isSelfIssued(top) && !(await isIssuedBy(top, top))) problems.push(faultySignature(top))
  const given = certificates.findIndex((own) => anchors.some((anchor) => sameBytes(anchor.bytes, own.bytes)))
  const above = isSelfIssued(top) ? undefined : await issuerOf(top, anchors)
  const complete = isSelfIssued(top) || above !== undefined || given === certificates.length - 1
  if (given >= 0) {
    const trusted = certificates.slice(0, given + 1)
    return { certificates, anchor: trusted.at(-1) ?? null, trusted, complete, problems }
  }
  const onto = await ontoAnchor(certificates, anchors)
  return { certificates, anchor: onto?.at(-1) ?? null, trusted: onto ?? certificates, complete, problems }
}

/**
 * The lowest certificates up to one that an anchor issued, and that anchor: an authority may have renewed the certificate
 * of its key since, and only name and key of an anchor count (RFC 5280 section 6.1.1 (d)).
 */
async function ontoAnchor(
  certificates: readonly Certificate[],
  anchors: readonly Certificate[],
): Promise<readonly Certificate[] | undefined> {
  for (const [i, certificate] of certificates.entries()) {
    const anchor = await issuerOf(certificate, anchors)
    if (anchor) return [...certificates.slice(0, i + 1), anchor]
  }
  return undefined
}

async function issuerOf(certificate: Certificate, pool: readonly Certificate[]): Promise<Certificate | undefined> {
  for (const candidate of pool) if (await isIssuedBy(certificate, candidate)) return candidate
  return undefined
}

const faultySignature = (certificate: Certificate): PathProblem => ({
  code: 'certificate-signature',
  message: `the certificate ${title(certificate)} does not bear its issuer's signature`,
})

/** What RFC 5280 section 6 has against a path at a moment (milliseconds since 1970). */
export function checkPath(path: Path, at: number): readonly PathProblem[] {
  const problems: PathProblem[] = [...path.problems]
  for (const [depth, certificate] of path.trusted.entries()) {
    if (at < certificate.notBefore || at > certificate.notAfter) {
      const from = new Date(certificate.notBefore).toISOString()
      const to = new Date(certificate.notAfter).toISOString()
      problems.push({
        code: 'certificate-validity',
        message: `the certificate ${title(certificate)} is valid from ${from} to ${to}, not at ${new Date(at).toISOString()}`,
      })
    }
    if (depth === 0) continue
    const mayIssue = certificate.authority && (certificate.keyUsage?.has('keyCertSign') ?? true)
    const tooLong = certificate.pathLength !== null && depth - 1 > certificate.pathLength
    if (!mayIssue || tooLong) {
      problems.push({
        code: 'certificate-not-authority',
        message: `the certificate ${title(certificate)} may not issue the certificates below it`,
      })
    }
    // Required to be critical, and then not understood; but RFC 5280 section 6.1.4 (g) minds them however they are marked.
    if (certificate !== path.anchor && certificate.extensions.has(oids.nameConstraints)) {
      problems.push({
        code: 'certificate-not-authority',
        message: `the certificate ${title(certificate)} may issue for some names only, which is not understood here`,
      })
    }
  }
  return problems
}

const documentPurposes: readonly string[] = [
  oids.anyPurpose,
  oids.emailProtection,
  oids.documentSigning,
  oids.microsoftDocumentSigning,
  oids.adobeDocumentSigning,
]

/** An authority that is there for other purposes vouches for nobody here; what the reader trusts is theirs to choose. */
function checkIssuers({ trusted, anchor }: Path, purposes: readonly string[], what: string): readonly PathProblem[] {
  return trusted.slice(1).flatMap((issuer): readonly PathProblem[] => {
    const allowed = issuer === anchor || !issuer.purposes || issuer.purposes.some((oid) => purposes.includes(oid))
    if (allowed) return []
    return [{ code: 'certificate-usage', message: `the certificate ${title(issuer)} is not an authority for ${what}` }]
  })
}

/** What is wrong with a path whose leaf signs documents; empty where nothing is. */
export function checkDocumentUsage(path: Path): readonly PathProblem[] {
  const problems = checkIssuers(path, documentPurposes, 'those who sign documents')
  const [certificate] = path.certificates
  if (!certificate) return problems
  const usage = certificate.keyUsage
  const signs = usage === null || usage.has('digitalSignature') || usage.has('nonRepudiation')
  const purpose = certificate.purposes === null || certificate.purposes.some((oid) => documentPurposes.includes(oid))
  if (signs && purpose) return problems
  const message = `the certificate ${title(certificate)} is not meant for signing documents`
  return [{ code: 'certificate-usage', message }, ...problems]
}

/** What is wrong with the path of a time-stamp authority, RFC 3161 section 2.3; empty where nothing is. */
export function checkTimestampUsage(path: Path): readonly PathProblem[] {
  const problems = checkIssuers(path, [oids.anyPurpose, oids.timeStamping], 'those who give time stamps')
  const [certificate] = path.certificates
  if (!certificate) return problems
  const only = certificate.purposes?.length === 1 && certificate.purposes[0] === oids.timeStamping
  const signs =
    certificate.keyUsage === null ||
    certificate.keyUsage.has('digitalSignature') ||
    certificate.keyUsage.has('nonRepudiation')
  if (only && certificate.purposesCritical && signs) return problems
  const message = `the certificate ${title(certificate)} is not one for time-stamping alone`
  return [{ code: 'certificate-usage', message }, ...problems]
}

/** A certificate in a message: its subject and the beginning of its fingerprint. */
export const title = (certificate: Certificate): string =>
  `«${nameText(certificate.subject)}» (SHA-256 ${fingerprint(certificate).slice(0, 16)}…)`
