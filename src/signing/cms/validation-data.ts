import { randomBytes } from 'node:crypto'
import { sameBytes } from '../bytes.ts'
import type { Certificate } from './certificate.ts'
import { readCrl } from './crl.ts'
import { type OcspStatement, readOcsp, writeOcspRequest } from './ocsp.ts'
import { type Path, title } from './path.ts'
import { RevocationError, type RevocationStatement, revocationSources } from './revocation.ts'
import { joinRevocation, leewayMs, type RevocationData } from './revocation-status.ts'

/** A question to a revocation service: a POST of an OCSPRequest, or a GET of a CRL where there is no body. */
export type RevocationQuestion = {
  readonly kind: 'ocsp' | 'crl'
  readonly url: string
  readonly body: Uint8Array | null
}

/** Asks a revocation service and gives the body of its answer; what it throws is told as the reason of a gap. */
export type AskRevocation = (question: RevocationQuestion, signal: AbortSignal) => Promise<Uint8Array>

/** Everything that a verifier years from now needs of some chains, as far as it could be got. */
export type ValidationData = RevocationData & {
  readonly certificates: readonly Uint8Array[]
  /** Certificates that were revoked when their issuer was asked. */
  readonly revoked: readonly { readonly certificate: Certificate; readonly statement: RevocationStatement }[]
  /** Certificates about which nothing that can be relied on was to be had, and why. */
  readonly missing: readonly { readonly certificate: Certificate; readonly reason: string }[]
}

/** How validation data are to be had. */
export type ValidationSources = {
  readonly ask: AskRevocation
  /** CRLs that are at hand, for issuers that nobody can ask. */
  readonly crls?: readonly ListAtHand[]
  readonly signal: AbortSignal
}

/** A CRL (DER) and what it is called in messages; null where it cannot be read. */
export type ListAtHand = { readonly title: string; readonly bytes: Uint8Array | null }

/**
 * Asks, for each certificate of some paths but their roots, the services that the certificate itself names: OCSP first,
 * then CRLs, then those at hand, until one gives an answer that holds at `now` (milliseconds since 1970). Each question
 * is asked once.
 */
export async function collectValidationData(
  paths: readonly Path[],
  options: ValidationSources & { readonly now: number },
): Promise<ValidationData> {
  const certificates = new Map<string, Uint8Array>()
  const questioned = new Map<string, { readonly certificate: Certificate; readonly issuer: Certificate | undefined }>()
  for (const { certificates: own, anchor } of paths) {
    const chain = anchor && !own.some(({ bytes }) => sameBytes(bytes, anchor.bytes)) ? [...own, anchor] : own
    for (const [i, certificate] of chain.entries()) {
      const key = Buffer.from(certificate.bytes).toString('latin1')
      certificates.set(key, certificate.bytes)
      const isTop = certificate === anchor || sameBytes(certificate.issuer.bytes, certificate.subject.bytes)
      if (!isTop) questioned.set(key, { certificate, issuer: chain[i + 1] })
    }
  }
  const crls = new Map<string, Promise<Uint8Array>>()
  const ask: AskRevocation = (question, signal) => {
    if (question.kind === 'ocsp') return options.ask(question, signal)
    const known = crls.get(question.url) ?? options.ask(question, signal)
    crls.set(question.url, known)
    return known
  }
  const answers = await Promise.all(
    [...questioned.values()].map(async (each) => ({ ...each, ...(await answerAbout(each, { ...options, ask })) })),
  )
  const found = answers.flatMap((each) => ('statement' in each ? [each] : []))
  const bytesOf = (source: 'ocsp' | 'crl') =>
    found.flatMap(({ statement, bytes }) => (statement.source === source ? [bytes] : []))
  return {
    certificates: [...certificates.values()],
    ...joinRevocation([{ ocsps: bytesOf('ocsp'), crls: bytesOf('crl') }]),
    revoked: found.filter(({ statement }) => statement.status === 'revoked'),
    missing: answers.flatMap((each) => ('reason' in each ? [each] : [])),
  }
}

type Answer = { readonly statement: RevocationStatement; readonly bytes: Uint8Array } | { readonly reason: string }
type Asking = ValidationSources & { readonly now: number }

async function answerAbout(
  { certificate, issuer }: { readonly certificate: Certificate; readonly issuer: Certificate | undefined },
  options: Asking,
): Promise<Answer> {
  if (!issuer) return { reason: 'the certificate of its issuer is not known' }
  const { ocsp, crl } = revocationSources(certificate)
  const reasons: string[] = ocsp.length + crl.length === 0 ? ['it names no OCSP responder and no CRL'] : []
  for (const { kind, url } of [
    ...ocsp.map((each) => ({ kind: 'ocsp' as const, url: each })),
    ...crl.map((each) => ({ kind: 'crl' as const, url: each })),
  ]) {
    try {
      const answer = await (kind === 'ocsp' ? askOcsp : askCrl)(url, certificate, issuer, options)
      checkDates(answer.statement, options.now)
      return answer
    } catch (error) {
      options.signal.throwIfAborted()
      reasons.push(`${url}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  for (const { title: name, bytes } of options.crls ?? []) {
    if (!bytes) {
      reasons.push(`${name} cannot be read`)
      continue
    }
    try {
      const statement = await readCrl(bytes, certificate, issuer)
      checkDates(statement, options.now)
      return { statement, bytes }
    } catch (error) {
      if (!(error instanceof RevocationError)) throw error
      reasons.push(`${name}: ${error.message}`)
    }
  }
  return { reason: reasons.join('; ') }
}

async function askOcsp(url: string, certificate: Certificate, issuer: Certificate, { ask, signal }: Asking) {
  const nonce = new Uint8Array(randomBytes(32))
  const bytes = await ask({ kind: 'ocsp', url, body: writeOcspRequest(certificate, issuer, nonce) }, signal)
  const statement: OcspStatement = await readOcsp(bytes, certificate, issuer)
  // Responders that answer in advance leave it out (RFC 5019 section 4); the dates bound the age of those answers.
  if (statement.nonce && !sameBytes(statement.nonce, nonce)) {
    throw new RevocationError('the OCSP response answers another request')
  }
  if (statement.status === 'unknown') throw new RevocationError(`${title(statement.responder)} does not know it`)
  return { statement, bytes: statement.canonical }
}

async function askCrl(url: string, certificate: Certificate, issuer: Certificate, { ask, signal }: Asking) {
  const bytes = await ask({ kind: 'crl', url, body: null }, signal)
  return { statement: await readCrl(bytes, certificate, issuer), bytes }
}

function checkDates({ thisUpdate, nextUpdate }: RevocationStatement, now: number): void {
  if (thisUpdate > now + leewayMs) {
    throw new RevocationError(`the answer is from the future, ${new Date(thisUpdate).toISOString()}`)
  }
  if (nextUpdate !== null && nextUpdate < now - leewayMs) {
    throw new RevocationError(`the answer was valid until ${new Date(nextUpdate).toISOString()}`)
  }
}
