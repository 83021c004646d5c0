import { sha256 } from '../../../src/model/digest.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { daysBetween, type Instant } from '../../../src/model/time.ts'
import { embeddedTimestamps, usageFacts } from './extensions.ts'
import { lifetimeLimitDays, validityDays } from './lifetime.ts'
import { coversHost } from './names.ts'
import { type Certificate, parseCertificate } from './parse.ts'
import { judgeRevocation, type RevocationAnswer } from './revocation.ts'
import type { ShownChain } from './shown.ts'
import { isWeakSignature } from './signature-algorithms.ts'
import { type KnownLogs, noTimestamps, timestampFacts } from './timestamp-check.ts'
import { readTimestamps } from './timestamps.ts'
import { buildPath, hasIssued, isSelfSigned, mozillaStore, type Path, type TrustStore } from './trust.ts'

/** What can be wrong with a chain; a closed list. */
export const certificateProblems = [
  'expired',
  'not-yet-valid',
  'host-mismatch',
  'no-san',
  'self-signed',
  'untrusted-root',
  'incomplete-chain',
  'chain-order',
  'weak-key',
  'weak-signature',
  'lifetime-too-long',
  'revoked',
  'unparsable',
] as const
export type CertificateProblem = (typeof certificateProblems)[number]

/** What a chain is held against. */
export type ChainContext = {
  /** The name or address that a client asks for. */
  readonly host: string
  readonly at: Instant
  readonly anchors: TrustStore
  /** Trust files that could not be read, so that an unknown root may yet be a trusted one; null where all were. */
  readonly anchorsMissing: string | null
  /** Mozilla's roots, or those of them that bear on the chains; as this Node brings them where absent. */
  readonly publicRoots?: TrustStore
  /** What revocation services answered when they were asked; nobody was where absent. */
  readonly answers?: readonly RevocationAnswer[]
  /** The logs that certificate timestamps are held against. */
  readonly logs?: KnownLogs
}

/** How a chain came to be shown, where that is known. */
export type Showing = Omit<ShownChain, 'chain'>

const unknownShowing: Showing = { sni: 'with', role: 'served', staples: null, timestamps: [] }

/** The facts of one chain as sent, leaf first: `tls.certificate`. Never throws, whatever the bytes. */
export function chainFacts(
  chain: readonly Uint8Array[],
  context: ChainContext,
  { sni, role, staples, timestamps }: Showing = unknownShowing,
): JsonObject {
  const [leafDer = new Uint8Array(), ...restDer] = chain
  const leaf = parseCertificate(leafDer)
  const rest = restDer.map(parseCertificate)
  if ('problem' in leaf) return { ...unparsableFacts(leafDer, chain.length, leaf.problem), sni, role }
  const sent = rest.flatMap((each) => ('problem' in each ? [] : [each]))
  const broken = rest.find((each) => 'problem' in each)
  const publicRoots = context.publicRoots ?? mozillaStore()
  const path = buildPath(leaf, sent, [publicRoots, context.anchors], context.at)
  const publicPath = buildPath(leaf, sent, [publicRoots], context.at)
  const issuer = path.certificates[1] ?? sent.find((each) => hasIssued(each, leaf))
  const { answers = [], at } = context
  const revocation = judgeRevocation({ leaf, issuer, at, staples, answers })
  const timestampsFound = [
    ...readTimestamps(embeddedTimestamps(leaf), 'certificate'),
    ...timestamps.flatMap((list) => readTimestamps(list, 'tls')),
    ...revocation.timestamps.flatMap((list) => readTimestamps(list, 'ocsp')),
  ]
  const matches = coversHost(leaf.names, context.host)
  const limit = lifetimeLimitDays(leaf.notBefore)
  const lifetime = validityDays(leaf.notBefore, leaf.notAfter)
  const problems: readonly (CertificateProblem | false)[] = [
    context.at > leaf.notAfter && 'expired',
    context.at < leaf.notBefore && 'not-yet-valid',
    !matches && 'host-mismatch',
    leaf.names.length === 0 && 'no-san',
    path.end === 'self-signed' && 'self-signed',
    path.end === 'untrusted-root' && context.anchorsMissing === null && 'untrusted-root',
    path.end === 'incomplete' && 'incomplete-chain',
    !isInOrder([leaf, ...rest]) && 'chain-order',
    [leaf, ...issuersIn(path)].some(hasWeakKey) && 'weak-key',
    [leaf, ...issuersIn(path)].some(hasWeakSignature) && 'weak-signature',
    limit !== null && lifetime > limit && 'lifetime-too-long',
    revocation.facts.revocation === 'revoked' && 'revoked',
    broken !== undefined && 'unparsable',
  ]
  return {
    commonName: leaf.commonName,
    subjectName: leaf.subject,
    issuerName: leaf.issuer,
    serial: leaf.serial,
    subjectAlternativeNames: leaf.names.map(({ kind, value }) => `${kind}:${value}`),
    keyType: leaf.keyType,
    keyBits: leaf.keyBits,
    signatureAlgorithm: leaf.signatureAlgorithm,
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    daysRemaining: wholeDays(context.at, leaf.notAfter),
    lifetimeDays: lifetime,
    lifetimeLimitDays: limit,
    chainLength: chain.length,
    chain: [leaf, ...rest].map((each) => ('problem' in each ? null : each.subject)),
    builtChain: path.certificates.map(({ subject }) => subject),
    sni,
    role,
    hostMatches: matches ? 'yes' : 'no',
    ...trustFacts(path, context),
    publiclyTrusted: { trusted: 'yes', undecided: 'undetermined' }[String(publicPath.end)] ?? 'no',
    fingerprint: leaf.fingerprint,
    ...usageFacts(leaf),
    ...revocation.facts,
    ...timestampFacts(timestampsFound, context.logs ?? null, { leaf, issuer, at }),
    problems: problems.filter((each) => each !== false),
  }
}

function trustFacts(path: Path, { anchorsMissing }: ChainContext): { trusted: string; trustReason: string | null } {
  if (path.end === 'trusted') return { trusted: 'yes', trustReason: null }
  if (path.end === 'undecided') return { trusted: 'undetermined', trustReason: path.reason }
  const mayBeAnchored = path.end !== 'outdated' && path.end !== 'unsuitable'
  if (anchorsMissing !== null && mayBeAnchored) return { trusted: 'undetermined', trustReason: anchorsMissing }
  return { trusted: 'no', trustReason: path.reason }
}

/** Rounded down, so that the last day is day 0 and one second after the end is day -1. */
function wholeDays(from: Instant, to: Instant): number {
  return to < from ? Math.min(-1, daysBetween(from, to)) : daysBetween(from, to)
}

/** The authorities of a path; an anchor's own signature is nobody's proof, so it is left out. */
function issuersIn({ certificates }: Path): readonly Certificate[] {
  return certificates.slice(1).filter((each) => !isSelfSigned(each))
}

function hasWeakKey({ keyType, keyBits }: Certificate): boolean {
  if (keyType === 'RSA') return keyBits !== null && keyBits < 2_048
  if (keyType === 'EC') return keyBits !== null && keyBits < 256
  return keyType === 'DSA'
}

function hasWeakSignature({ signatureAlgorithm }: Certificate): boolean {
  return isWeakSignature(signatureAlgorithm)
}

/** Whether each certificate as sent was issued by the next one, RFC 5246 section 7.4.2. */
function isInOrder(sent: readonly (Certificate | { readonly problem: string })[]): boolean {
  return sent.every((each, index) => {
    const next = sent[index + 1]
    return next === undefined || 'problem' in each || 'problem' in next || hasIssued(next, each)
  })
}

function unparsableFacts(der: Uint8Array, chainLength: number, problem: string): JsonObject {
  return {
    commonName: null,
    subjectName: null,
    issuerName: null,
    serial: null,
    subjectAlternativeNames: [],
    keyType: null,
    keyBits: null,
    signatureAlgorithm: null,
    notBefore: null,
    notAfter: null,
    daysRemaining: null,
    lifetimeDays: null,
    lifetimeLimitDays: null,
    chainLength,
    chain: [],
    builtChain: [],
    hostMatches: 'undetermined',
    trusted: 'undetermined',
    trustReason: `the certificate does not parse: ${problem}`,
    publiclyTrusted: 'undetermined',
    fingerprint: sha256(der),
    keyUsage: null,
    extendedKeyUsage: null,
    policies: [],
    validation: null,
    mustStaple: 'undetermined',
    ocspUrls: [],
    crlUrls: [],
    revocation: 'undetermined',
    revocationSource: null,
    revocationReason: 'the certificate does not parse',
    revokedAt: null,
    ocspStapling: 'undetermined',
    ocspStaplingReason: 'the certificate does not parse',
    ocspThisUpdate: null,
    ocspNextUpdate: null,
    ocspResponder: null,
    ...noTimestamps,
    problems: ['unparsable'],
  }
}
