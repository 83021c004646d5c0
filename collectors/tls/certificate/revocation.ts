import type { Instant } from '../../../src/model/time.ts'
import { judgeCrl } from './crl.ts'
import { judgeOcsp, type Statement } from './ocsp.ts'
import type { Certificate } from './parse.ts'

/** What a revocation service answered, or why it did not, as it was recorded. */
export type RevocationAnswer = {
  /** SHA-256 of the certificate that was asked about, hexadecimal. */
  readonly certificate: string
  readonly kind: 'ocsp' | 'crl'
  readonly url: string
  readonly body: Uint8Array | null
  readonly problem: string | null
}

/** What is known of a certificate's revocation. */
export type RevocationFacts = {
  readonly revocation: 'good' | 'revoked' | 'unknown' | 'undetermined'
  readonly revocationSource: 'stapled' | 'ocsp' | 'crl' | null
  /** Why it was revoked, or why it is not known; or null. */
  readonly revocationReason: string | null
  readonly revokedAt: Instant | null
  readonly ocspStapling: Statement['status'] | 'none'
  readonly ocspStaplingReason: string | null
  readonly ocspThisUpdate: Instant | null
  readonly ocspNextUpdate: Instant | null
  readonly ocspResponder: string | null
}

type Told = { readonly source: 'stapled' | 'ocsp' | 'crl'; readonly statement: Statement }

export type RevocationInput = {
  readonly leaf: Certificate
  readonly issuer: Certificate | undefined
  readonly at: Instant
  /** Null where none was asked for. */
  readonly staples: readonly Uint8Array[] | null
  readonly answers: readonly RevocationAnswer[]
}

/** Checks everything that was said of a certificate's revocation; the timestamp lists that came along with it. */
export function judgeRevocation({ leaf, issuer, at, staples, answers }: RevocationInput): {
  facts: RevocationFacts
  timestamps: readonly Uint8Array[]
} {
  const stapled = (staples ?? []).map((bytes) => judgeOcsp(bytes, leaf, issuer, at)).sort(byWeight)[0]
  const own = answers.filter(({ certificate }) => certificate === leaf.fingerprint)
  const online = own.flatMap(({ kind, body }): Told[] => {
    if (!body) return []
    return [
      {
        source: kind,
        statement: kind === 'ocsp' ? judgeOcsp(body, leaf, issuer, at) : judgeCrl(body, leaf, issuer, at),
      },
    ]
  })
  const told: readonly Told[] = [...(stapled ? [{ source: 'stapled' as const, statement: stapled }] : []), ...online]
  const problem = own.find((each) => each.problem !== null)?.problem ?? null
  const list = told.flatMap(({ statement }) => statement.timestamps ?? [])
  return { facts: { ...verdict(told, problem), ...staplingFacts(stapled, staples) }, timestamps: list }
}

const weights: readonly Statement['status'][] = ['revoked', 'good', 'unknown', 'invalid', 'undetermined']

/** What was proven comes first, and a revocation before everything. */
function byWeight(a: Statement, b: Statement): number {
  return weights.indexOf(a.status) - weights.indexOf(b.status)
}

function verdict(told: readonly Told[], problem: string | null) {
  const [best] = told.toSorted((a, b) => byWeight(a.statement, b.statement))
  if (!best || best.statement.status === 'invalid' || best.statement.status === 'undetermined') {
    const reason = best?.statement.reason ?? problem ?? 'the server stapled no OCSP response, and nobody else was asked'
    return { revocation: 'undetermined', revocationSource: null, revocationReason: reason, revokedAt: null } as const
  }
  const { status, reason, revokedAt } = best.statement
  return { revocation: status, revocationSource: best.source, revocationReason: reason, revokedAt } as const
}

function staplingFacts(stapled: Statement | undefined, staples: readonly Uint8Array[] | null) {
  const none = { ocspThisUpdate: null, ocspNextUpdate: null, ocspResponder: null }
  if (stapled) {
    return {
      ocspStapling: stapled.status,
      ocspStaplingReason: stapled.reason,
      ocspThisUpdate: stapled.thisUpdate,
      ocspNextUpdate: stapled.nextUpdate,
      ocspResponder: stapled.responder,
    }
  }
  if (staples) return { ...none, ocspStapling: 'none', ocspStaplingReason: null } as const
  return {
    ...none,
    ocspStapling: 'undetermined',
    ocspStaplingReason: 'no whole answer to a request for it came',
  } as const
}
