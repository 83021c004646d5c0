import { rootCertificates } from 'node:tls'
import type { Instant } from '../../../src/model/time.ts'
import { guarded } from '../wire/reply.ts'
import { derTags, readInside } from './der.ts'
import { constraintBroken } from './name-constraints.ts'
import { type Certificate, extensionOids, parseCertificate } from './parse.ts'

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
export type PathEnd =
  | 'trusted'
  | 'undecided'
  | 'outdated'
  | 'unsuitable'
  | 'untrusted-root'
  | 'self-signed'
  | 'incomplete'

/** The best path from the first certificate towards an anchor. */
export type Path = {
  readonly end: PathEnd
  readonly certificates: readonly Certificate[]
  readonly reason: string | null
}

/** What certificates by the dozen, all of one name and key, could make of a search without an end. */
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
    if (steps > mostSteps) {
      return { end: 'undecided', certificates: path, reason: 'too many certificates issued each other to try them all' }
    }
    const isNew = ({ fingerprint }: Certificate) => !path.some((each) => each.fingerprint === fingerprint)
    const anchors = stores.flatMap((store) => store.get(last.issuer) ?? [])
    const candidates = [
      ...anchors.filter((issuer) => isNew(issuer) && (hasIssued(issuer, last) || hasIssuedUnmarked(issuer, last))),
      ...sent.filter((issuer) => isNew(issuer) && hasIssued(issuer, last)),
    ]
    const paths: Path[] = []
    for (const issuer of candidates) {
      paths.push(walk([...path, issuer]))
      if (paths.at(-1)?.end === 'trusted') break
    }
    const missing: Path = {
      end: 'incomplete',
      certificates: path,
      reason: `the certificate of ${last.issuer} is missing`,
    }
    return paths.sort((a, b) => ends.indexOf(a.end) - ends.indexOf(b.end))[0] ?? missing
  }
  return walk([leaf])
}

const ends: readonly PathEnd[] = [
  'trusted',
  'undecided',
  'outdated',
  'unsuitable',
  'untrusted-root',
  'self-signed',
  'incomplete',
]
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
  const strange = path.find(({ criticalExtensions }) => criticalExtensions.some((each) => !understood.includes(each)))
  if (strange) {
    const which = strange.criticalExtensions.filter((each) => !understood.includes(each)).join(', ')
    return {
      end: 'unsuitable',
      certificates: path,
      reason: `the certificate of ${strange.subject} has a critical extension that clients do not know: ${which}`,
    }
  }
  const tooDeep = path.find((each, depth) => authoritiesBelow(path, depth) > pathLengthOf(each))
  if (tooDeep) {
    return {
      end: 'unsuitable',
      certificates: path,
      reason: `the authority ${tooDeep.subject} may not have so many authorities below it (path length)`,
    }
  }
  const [leaf, ...authorities] = path
  const broken = authorities.flatMap((each) => constraintBroken(each, leaf?.names ?? []) ?? [])[0]
  if (broken) return { end: 'unsuitable', certificates: path, reason: broken }
  return { end: 'trusted', certificates: path, reason: null }
}

/** Extensions that may be critical (RFC 5280 section 4.2, RFC 7633), since clients know what they ask for. */
const understood: readonly string[] = [
  ...['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.30', '2.5.29.31', '2.5.29.32', '2.5.29.33', '2.5.29.36'],
  ...['2.5.29.37', '2.5.29.54', '1.3.6.1.5.5.7.1.24', '2.16.840.1.113730.1.1'],
]

/** How many authorities stand between one and the leaf; those that issued to themselves do not count (RFC 5280 section 6.1.4). */
function authoritiesBelow(path: readonly Certificate[], depth: number): number {
  return path.slice(1, depth).filter(({ subject, issuer }) => subject !== issuer).length
}

/** What pathLenConstraint allows; without end where there is none, or none that can be read. */
function pathLengthOf({ extensions }: Certificate): number {
  const value = extensions.get(extensionOids.basicConstraints)
  const parts = value && guarded(() => readInside(value, derTags.sequence))
  const length = parts?.find(({ tag }) => tag === derTags.integer)?.content
  return length?.reduce((sum, byte) => sum * 256 + byte, 0) ?? Number.POSITIVE_INFINITY
}

/** The same for an anchor of X.509 version 1, which has no extensions to say that it is an authority. */
function hasIssuedUnmarked(anchor: Certificate, subject: Certificate): boolean {
  return anchor.extensions.size === 0 && anchor.subject === subject.issuer && hasSigned(anchor, subject)
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
