import { rootCertificates } from 'node:tls'
import type { Instant } from '../../../src/model/time.ts'
import { constraintBroken } from './name-constraints.ts'
import { type Certificate, parseCertificate } from './parse.ts'

/** Certificates that are trusted without further proof, findable by subject. */
export type TrustStore = ReadonlyMap<string, readonly Certificate[]>

/** A store of certificates. */
export function trustStore(certificates: readonly Certificate[]): TrustStore {
  return Map.groupBy(certificates, ({ subject }) => subject)
}

let mozilla: TrustStore | undefined

/** Mozilla's roots as this Node brings them. */
export function mozillaStore(): TrustStore {
  mozilla ??= trustStore(rootCertificates.flatMap((pem) => certificatesOfPem(pem)))
  return mozilla
}

/** The certificates of a PEM text that parse. */
export function certificatesOfPem(pem: string): Certificate[] {
  const blocks = pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? []
  return blocks.flatMap((block) => {
    const certificate = parseCertificate(Buffer.from(block.replace(/-----[^-]+-----/g, ''), 'base64'))
    return 'problem' in certificate ? [] : [certificate]
  })
}

/** Where the search for a trusted path ended, best outcome first. */
export type PathEnd = 'trusted' | 'outdated' | 'unsuitable' | 'untrusted-root' | 'self-signed' | 'incomplete'

/** The best path from the first certificate towards an anchor. */
export type Path = {
  readonly end: PathEnd
  readonly certificates: readonly Certificate[]
  readonly reason: string | null
}

const longestPath = 10
const mostSteps = 200

/** Builds the path of RFC 5280 section 6 from the leaf over what was sent to an anchor, as of a moment. */
export function buildPath(
  leaf: Certificate,
  sent: readonly Certificate[],
  stores: readonly TrustStore[],
  at: Instant,
): Path {
  const isAnchor = ({ subject, fingerprint }: Certificate): boolean =>
    stores.some((store) => store.get(subject)?.some((anchor) => anchor.fingerprint === fingerprint))
  let steps = 0
  const walk = (path: readonly Certificate[]): Path => {
    const last = path.at(-1) ?? leaf
    steps += 1
    if (isAnchor(last)) return judgeAnchored(path, at)
    if (isSelfSigned(last)) {
      return path.length === 1
        ? { end: 'self-signed', certificates: path, reason: 'the certificate is signed by itself and no trust anchor' }
        : {
            end: 'untrusted-root',
            certificates: path,
            reason: `the chain ends in ${last.subject}, which is no trust anchor`,
          }
    }
    const candidates = [...stores.flatMap((store) => store.get(last.issuer) ?? []), ...sent].filter(
      (issuer) => !path.some(({ fingerprint }) => fingerprint === issuer.fingerprint) && hasIssued(issuer, last),
    )
    const paths =
      path.length < longestPath && steps < mostSteps ? candidates.map((issuer) => walk([...path, issuer])) : []
    const missing: Path = {
      end: 'incomplete',
      certificates: path,
      reason: `the certificate of ${last.issuer} is missing`,
    }
    return paths.sort((a, b) => ends.indexOf(a.end) - ends.indexOf(b.end))[0] ?? missing
  }
  return walk([leaf])
}

const ends: readonly PathEnd[] = ['trusted', 'outdated', 'unsuitable', 'untrusted-root', 'self-signed', 'incomplete']
const serverAuth = '1.3.6.1.5.5.7.3.1'
const anyUsage = '2.5.29.37.0'

function judgeAnchored(path: readonly Certificate[], at: Instant): Path {
  const outdated = path.find(({ notBefore, notAfter }) => at < notBefore || at > notAfter)
  if (outdated) {
    const why =
      at < outdated.notBefore ? `is not valid before ${outdated.notBefore}` : `expired at ${outdated.notAfter}`
    return { end: 'outdated', certificates: path, reason: `the certificate of ${outdated.subject} ${why}` }
  }
  const useless = path.find(
    ({ extendedKeyUsage: usage }) => usage && !usage.includes(serverAuth) && !usage.includes(anyUsage),
  )
  if (useless) {
    return {
      end: 'unsuitable',
      certificates: path,
      reason: `the certificate of ${useless.subject} is not for TLS servers`,
    }
  }
  const [leaf, ...authorities] = path
  const broken = authorities.flatMap((each) => constraintBroken(each, leaf?.names ?? []) ?? [])[0]
  if (broken) return { end: 'unsuitable', certificates: path, reason: broken }
  return { end: 'trusted', certificates: path, reason: null }
}

/** Whether a certificate names itself as issuer and its own key made its signature. */
export function isSelfSigned(certificate: Certificate): boolean {
  return certificate.subject === certificate.issuer && hasSigned(certificate, certificate)
}

/** Whether one certificate's key signed another and its owner may do so. */
export function hasIssued(issuer: Certificate, subject: Certificate): boolean {
  return issuer.isAuthority && issuer.x509.subject === subject.x509.issuer && hasSigned(issuer, subject)
}

function hasSigned(issuer: Certificate, subject: Certificate): boolean {
  try {
    return subject.x509.checkIssued(issuer.x509) && subject.x509.verify(issuer.x509.publicKey)
  } catch {
    // A key or a signature that OpenSSL cannot use proves nothing.
    return false
  }
}
