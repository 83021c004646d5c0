import type { Context, HttpExchange, NewObservation } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'
import type { Ask } from './ask.ts'
import { endpointOf, type GatewayTarget, plainOrigin, urlAt } from './target.ts'

type Behaviour = 'redirects-to-https' | 'redirects-elsewhere' | 'refuses' | 'serves' | 'undetermined'
type Found = {
  readonly behaviour: Behaviour
  readonly status: number | null
  readonly location: string | null
  readonly reason: string
  readonly evidence: readonly string[]
}

/** How long a packet filter that drops is waited for. */
const connectTimeoutMs = 8_000

/**
 * One `gateway.redirect` for each path: what the plain http address makes of a request without a credential. What
 * refuses is told from what serves by the same path over https, as a 404 may be either.
 */
export async function* observePlainHttp(
  target: GatewayTarget,
  context: Context,
  ask: Ask,
): AsyncIterable<NewObservation> {
  const origin = plainOrigin(target)
  if (origin === null) {
    context.leaveOut('plain http', 'the target says http: false', 'gateway.redirect')
    return
  }
  const closed = await whyClosed(origin, target, context)
  for (const path of target.paths) {
    const url = urlAt(origin, path)
    const { evidence, ...facts } = closed ?? (await look(url, urlAt(target.url, path), ask))
    yield { kind: 'gateway.redirect', subject: url, methods: ['TEST'], evidence, facts: { url, ...facts } }
  }
}

/** What a port that takes no connection comes to, or undefined where it takes one. */
async function whyClosed(origin: string, target: GatewayTarget, context: Context): Promise<Found | undefined> {
  const found = (behaviour: Behaviour, reason: string): Found => ({
    behaviour,
    status: null,
    location: null,
    reason,
    evidence: [],
  })
  const connection = await connect(origin, context)
  switch (connection) {
    case 'open':
      return undefined
    case 'refused':
      return found('refuses', 'the connection was refused')
    case 'dropped':
      return new URL(origin).hostname === new URL(target.url).hostname
        ? found('refuses', `no connection came about within ${connectTimeoutMs / 1000} seconds: packets are dropped`)
        : found('undetermined', `no connection came about within ${connectTimeoutMs / 1000} seconds`)
    default:
      return found('undetermined', connection.message)
  }
}

async function connect(origin: string, context: Context): Promise<'open' | 'refused' | 'dropped' | CollectionError> {
  const attempt = context.connect(endpointOf(origin)).then((socket) => {
    socket.destroy()
    return 'open' as const
  })
  const { promise: late, resolve } = Promise.withResolvers<'dropped'>()
  const timer = setTimeout(() => resolve('dropped'), connectTimeoutMs)
  try {
    return await Promise.race([attempt, late])
  } catch (error) {
    context.signal.throwIfAborted()
    if (!(error instanceof CollectionError)) throw error
    if (error.failure === 'refused') return 'refused'
    if (error.failure === 'timeout') return 'dropped'
    if (error.failure === 'unreachable' || error.failure === 'unresolved' || error.failure === 'reset') return error
    throw error
  } finally {
    clearTimeout(timer)
    attempt.catch(() => undefined)
  }
}

async function look(url: string, secureUrl: string, ask: Ask): Promise<Found> {
  const plain = await answerOf(url, ask)
  if (plain instanceof CollectionError) return unanswered(plain)
  const { status, evidence } = plain
  const location = plain.header('location') ?? null
  const found = ({ behaviour, reason }: Judged, more: readonly string[] = []): Found => ({
    behaviour,
    status,
    location,
    reason,
    evidence: [evidence, ...more],
  })
  const told = judgeAnswer(url, status, location)
  if (told) return found(told)
  const secure = await ask({ url: secureUrl, keepBody: false }, 'anonymous')
  const same = secure.status === status && sameContent(plain, secure)
  return found(judgeBeside(status, secure.status, same), [secure.evidence])
}

type Judged = Pick<Found, 'behaviour' | 'reason'>

/** What an answer over plain http comes to by itself; undefined where only the one over https tells. Pure. */
export function judgeAnswer(url: string, status: number, location: string | null): Judged | undefined {
  if (status >= 300 && status < 400 && location !== null) return redirected(url, location)
  if (status < 300) return { behaviour: 'serves', reason: `answered ${status}` }
  if (status === 401) {
    return { behaviour: 'serves', reason: 'answered 401, and so asks for a credential over plain http' }
  }
  if (status === 429 || status >= 500) return { behaviour: 'undetermined', reason: `answered ${status}` }
  return undefined
}

/** What it comes to beside the answer over https, `same` where status and content are those of it. Pure. */
export function judgeBeside(status: number, secureStatus: number, same: boolean): Judged {
  if (same) return { behaviour: 'serves', reason: `answered ${status} just as over https` }
  return { behaviour: 'refuses', reason: `answered ${status} where https answers ${secureStatus}` }
}

/** The answer, or how none came; a connection that broke off is tried once more, since one alone may be chance. */
async function answerOf(url: string, ask: Ask): Promise<HttpExchange | CollectionError> {
  const first = await tryOnce(url, ask)
  const mayBeChance = first instanceof CollectionError && ['reset', 'closed', 'refused'].includes(first.failure)
  return mayBeChance ? await tryOnce(url, ask) : first
}

async function tryOnce(url: string, ask: Ask): Promise<HttpExchange | CollectionError> {
  try {
    return await ask({ url, keepBody: false }, 'anonymous')
  } catch (error) {
    if (
      error instanceof CollectionError &&
      ['reset', 'closed', 'not-http', 'timeout', 'refused'].includes(error.failure)
    )
      return error
    throw error
  }
}

/** A port that takes the connection and answers no plain http has refused, but for one that is merely slow. */
function unanswered({ failure, message, evidence }: CollectionError): Found {
  const behaviour = failure === 'timeout' ? 'undetermined' : 'refuses'
  return { behaviour, status: null, location: null, reason: message, evidence }
}

function redirected(url: string, location: string): Judged {
  if (!URL.canParse(location, url)) return { behaviour: 'redirects-elsewhere', reason: 'the Location is no URL' }
  const to = new URL(location, url)
  if (to.protocol !== 'https:') {
    return { behaviour: 'redirects-elsewhere', reason: `redirected to ${to.protocol}//${to.host}` }
  }
  return { behaviour: 'redirects-to-https', reason: `redirected to https://${to.host}` }
}

/** Whether two answers come from the same application: the same kind of body, but for numbers and identifiers in it. */
function sameContent(plain: HttpExchange, secure: HttpExchange): boolean {
  const kind = (exchange: HttpExchange) => exchange.header('content-type') ?? ''
  const gist = (exchange: HttpExchange) =>
    exchange
      .text()
      .replaceAll(/[0-9a-f]{6,}|\d+/gi, '#')
      .replaceAll('https:', 'http:')
  return kind(plain) === kind(secure) && gist(plain) === gist(secure)
}
