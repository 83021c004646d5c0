import type { SignatureLevel } from '../../model/signature-level.ts'
import type { Certificate } from './certificate.ts'
import { type Path, revocable, title } from './path.ts'
import type { RevocationStatement } from './revocation.ts'
import { leewayMs, type RevocationData, revocationAt } from './revocation-status.ts'
import { voids } from './stamp-revocation.ts'

/** A time-stamp token that holds: when it says it was made (milliseconds since 1970), and by whom. */
export type Stamp = { readonly time: number; readonly path: Path }

export type LongTermQuestion = {
  readonly signer: Path
  /** The signature's own, or null at B-B; and those over the whole document, oldest first. */
  readonly signatureStamp: Stamp | null
  readonly documentStamps: readonly Stamp[]
  /** From the document's security store; and what of it the newest document timestamp covers, null where it covers none. */
  readonly data: RevocationData
  readonly archived: RevocationData | null
  /** When the question is asked, milliseconds since 1970. */
  readonly at: number
}

/** What is said of one certificate, and the moment for which it had to be known. */
export type CertificateStanding = { readonly certificate: Certificate; readonly moment: number } & (
  | { readonly status: 'good'; readonly statement: RevocationStatement }
  | { readonly status: 'unknown'; readonly reason: string }
)

export type LongTermProblem = {
  readonly code: 'certificate-revoked' | 'timestamp-order' | 'timestamp-outlived'
  readonly message: string
}

export type LongTermAnswer = {
  /** PAdES baseline level that the data at hand amount to, EN 319 142-1 section 6. */
  readonly level: SignatureLevel
  /** `undetermined`: the signature may have been good, but nothing at hand shows it any more. */
  readonly verdict: 'holds' | 'undetermined' | 'refused'
  /** Why it does not hold; empty where it does. */
  readonly problems: readonly LongTermProblem[]
  /** Each certificate but the roots, for the signer and then for the oldest stamp, at the time that it states. */
  readonly standings: readonly CertificateStanding[]
}

/**
 * Past validation in the manner of EN 319 102-1 section 5.6: each stamp must have been there while its authority's
 * certificates were valid, which the next stamp shows, or the present; the signer's certificates count at the time of the
 * oldest. Looks at dates and revocation only: signatures, chains and usages were checked before.
 */
export async function judgeLongTerm(question: LongTermQuestion): Promise<LongTermAnswer> {
  const { signer, signatureStamp, documentStamps, data, at } = question
  const stamps = [...(signatureStamp ? [signatureStamp] : []), ...documentStamps]
  const moment = stamps[0]?.time ?? at
  const problems: LongTermProblem[] = [...(await standingsOf(signer, data, moment, () => true)).problems]
  for (const [i, stamp] of stamps.entries()) {
    const next = stamps[i + 1]
    const shownAt = next?.time ?? at
    problems.push(...outOfOrder(stamp, next), ...outlived(stamp, shownAt))
    const counts = (statement: RevocationStatement) => voids(statement, stamp.time)
    problems.push(...(await standingsOf(stamp.path, data, shownAt, counts)).problems)
  }
  const standings = await standingsThen(signer, stamps[0], data, moment)
  return {
    level: await levelOf(question, stamps[0], standings),
    verdict: verdictOf(problems),
    problems,
    standings,
  }
}

/** What a level rests on does not fade: the data are looked at as of the oldest stamp's time. */
async function standingsThen(
  signer: Path,
  stamp: Stamp | undefined,
  data: RevocationData,
  moment: number,
): Promise<readonly CertificateStanding[]> {
  const paths = [signer, ...(stamp ? [stamp.path] : [])]
  const all = await Promise.all(paths.map((path) => standingsOf(path, data, moment, () => false)))
  return all.flatMap((each) => each.standings)
}

async function levelOf(
  { signer, data, archived }: LongTermQuestion,
  stamp: Stamp | undefined,
  standings: readonly CertificateStanding[],
): Promise<SignatureLevel> {
  if (!stamp) return 'B-B'
  // A reader who trusts the signer's own certificate asks nobody about it; the document is none the longer-lived for that.
  if (!isComplete(standings) || data.ocsps.length + data.crls.length === 0) return 'B-T'
  return archived && isComplete(await standingsThen(signer, stamp, archived, stamp.time)) ? 'B-LTA' : 'B-LT'
}

function verdictOf(problems: readonly LongTermProblem[]): LongTermAnswer['verdict'] {
  if (problems.length === 0) return 'holds'
  return problems.every(({ code }) => code === 'timestamp-outlived') ? 'undetermined' : 'refused'
}

type Standings = { readonly standings: readonly CertificateStanding[]; readonly problems: readonly LongTermProblem[] }

/** Nothing is missing: a path of one certificate that is its own root has nobody who could revoke it. */
const isComplete = (standings: readonly CertificateStanding[]): boolean =>
  standings.every(({ status }) => status === 'good')

async function standingsOf(
  path: Path,
  data: RevocationData,
  moment: number,
  counts: (statement: RevocationStatement) => boolean,
): Promise<Standings> {
  const standings: CertificateStanding[] = []
  const problems: LongTermProblem[] = []
  for (const { certificate, issuer } of revocable(path)) {
    const found = issuer
      ? await revocationAt(certificate, issuer, data, moment)
      : ({ status: 'undetermined', reason: 'the certificate of its issuer is not known' } as const)
    if (found.status === 'revoked' && counts(found.statement))
      problems.push(revoked(certificate, found.statement, moment))
    else if (found.status === 'undetermined')
      standings.push({ certificate, moment, status: 'unknown', reason: found.reason })
    else standings.push({ certificate, moment, status: 'good', statement: found.statement })
  }
  return { standings, problems }
}

function revoked(certificate: Certificate, statement: RevocationStatement, moment: number): LongTermProblem {
  const since = new Date(statement.invalidSince ?? 0).toISOString()
  const message = `The certificate ${title(certificate)} was revoked at ${since} (${statement.reason ?? 'no reason given'}), before ${new Date(moment).toISOString()}, when it had to be good.`
  return { code: 'certificate-revoked', message }
}

function outOfOrder(stamp: Stamp, next: Stamp | undefined): readonly LongTermProblem[] {
  if (!next || stamp.time <= next.time + leewayMs) return []
  const [own, other] = [stamp, next].map(({ time }) => new Date(time).toISOString())
  const message = `A timestamp of ${own} lies under one of ${other}, which is earlier.`
  return [{ code: 'timestamp-order', message }]
}

function outlived({ time, path }: Stamp, shownAt: number): readonly LongTermProblem[] {
  const expired = path.trusted.find(({ notAfter }) => notAfter < shownAt)
  if (!expired) return []
  const [made, end] = [time, expired.notAfter].map((ms) => new Date(ms).toISOString())
  const message = `Nothing shows that the timestamp of ${made} was there before ${end}, when the certificate ${title(expired)} behind it expired.`
  return [{ code: 'timestamp-outlived', message }]
}
