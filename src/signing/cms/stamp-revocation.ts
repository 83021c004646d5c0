import type { StampRevocation } from '../../model/stamp-revocation.ts'
import { instant } from '../../model/time.ts'
import { type Certificate, nameText } from './certificate.ts'
import { type Path, revocable } from './path.ts'
import type { RevocationReason, RevocationStatement } from './revocation.ts'
import { doubtAbout, type RevocationData, statementsAbout } from './revocation-status.ts'

/** An authority that stopped without its key being in doubt leaves its earlier tokens good, RFC 3161 section 4. */
const harmless: readonly (RevocationReason | null)[] = [
  'unspecified',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
]

/**
 * Whether a revocation takes a token of a time (milliseconds since 1970) with it: one that the token is not older than, and
 * any whose reason is not given or leaves the key in doubt, since who has the key can date tokens back.
 */
export function voids({ reason, invalidSince }: RevocationStatement, time: number): boolean {
  return !(harmless.includes(reason) && (invalidSince ?? 0) > time)
}

/**
 * What the data at hand say of the certificates behind a token of a time (milliseconds since 1970): a revocation that
 * voids it comes before one that does not, that before a gap, and a gap before what is good.
 */
export async function stampRevocation(path: Path, data: RevocationData, time: number): Promise<StampRevocation> {
  const found = await Promise.all(
    revocable(path).map(async ({ certificate, issuer }): Promise<StampRevocation> => {
      return issuer
        ? await judge(certificate, issuer, data, time)
        : unknown(certificate, 'the certificate of its issuer is not at hand')
    }),
  )
  const revoked = found.filter((each) => each.status === 'revoked')
  const good = found.filter((each) => each.status === 'good').toSorted((a, b) => (a.issued < b.issued ? -1 : 1))
  return (
    revoked.find((each) => each.voids) ??
    revoked[0] ??
    found.find(({ status }) => status === 'unknown') ??
    good[0] ?? { status: 'irrevocable' }
  )
}

async function judge(
  certificate: Certificate,
  issuer: Certificate,
  data: RevocationData,
  time: number,
): Promise<StampRevocation> {
  const { statements, reasons } = await statementsAbout(certificate, issuer, data)
  const said = statements.map(({ statement }) => statement)
  const revocations = said.filter(({ status }) => status === 'revoked')
  const revoked = revocations.find((each) => voids(each, time)) ?? revocations[0]
  if (revoked) {
    return {
      status: 'revoked',
      certificate: nameText(certificate.subject),
      since: instant(revoked.invalidSince ?? 0),
      reason: revoked.reason,
      voids: voids(revoked, time),
    }
  }
  const doubts = said.map((statement) => ({ statement, doubt: doubtAbout(statement, certificate, time) }))
  const [newest] = doubts
    .flatMap(({ statement, doubt }) => (doubt === null ? [statement] : []))
    .toSorted((a, b) => b.thisUpdate - a.thisUpdate)
  if (newest) return { status: 'good', source: newest.source, issued: instant(newest.thisUpdate) }
  const why = [...reasons, ...doubts.flatMap(({ doubt }) => doubt ?? [])]
  return unknown(certificate, [...new Set(why)].join('; ') || 'there is neither a revocation list nor an OCSP response')
}

function unknown(certificate: Certificate, reason: string): StampRevocation {
  return { status: 'unknown', certificate: nameText(certificate.subject), reason }
}
