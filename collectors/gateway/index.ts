import type { Collector } from '../../src/collect/contract.ts'
import { openAsk } from './ask.ts'
import { observeCors } from './cors.ts'
import { observeHeaders } from './headers.ts'
import { observePlainHttp } from './plain-http.ts'
import { observeRateLimit } from './rate-limit.ts'
import { replayGateway } from './replay.ts'
import { endpointOf, GatewayTarget, plainOrigin } from './target.ts'
import { observeTrace } from './trace.ts'

/** Looks at an API gateway from outside: plain http, security headers, CORS, TRACE, and on request its rate limit. */
export const gatewayCollector: Collector<GatewayTarget> = {
  id: 'gateway',
  version: 1,
  title: 'API gateway behaviour',
  emits: ['gateway.redirect', 'gateway.headers', 'gateway.cors', 'gateway.method', 'gateway.rate-limit'],
  target: GatewayTarget,
  defaults: { timeoutMs: 120_000, concurrency: 4, connections: 500, requests: 2_000, bytes: 64 * 1024 * 1024 },
  shorthandForm: 'an https URL or a host, as in https://api.example.com/v1 or api.example.com:8443',
  shorthand,
  subject: ({ url }) => url,
  reach: (target) => {
    const plain = plainOrigin(target)
    return { endpoints: [target.url, ...(plain === null ? [] : [plain])].map(endpointOf), paths: [] }
  },
  async *collect(target, context) {
    const ask = await openAsk(target, context)
    yield* observePlainHttp(target, context, ask)
    yield* observeHeaders(target, ask)
    yield* observeCors(target, context, ask)
    yield* observeTrace(target, ask)
    // Last, since what it uses up the others would miss.
    yield* observeRateLimit(target, context, ask)
  },
  replay: replayGateway,
}

/** `api.example.com`, `api.example.com:8443/customers` or `https://api.example.com/customers`. */
function shorthand(text: string): unknown {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  if (!URL.canParse(withScheme)) return undefined
  const url = new URL(withScheme)
  if (url.protocol !== 'https:' || url.hostname === '') return undefined
  return { url: url.origin, paths: [`${url.pathname}${url.search}`] }
}
