import type { Context, NewObservation } from '../../src/collect/contract.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { type Answer, ask } from './ask.ts'
import type { Metadata } from './discovery.ts'
import { isObject, parseJson, texts, type UnknownObject } from './json-value.ts'
import { readJwt } from './jwt.ts'
import type { AuthTarget } from './target.ts'

/** The valid credential, or why there is none; with it the observation of its issue, where it was issued now. */
export type Credential = {
  readonly token: string | null
  /** A clause that continues a sentence: `the token endpoint answered 401 (invalid_client)`. */
  readonly reason: string | null
  readonly observation: NewObservation | null
}

/** Gets the valid credential of a target: reads the one it names, or asks the token endpoint for one. */
export async function obtainCredential(
  context: Context,
  target: AuthTarget,
  metadata: Metadata | null,
): Promise<Credential> {
  if (target.client === undefined && target.token === undefined) return none('the target names no client and no token')
  if (!context.permits('test-identity')) {
    context.leaveOut('requests with a credential', 'the target permits passive probes only; set permit: test-identity')
    return none('the target permits passive probes only')
  }
  if (target.token !== undefined) return await readyCredential(context, target.token)
  const endpoint = target.client?.tokenEndpoint ?? metadata?.token_endpoint
  if (typeof endpoint !== 'string') return without(context, 'no token endpoint is known')
  if (!isConfidential(endpoint)) {
    return without(context, `the token endpoint ${endpoint} is plain http, where a client secret must not go`)
  }
  return await issuedCredential(context, target, endpoint, metadata)
}

async function readyCredential(context: Context, reference: NonNullable<AuthTarget['token']>): Promise<Credential> {
  const token = await context.secret(reference)
  context.conceal(token, 'valid-token')
  const expires = readJwt(token)?.payload.exp
  if (typeof expires === 'number' && expires * 1000 <= Date.parse(context.clock.now())) {
    return without(context, 'the credential that the target names has expired')
  }
  return { token, reason: null, observation: null }
}

async function issuedCredential(
  context: Context,
  target: AuthTarget,
  endpoint: string,
  metadata: Metadata | null,
): Promise<Credential> {
  const { client } = target
  if (client === undefined) return none('the target names no client')
  const secret = await context.secret(client.secret)
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  for (const name of ['scope', 'resource', 'audience'] as const) {
    const value = client[name]
    if (value !== undefined) form.set(name, value)
  }
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  }
  const published = texts(metadata?.token_endpoint_auth_methods_supported) ?? ['client_secret_basic']
  const postOnly = !published.includes('client_secret_basic') && published.includes('client_secret_post')
  if ((client.authentication ?? (postOnly ? 'client_secret_post' : 'client_secret_basic')) === 'client_secret_post') {
    form.set('client_id', client.id)
    form.set('client_secret', secret)
  } else {
    // RFC 6749 section 2.3.1: both halves are form-encoded first.
    const basic = Buffer.from(`${formEncoded(client.id)}:${formEncoded(secret)}`).toString('base64')
    context.conceal(basic, 'credential')
    headers.authorization = `Basic ${basic}`
  }
  const answer = await ask(context, {
    method: 'POST',
    url: endpoint,
    headers,
    body: form.toString(),
    class: 'test-identity',
  })
  const response = answer.kind === 'answer' ? parseJson(answer.text) : undefined
  const token = isObject(response) && typeof response.access_token === 'string' ? response.access_token : undefined
  if (answer.kind === 'failure' || token === undefined || !isObject(response)) {
    return without(context, refusalReason(answer, response))
  }
  context.conceal(token, 'valid-token')
  return {
    token,
    reason: null,
    observation: {
      kind: 'auth.token',
      subject: target.issuer ?? endpoint,
      methods: ['TEST'],
      facts: tokenFacts(response, token, answer.cacheControl),
      evidence: answer.evidence,
    },
  }
}

/** The facts of `auth.token`, from a successful token response (RFC 6749 section 5.1). */
export function tokenFacts(response: UnknownObject, token: string, cacheControl: string | null): JsonObject {
  const jwt = readJwt(token)
  const { exp, iat, aud } = jwt?.payload ?? {}
  const promised = typeof response.expires_in === 'number' ? response.expires_in : null
  const named = typeof aud === 'string' ? aud !== '' : Array.isArray(aud) && aud.length > 0
  return {
    algorithm: typeof jwt?.header.alg === 'string' ? jwt.header.alg : null,
    lifetimeSeconds: typeof exp === 'number' && typeof iat === 'number' ? exp - iat : promised,
    hasAudience: jwt === undefined ? 'undetermined' : named ? 'yes' : 'no',
    cacheControlNoStore: /(?:^|[\s,])no-store(?:$|[\s,;])/i.test(cacheControl ?? '') ? 'yes' : 'no',
    tokenType: typeof response.token_type === 'string' ? response.token_type : null,
    format: jwt === undefined ? 'opaque' : 'jwt',
  }
}

function refusalReason(answer: Answer, response: unknown): string {
  if (answer.kind === 'failure') return `the token endpoint gave no answer: ${answer.reason}`
  const error = isObject(response) && typeof response.error === 'string' ? ` (${response.error})` : ''
  return `the token endpoint answered ${answer.status}${error} to the client of the target`
}

function without(context: Context, reason: string): Credential {
  context.leaveOut('requests with a credential', reason)
  return none(reason)
}

function none(reason: string): Credential {
  return { token: null, reason, observation: null }
}

/** Whether a secret may go there: https, or this very machine. */
function isConfidential(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint)
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)
}

function formEncoded(text: string): string {
  return new URLSearchParams({ text }).toString().slice('text='.length)
}
