import type { Context, NewObservation } from '../../src/collect/contract.ts'
import type { CollectionError } from '../../src/model/errors.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { type Answer, ask } from './ask.ts'
import { isObject, parseJson, texts } from './json-value.ts'

/** An authorization server's metadata as it came, RFC 8414 section 2 or OpenID Connect Discovery section 3. */
export type Metadata = { readonly [name: string]: unknown }
export type DocumentName = 'openid-configuration' | 'oauth-authorization-server'

/** What came of asking an issuer for its metadata. */
type Discovered = {
  readonly observation: NewObservation
  /** Null where neither document came. */
  readonly metadata: Metadata | null
  /** What kept the issuer from answering; null where it answered at least one of the two requests, with whatever. */
  readonly unreached: CollectionError | null
}

/** Reads both well-known documents of an issuer. */
export async function discover(context: Context, issuer: string): Promise<Discovered> {
  const documents: { name: DocumentName; metadata: Metadata }[] = []
  const evidence: string[] = []
  const reasons: string[] = []
  const failures: CollectionError[] = []
  for (const [name, url] of wellKnown(issuer)) {
    const answer = await ask(context, { url, headers: { accept: 'application/json' } })
    evidence.push(...answer.evidence)
    if (answer.kind === 'failure') failures.push(answer.error)
    const metadata = documentIn(answer)
    if (typeof metadata === 'string') reasons.push(`${name}: ${metadata}`)
    else documents.push({ name, metadata })
  }
  const facts = discoveryFacts(issuer, documents, reasons)
  const observation: NewObservation = { kind: 'auth.discovery', subject: issuer, methods: ['EXAMINE'], facts, evidence }
  const unreached = failures.length === wellKnown(issuer).length ? (failures[0] ?? null) : null
  return { observation, metadata: documents[0]?.metadata ?? null, unreached }
}

/** Where the two documents are: OpenID appends to the issuer, RFC 8414 section 3 inserts before its path. */
export function wellKnown(issuer: string): readonly (readonly [DocumentName, string])[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    ['openid-configuration', `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`],
    ['oauth-authorization-server', `${origin}/.well-known/oauth-authorization-server${path}`],
  ]
}

/** The facts of `auth.discovery`, from the documents that came (the first is the one reported). */
export function discoveryFacts(
  issuer: string,
  documents: readonly { readonly name: DocumentName; readonly metadata: Metadata }[],
  reasons: readonly string[],
): JsonObject {
  const [first] = documents
  if (first === undefined) return unreachableFacts(issuer, reasons.join('; '))
  const { metadata } = first
  const grantTypes = texts(metadata.grant_types_supported) ?? ['authorization_code', 'implicit']
  const responseTypes = texts(metadata.response_types_supported) ?? []
  const pkceMethods = texts(metadata.code_challenge_methods_supported) ?? []
  const idTokenAlgorithms = texts(metadata.id_token_signing_alg_values_supported) ?? []
  const insecureEndpoints = insecure(metadata)
  const tokenInFragment = responseTypes.some((type) => type.split(' ').includes('token'))
  const implicitNamed = (texts(metadata.grant_types_supported) ?? []).includes('implicit')
  const wrongIssuer = documents.find((document) => document.metadata.issuer !== issuer)
  return {
    reachable: 'yes',
    reason:
      wrongIssuer === undefined ? null : `${wrongIssuer.name} names ${JSON.stringify(wrongIssuer.metadata.issuer)}`,
    document: first.name,
    issuerMatches: wrongIssuer === undefined ? 'yes' : 'no',
    https: issuer.startsWith('https:') && insecureEndpoints.length === 0 ? 'yes' : 'no',
    insecureEndpoints,
    grantTypes,
    responseTypes,
    pkceMethods,
    idTokenAlgorithms,
    tokenAuthMethods: texts(metadata.token_endpoint_auth_methods_supported) ?? ['client_secret_basic'],
    implicitOffered: yes(tokenInFragment || implicitNamed),
    passwordOffered: yes(grantTypes.includes('password')),
    pkceS256: yes(pkceMethods.includes('S256')),
    issParameter: yes(metadata.authorization_response_iss_parameter_supported === true),
    unsignedIdTokens: yes(idTokenAlgorithms.includes('none')),
    registrationEndpoint: yes(typeof metadata.registration_endpoint === 'string'),
  }
}

function unreachableFacts(issuer: string, reason: string): JsonObject {
  const unknown = 'undetermined'
  return {
    reachable: 'no',
    reason,
    document: null,
    issuerMatches: unknown,
    https: yes(issuer.startsWith('https:')),
    insecureEndpoints: [],
    grantTypes: [],
    responseTypes: [],
    pkceMethods: [],
    idTokenAlgorithms: [],
    tokenAuthMethods: [],
    implicitOffered: unknown,
    passwordOffered: unknown,
    pkceS256: unknown,
    issParameter: unknown,
    unsignedIdTokens: unknown,
    registrationEndpoint: unknown,
  }
}

/** Names of endpoint metadata, mutual-TLS aliases (RFC 8705 section 5) included, that have an http URL. */
function insecure(metadata: Metadata, prefix = ''): readonly string[] {
  return Object.entries(metadata).flatMap(([name, value]) => {
    if (name === 'mtls_endpoint_aliases' && isObject(value)) return insecure(value, `${name}.`)
    const isEndpoint = name.endsWith('_endpoint') || name === 'jwks_uri' || name === 'check_session_iframe'
    return isEndpoint && typeof value === 'string' && /^http:/i.test(value) ? [prefix + name] : []
  })
}

/** The metadata in an answer, or why there is none. */
function documentIn(answer: Answer): Metadata | string {
  if (answer.kind === 'failure') return answer.reason
  if (answer.status !== 200) return `answered ${answer.status}`
  const value = parseJson(answer.text)
  return isObject(value) ? value : 'answered 200 without a JSON object'
}

function yes(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no'
}
