import type { Context, Endpoint, HttpRequest } from '../../../src/collect/contract.ts'
import { CollectionError } from '../../../src/model/errors.ts'
import type { TlsTarget } from '../target.ts'
import { usageFacts } from './extensions.ts'
import type { ChainContext } from './facts.ts'
import { ocspRequest } from './ocsp.ts'
import { type Certificate, parseCertificate } from './parse.ts'
import type { RevocationAnswer } from './revocation.ts'
import type { ShownChain } from './shown.ts'
import { buildPath, mozillaStore } from './trust.ts'

const patienceMs = 5_000
/** A CRL of some fifty thousand entries; longer ones are not read. */
const maxAnswerBytes = 2 * 1_024 * 1_024

/** The endpoints of the OCSP responders and CRLs that a target lets be asked; none unless it says `revocation: online`. */
export function revocationEndpoints({ revocation, revocationSources = [] }: TlsTarget): Endpoint[] {
  return revocation === 'online' ? revocationSources.map((text) => endpointOf(new URL(text))) : []
}

function endpointOf({ protocol, hostname, port }: URL): Endpoint {
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  }
}

/**
 * Asks the responders that the served certificates name, as far as the target lets them be asked, by OCSP first and for
 * a CRL where that brings nothing. What is left out is told; what goes wrong stands in the answers.
 */
export async function askRevocation(
  target: TlsTarget,
  context: Context,
  shown: readonly ShownChain[],
  chains: ChainContext,
): Promise<RevocationAnswer[]> {
  if (target.revocation !== 'online') return []
  const allowed = new Set(revocationEndpoints(target).map(keyOf))
  const served = shown.filter(({ role }) => role === 'served').flatMap(({ chain }) => leafOf(chain, chains))
  const once = [...new Map(served.map((each) => [each.leaf.fingerprint, each])).values()]
  const answers = await Promise.all(once.map((each) => askAbout(each, context, allowed)))
  return answers.flat()
}

type Questioned = { readonly leaf: Certificate; readonly issuer: Certificate | undefined }

function leafOf(chain: readonly Uint8Array[], { anchors, at }: ChainContext): Questioned[] {
  const parsed = chain.map(parseCertificate).flatMap((each) => ('problem' in each ? [] : [each]))
  const [leaf, ...sent] = parsed
  if (!leaf) return []
  return [{ leaf, issuer: buildPath(leaf, sent, [mozillaStore(), anchors], at).certificates[1] }]
}

async function askAbout(
  { leaf, issuer }: Questioned,
  context: Context,
  allowed: ReadonlySet<string>,
): Promise<RevocationAnswer[]> {
  const name = leaf.commonName ?? leaf.subject
  const { ocspUrls, crlUrls } = usageFacts(leaf)
  const sources: readonly Source[] = [
    ...ocspUrls.map((url) => ({ kind: 'ocsp' as const, url })),
    ...crlUrls.map((url) => ({ kind: 'crl' as const, url })),
  ].filter(({ url }) => /^https?:/i.test(url) && URL.canParse(url))
  const none = (problem: string) => [
    { certificate: leaf.fingerprint, kind: 'ocsp' as const, url: '', body: null, problem },
  ]
  if (!issuer) return none('the issuer of the certificate is not known')
  if (sources.length === 0) return none('the certificate names no OCSP responder and no CRL')
  const permitted = sources.filter(({ url }) => allowed.has(keyOf(endpointOf(new URL(url)))))
  for (const { url } of permitted.length === 0 ? sources : []) {
    context.leaveOut(`revocation of ${name}`, `${url} is not among the target’s revocationSources`)
  }
  if (permitted.length === 0) return none('the target does not let the responders of the certificate be asked')
  const answers: RevocationAnswer[] = []
  for (const source of permitted) {
    const answer = await ask(source, leaf, issuer, context)
    answers.push(answer)
    if (answer.body) break
  }
  return answers
}

type Source = { readonly kind: 'ocsp' | 'crl'; readonly url: string }

async function ask(
  { kind, url }: Source,
  leaf: Certificate,
  issuer: Certificate,
  context: Context,
): Promise<RevocationAnswer> {
  const common = { certificate: leaf.fingerprint, kind, url }
  // The body is kept in an artefact of its own, from which the facts follow.
  const bounds = { url, maxBytes: maxAnswerBytes, timeoutMs: patienceMs, keepBody: false }
  const headers = { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' }
  const request: HttpRequest =
    kind === 'crl' ? bounds : { ...bounds, method: 'POST', headers, body: ocspRequest(leaf, issuer) }
  try {
    const { status, body, truncated } = await context.http(request)
    if (status !== 200) return { ...common, body: null, problem: `${url} answered with status ${status}` }
    if (truncated) return { ...common, body: null, problem: `${url} is larger than ${maxAnswerBytes} bytes` }
    return { ...common, body, problem: null }
  } catch (error) {
    if (!(error instanceof CollectionError)) throw error
    return { ...common, body: null, problem: error.message }
  }
}

function keyOf({ host, port }: Endpoint): string {
  return `${host.toLowerCase()} ${port}`
}

/** The artefact that keeps the answers. */
export const revocationName = 'tls-revocation.json'

/** The answers as the text of an artefact, bytes in hexadecimal. */
export function writeAnswers(answers: readonly RevocationAnswer[]): string {
  const written = answers.map(({ body, ...rest }) => ({ ...rest, body: body && Buffer.from(body).toString('hex') }))
  return JSON.stringify({ version: 1, answers: written })
}

/** Reads what `writeAnswers` wrote; throws SyntaxError or TypeError for anything else. */
export function readAnswers(text: string): RevocationAnswer[] {
  type Written = Omit<RevocationAnswer, 'body'> & { readonly body: string | null }
  const { version, answers } = JSON.parse(text) as { version: number; answers: readonly Written[] }
  if (version !== 1 || !Array.isArray(answers)) throw new TypeError('no revocation answers of version 1')
  return answers.map(({ body, ...rest }: Written) => ({
    ...rest,
    body: body === null ? null : Buffer.from(body, 'hex'),
  }))
}
