import type { Observation } from '../../src/model/evidence.ts'
import {
  type Derived,
  deriveFromExchanges,
  type FromExchanges,
  type NotDerived,
  type RecordedExchange,
  type Recording,
} from '../../src/model/replay.ts'
import { tokenFacts } from './credential.ts'
import { type DocumentName, discoveryFacts, type Metadata, wellKnown } from './discovery.ts'
import { isObject, parseJson } from './json-value.ts'
import { keySetFacts } from './jwks.ts'
import { replayEnforcement } from './replay-enforcement.ts'

/** Derives each observation again from the exchanges that it names. */
export function replayAuth(recording: Recording): readonly (Derived | NotDerived)[] {
  return deriveFromExchanges(recording, { methodsOf, unanswered }, (observation, exchanges) => {
    switch (observation.kind) {
      case 'auth.discovery':
        return discovery(observation, exchanges)
      case 'auth.jwks':
        return keySet(observation, exchanges, recording)
      case 'auth.token':
        return token(observation, exchanges)
      case 'auth.enforcement':
        return replayEnforcement(observation, exchanges)
      default:
        return undefined
    }
  })
}

/** A server that takes no connection leaves no exchange. */
const unanswered = ['auth.discovery', 'auth.jwks', 'auth.enforcement']

function methodsOf(kind: string): Derived['methods'] {
  return kind === 'auth.discovery' || kind === 'auth.jwks' ? ['EXAMINE'] : ['TEST']
}

const notWhole = 'a document was not kept whole'
const redactedIn = 'a secret was redacted in the document'

type Read = { readonly name: DocumentName; readonly found: Metadata | string }

function discovery({ subject: issuer }: Observation, exchanges: readonly RecordedExchange[]): FromExchanges {
  if (!URL.canParse(issuer)) return undefined
  const read = exchanges.map((exchange): Read | undefined => {
    const [name] = wellKnown(issuer).find(([, url]) => isAskedAt(exchange, url)) ?? []
    return name && { name, found: documentIn(exchange) }
  })
  const known = read.filter((each) => each !== undefined)
  if (known.length < exchanges.length) return undefined
  if (known.some(({ found }) => found === notWhole)) return notWhole
  const documents = known.flatMap(({ name, found }) => (typeof found === 'string' ? [] : [{ name, metadata: found }]))
  const reasons = known.flatMap(({ name, found }) => (typeof found === 'string' ? [`${name}: ${found}`] : []))
  const facts = discoveryFacts(issuer, documents, reasons)
  if (documents.length > 0) return { subject: issuer, facts, open: {} }
  const https = 'the bytes do not say whether TLS was below them'
  if (exchanges.length === 2) return { subject: issuer, facts, open: { https } }
  return {
    subject: issuer,
    facts,
    open: { https, reason: 'a connection that does not come about leaves no bytes behind' },
  }
}

function documentIn({ response, failure }: RecordedExchange): Metadata | string {
  if (!response || failure !== null) return failure ?? 'no response came'
  if (response.status !== 200) return `answered ${response.status}`
  if (response.body.kept !== 'whole') return notWhole
  const value = parseJson(response.body.text)
  return isObject(value) ? value : 'answered 200 without a JSON object'
}

function keySet(
  { subject: issuer }: Observation,
  exchanges: readonly RecordedExchange[],
  { observations, http }: Recording,
): FromExchanges {
  const [exchange] = exchanges
  if (!exchange || exchanges.length > 1 || !URL.canParse(issuer)) return undefined
  const about = observations.find(({ kind, subject }) => kind === 'auth.discovery' && subject === issuer)
  const documents = (about?.evidence ?? []).map((name) => documentIn(http(name)))
  const url = documents.find((each) => typeof each !== 'string')?.jwks_uri
  if (typeof url !== 'string') return 'the document that names the key set is not there'
  if (!isAskedAt(exchange, url)) return undefined
  const { response, failure } = exchange
  if (!response || failure !== null) {
    return { subject: issuer, facts: keySetFacts(issuer, url, null, failure), open: {} }
  }
  if (response.body.kept !== 'whole') return notWhole
  const value = response.status === 200 ? parseJson(response.body.text) : undefined
  const keys = isObject(value) && Array.isArray(value.keys) ? { keys: value.keys.filter(isObject) } : null
  const reason = keys === null ? `answered ${response.status} without a key set` : null
  const facts = keySetFacts(issuer, url, keys, reason)
  const hidden = response.body.text.includes('[redacted:')
  return { subject: issuer, facts, open: hidden ? { keys: redactedIn, smallestRsaBits: redactedIn } : {} }
}

const tokenGone = 'it stands in the token, which is never kept'

function token({ subject }: Observation, exchanges: readonly RecordedExchange[]): FromExchanges {
  const [exchange] = exchanges
  const response = exchange?.response
  if (!response || exchanges.length > 1 || exchange.method !== 'POST') return undefined
  if (response.body.kept !== 'whole') return notWhole
  const value = parseJson(response.body.text)
  if (!isObject(value)) return undefined
  const cacheControl = response.headers['cache-control']?.join(', ') ?? null
  const open = { algorithm: tokenGone, lifetimeSeconds: tokenGone, hasAudience: tokenGone, format: tokenGone }
  return { subject, facts: tokenFacts(value, '', cacheControl), open }
}

/** Whether a request went to a URL, as far as the bytes say: host, path and query, but not the scheme. */
export function isAskedAt({ requestHeaders, target }: RecordedExchange, url: string): boolean {
  if (!URL.canParse(url)) return false
  const { host, pathname, search } = new URL(url)
  return requestHeaders.host?.[0] === host && target === `${pathname}${search}`
}
