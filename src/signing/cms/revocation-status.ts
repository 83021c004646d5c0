import { sameBytes } from '../bytes.ts'
import { type Certificate, fingerprint } from './certificate.ts'
import { readCrl } from './crl.ts'
import { readOcsp } from './ocsp.ts'
import { title } from './path.ts'
import { RevocationError, type RevocationStatement } from './revocation.ts'

/** OCSP responses and CRLs, DER. */
export type RevocationData = { readonly ocsps: readonly Uint8Array[]; readonly crls: readonly Uint8Array[] }

/** All of several, each response and list once. */
export function joinRevocation(all: readonly RevocationData[]): RevocationData {
  const once = (list: readonly Uint8Array[]) =>
    list.filter((bytes, i) => list.findIndex((other) => sameBytes(bytes, other)) === i)
  return { ocsps: once(all.flatMap(({ ocsps }) => ocsps)), crls: once(all.flatMap(({ crls }) => crls)) }
}

/** What the data at hand say of a certificate at a moment. */
export type RevocationStatus =
  /** It was not revoked then; a statement of a later revocation says that, too. */
  | { readonly status: 'good'; readonly statement: RevocationStatement; readonly bytes: Uint8Array }
  | { readonly status: 'revoked'; readonly statement: RevocationStatement; readonly bytes: Uint8Array }
  | { readonly status: 'undetermined'; readonly reason: string }

/** Clocks differ, between a responder and a time-stamp authority too. */
export const leewayMs = 300_000

/**
 * Whether a certificate was revoked at a moment (milliseconds since 1970), from all data that its issuer vouches for; a
 * revocation counts before anything else, and the newest of several good statements is given.
 */
export async function revocationAt(
  certificate: Certificate,
  issuer: Certificate,
  data: RevocationData,
  at: number,
): Promise<RevocationStatus> {
  const { statements, reasons } = await statementsAbout(certificate, issuer, data)
  const good: Extract<RevocationStatus, { status: 'good' }>[] = []
  for (const { statement, bytes } of statements) {
    const doubt = doubtAbout(statement, certificate, at)
    if (doubt === 'revoked') return { status: 'revoked', statement, bytes }
    if (doubt === null) good.push({ status: 'good', statement, bytes })
    else reasons.push(doubt)
  }
  const [newest] = good.toSorted((a, b) => b.statement.thisUpdate - a.statement.thisUpdate)
  if (newest) return newest
  const reason = [...new Set(reasons)].join('; ') || 'nothing says whether it was revoked'
  return { status: 'undetermined', reason }
}

/** All that the data say of a certificate and its issuer vouches for, and why the others of them prove nothing. */
export async function statementsAbout(
  certificate: Certificate,
  issuer: Certificate,
  data: RevocationData,
): Promise<{
  readonly statements: readonly { readonly statement: RevocationStatement; readonly bytes: Uint8Array }[]
  readonly reasons: string[]
}> {
  const known = statementsRead.get(data) ?? new Map<string, ReturnType<typeof readStatements>>()
  statementsRead.set(data, known)
  const key = `${fingerprint(certificate)} ${fingerprint(issuer)}`
  const found = known.get(key) ?? readStatements(certificate, issuer, data)
  known.set(key, found)
  const { statements, reasons } = await found
  return { statements, reasons: [...reasons] }
}

/** Hundreds of time stamps are those of one authority: each list's signature is checked once for it. */
const statementsRead = new WeakMap<RevocationData, Map<string, ReturnType<typeof readStatements>>>()

async function readStatements(certificate: Certificate, issuer: Certificate, data: RevocationData) {
  const statements: { readonly statement: RevocationStatement; readonly bytes: Uint8Array }[] = []
  const reasons: string[] = []
  for (const [readOne, list] of [
    [readOcsp, data.ocsps],
    [readCrl, data.crls],
  ] as const) {
    for (const bytes of list) {
      const statement = await statementOf(() => readOne(bytes, certificate, issuer))
      if (typeof statement === 'string') reasons.push(statement)
      else statements.push({ statement, bytes })
    }
  }
  return { statements, reasons }
}

async function statementOf(read: () => Promise<RevocationStatement>): Promise<RevocationStatement | string> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof RevocationError) return error.message
    throw error
  }
}

/** Why a statement leaves open whether a certificate was good at a moment; null where it does not. */
export function doubtAbout(
  statement: RevocationStatement,
  certificate: Certificate,
  at: number,
): 'revoked' | string | null {
  const { status, invalidSince, thisUpdate, nextUpdate } = statement
  switch (status) {
    case 'revoked':
      return (invalidSince ?? 0) <= at ? 'revoked' : null
    case 'unknown':
      return `${title(statement.responder)} does not know the certificate`
    case 'good': {
      // RFC 5280 section 5.1: entries may be left out once the certificate has expired.
      if (thisUpdate > certificate.notAfter) return 'the data were issued after the certificate had expired'
      if (thisUpdate >= at - leewayMs || (nextUpdate ?? 0) >= at) return null
      return `the data were good until ${new Date(nextUpdate ?? thisUpdate).toISOString()}, which is before that moment`
    }
    default:
      return status satisfies never
  }
}
