import type { Context, HttpExchange, NewObservation } from '../../src/collect/contract.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Ask } from './ask.ts'
import { type ProbeOrigin, probeOrigins } from './origins.ts'
import { type GatewayTarget, urlAt } from './target.ts'

/** One `gateway.cors` for each path and origin, from a GET with that Origin and the preflight of such a request. */
export async function* observeCors(target: GatewayTarget, context: Context, ask: Ask): AsyncIterable<NewObservation> {
  const origins = probeOrigins(new URL(target.url).hostname, target.cors.trusted)
  if (!origins.some(({ kind }) => kind === 'subdomain')) {
    context.leaveOut('an invented subdomain', 'the target’s host is an address or a single label', 'gateway.cors')
  }
  for (const path of target.paths) {
    const url = urlAt(target.url, path)
    for (const { kind, origin } of origins) {
      const got = await ask({ url, headers: { origin }, keepBody: false })
      const preflight = await ask(
        {
          method: 'OPTIONS',
          url,
          keepBody: false,
          headers: {
            origin,
            'access-control-request-method': 'GET',
            'access-control-request-headers': 'authorization',
          },
        },
        'anonymous',
      )
      yield corsObservation(url, path, { kind, origin }, got, preflight)
    }
  }
}

function corsObservation(
  subject: string,
  path: string,
  { kind, origin }: ProbeOrigin,
  got: HttpExchange,
  preflight: HttpExchange,
): NewObservation {
  return {
    kind: 'gateway.cors',
    subject,
    methods: ['TEST'],
    evidence: [got.evidence, preflight.evidence],
    facts: corsFacts(path, { kind, origin }, got, preflight),
  }
}

type Answered = Pick<HttpExchange, 'status' | 'headers'>

/** The facts of `gateway.cors`; pure. */
export function corsFacts(path: string, { kind, origin }: ProbeOrigin, got: Answered, preflight: Answered): JsonObject {
  const answers = [got, preflight].map((exchange) => crossOrigin(exchange, origin))
  // What the GET says decides, but for an origin that only the preflight lets in.
  const [onGet] = answers
  const decisive = answers.find(({ allowed }) => allowed) ?? onGet
  return {
    path,
    originKind: kind,
    origin,
    status: got.status,
    allowOrigin: decisive?.allowOrigin ?? null,
    allowed: answers.some(({ allowed }) => allowed) ? 'yes' : 'no',
    credentials: answers.some(({ credentials }) => credentials) ? 'yes' : 'no',
  }
}

type CrossOrigin = { readonly allowOrigin: string | null; readonly allowed: boolean; readonly credentials: boolean }

/** What a browser makes of the answer: one value only, and credentials never together with `*` (Fetch, "CORS check"). */
function crossOrigin({ headers }: Answered, origin: string): CrossOrigin {
  const allowOrigin = headers['access-control-allow-origin']?.join(', ') ?? null
  const allowed = allowOrigin === '*' || allowOrigin === origin
  const asked = headers['access-control-allow-credentials']?.join(', ') === 'true'
  return { allowOrigin, allowed, credentials: allowed && allowOrigin !== '*' && asked }
}
