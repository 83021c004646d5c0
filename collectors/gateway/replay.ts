import { CollectionError } from '../../src/model/errors.ts'
import type { Observation } from '../../src/model/evidence.ts'
import {
  type Derived,
  deriveFromExchanges,
  type FromExchanges,
  type NotDerived,
  type RecordedBody,
  type RecordedExchange,
  type Recording,
} from '../../src/model/replay.ts'
import { corsFacts } from './cors.ts'
import { headersFacts, missing } from './headers.ts'
import { originKindOf } from './origins.ts'
import { judgeAnswer, judgeBeside } from './plain-http.ts'
import { burstFacts } from './rate-limit.ts'
import type { Shot } from './rate-limit-verdict.ts'
import { echoedIn } from './trace.ts'

/**
 * Derives each observation again from the exchanges that it names. Which exchanges belong together is taken from the
 * entry; what was asked, of whom, and what it was answered is read from the exchanges.
 */
export function replayGateway(recording: Recording): readonly (Derived | NotDerived)[] {
  return deriveFromExchanges(recording, { methodsOf: () => ['TEST'], unanswered }, derive)
}

/** A port that takes no connection leaves no exchange. */
const unanswered = ['gateway.redirect', 'gateway.method', 'gateway.rate-limit']

const bodyNotKept = 'the body was not kept, since it may hold personal data, or not whole'

function derive(observation: Observation, exchanges: readonly RecordedExchange[]): FromExchanges {
  const [first, second, ...rest] = exchanges
  if (!first) return undefined
  switch (observation.kind) {
    case 'gateway.headers':
      return second ? undefined : headers(observation, first)
    case 'gateway.cors':
      return second && rest.length === 0 ? cors(observation, first, second) : undefined
    case 'gateway.method':
      return second ? undefined : trace(observation, first)
    case 'gateway.redirect':
      return rest.length === 0 ? redirect(observation, first, second) : undefined
    case 'gateway.rate-limit':
      return rateLimit(observation, exchanges)
    default:
      return undefined
  }
}

function headers(observation: Observation, exchange: RecordedExchange): FromExchanges {
  const { method, response } = exchange
  if (method !== 'GET' || !response) return undefined
  const { subject, path } = placeOf(observation, 'https', exchange)
  const { status, body } = response
  const text = textOf(body)
  const base = path.split('?', 1)[0] ?? path
  const isError = base.endsWith(`/${missing}`)
  const facts = headersFacts(
    isError ? parentOf(base, observation.facts.path) : path,
    isError ? 'error' : 'normal',
    response,
    text ?? '',
  )
  if (text !== null) return { subject, facts, open: {} }
  const inFields = facts.versionDisclosed === 'yes'
  return {
    subject,
    facts,
    open: {
      stackTrace: bodyNotKept,
      ...(status < 400 ? {} : { versions: bodyNotKept }),
      ...(status < 400 || inFields ? {} : { versionDisclosed: bodyNotKept }),
    },
  }
}

/** The path below which a missing one was asked for; a slash at its end is not in what was asked. */
function parentOf(asked: string, recorded: unknown): string {
  const parent = asked.slice(0, -(missing.length + 1))
  return recorded === `${parent}/` || parent === '' ? `${parent}/` : parent
}

function cors(observation: Observation, got: RecordedExchange, preflight: RecordedExchange): FromExchanges {
  const origin = got.requestHeaders.origin?.[0]
  const pair = got.method === 'GET' && preflight.method === 'OPTIONS' && preflight.requestHeaders.origin?.[0] === origin
  if (!pair || origin === undefined || got.target !== preflight.target) return undefined
  if (!got.response || !preflight.response) return undefined
  const { subject, path } = placeOf(observation, 'https', got)
  const facts = corsFacts(path, { kind: originKindOf(origin), origin }, got.response, preflight.response)
  return { subject, facts, open: {} }
}

function trace(observation: Observation, exchange: RecordedExchange): FromExchanges {
  if (exchange.method !== 'TRACE') return undefined
  const { subject, path } = placeOf(observation, 'https', exchange)
  const { response, failure } = exchange
  if (!response || failure !== null) {
    return { subject, facts: { path, method: 'TRACE', status: null, echoed: 'undetermined' }, open: {} }
  }
  const text = textOf(response.body)
  const facts = { path, method: 'TRACE', status: response.status, echoed: echoedIn(text ?? '', response.status) }
  return { subject, facts, open: text === null ? { echoed: bodyNotKept } : {} }
}

function redirect(
  observation: Observation,
  plain: RecordedExchange,
  secure: RecordedExchange | undefined,
): FromExchanges {
  const { subject } = placeOf(observation, 'http', plain)
  if (!plain.response || plain.failure !== null) {
    const facts = { url: subject, status: null, location: null, reason: plain.failure }
    const open = { behaviour: 'the record of a request without an answer does not say what kind of failure it was' }
    return { subject, facts, open }
  }
  const { status } = plain.response
  const location = plain.response.headers.location?.[0] ?? null
  const common = { url: subject, status, location }
  const told = judgeAnswer(subject, status, location)
  if (told) return secure ? undefined : { subject, facts: { ...common, ...told }, open: {} }
  if (!secure?.response) return undefined
  const same = sameContent(plain.response, secure.response)
  const facts = { ...common, ...judgeBeside(status, secure.response.status, same === true) }
  return { subject, facts, open: same === null ? { behaviour: bodyNotKept, reason: bodyNotKept } : {} }
}

type Response = NonNullable<RecordedExchange['response']>

/** Whether both answers are those of one application; null where digests differ, but perhaps only by a number in the body. */
function sameContent(plain: Response, secure: Response): boolean | null {
  const kindOf = ({ headers: fields }: Response): string => fields['content-type']?.[0] ?? ''
  if (plain.status !== secure.status || kindOf(plain) !== kindOf(secure)) return false
  const [one, other] = [plain.body, secure.body]
  if (one.kept === 'digest' && other.kept === 'digest') return one.sha256 === other.sha256 ? true : null
  return one.kept === 'whole' && other.kept === 'whole' && one.text === other.text ? true : null
}

function rateLimit(observation: Observation, exchanges: readonly RecordedExchange[]): FromExchanges {
  const [first] = exchanges
  if (!first || exchanges.some(({ method, target }) => method !== 'GET' || target !== first.target)) return undefined
  if (Number(observation.facts.requests) > exchanges.length) {
    return 'requests that never got a connection left no record'
  }
  const { subject, path } = placeOf(observation, 'https', first)
  const shots = exchanges.map(
    ({ response, failure }, index): Shot => ({
      ordinal: index + 1,
      result:
        response && failure === null
          ? { ...response, evidence: observation.evidence[index] ?? '' }
          : new CollectionError('closed', failure ?? 'no response came'),
    }),
  )
  const facts = burstFacts(path, shots, observation.collected)
  const decisive = exchanges.find(({ response }) => response?.status === facts.status)
  const byClock = /[a-z]/i.test(decisive?.response?.headers['retry-after']?.[0] ?? '')
  return {
    subject,
    facts,
    open: {
      budget: 'it stands in the configuration',
      elapsedMs: 'it was taken with a clock',
      ...(byClock ? { retryAfter: 'it depends on the moment at which the answer came' } : {}),
    },
  }
}

/** What was asked for: the recorded subject where that is another spelling of it. */
function placeOf(
  { subject }: Observation,
  scheme: 'http' | 'https',
  { requestHeaders, target }: RecordedExchange,
): { readonly subject: string; readonly path: string } {
  const origin = `${scheme}://${requestHeaders.host?.[0] ?? ''}`
  const asked = `${origin}${target}`
  const spelled = URL.canParse(subject) && subject.startsWith(`${origin}/`) && new URL(subject).href === asked
  return spelled ? { subject, path: subject.slice(origin.length) } : { subject: asked, path: target }
}

/** The text of a body that is there as it came; null where it is not. */
function textOf(body: RecordedBody): string | null {
  return body.kept === 'whole' && !body.text.includes('[redacted:') ? body.text : null
}
