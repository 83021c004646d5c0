import type { Certificate } from './certificate.ts'
import { readCrl } from './crl.ts'
import { readOcsp } from './ocsp.ts'
import { title } from './path.ts'
import { RevocationError, type RevocationStatement } from './revocation.ts'

/** OCSP responses and CRLs, DER. */
export type RevocationData = { readonly ocsps: readonly Uint8Array[]; readonly crls: readonly Uint8Array[] }

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
  const reasons: string[] = []
  const good: Extract<RevocationStatus, { status: 'good' }>[] = []
  for (const [read, list] of [
    [readOcsp, data.ocsps],
    [readCrl, data.crls],
  ] as const) {
    for (const bytes of list) {
      const statement = await statementOf(() => read(bytes, certificate, issuer))
      if (typeof statement === 'string') {
        reasons.push(statement)
        continue
      }
      const doubt = doubtAbout(statement, certificate, at)
      if (doubt === 'revoked') return { status: 'revoked', statement, bytes }
      if (doubt === null) good.push({ status: 'good', statement, bytes })
      else reasons.push(doubt)
    }
  }
  const [newest] = good.toSorted((a, b) => b.statement.thisUpdate - a.statement.thisUpdate)
  if (newest) return newest
  const reason = [...new Set(reasons)].join('; ') || 'nothing says whether it was revoked'
  return { status: 'undetermined', reason }
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
function doubtAbout(statement: RevocationStatement, certificate: Certificate, at: number): 'revoked' | string | null {
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
