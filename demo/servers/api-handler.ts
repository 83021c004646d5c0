import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, failure, HttpError, problem, refusal, send } from './api-answers.ts'
import { allowed, customerOperations, find, type Operation } from './api-operations.ts'
import type { ApiSettings } from './api-settings.ts'
import { rateLimiter } from './rate-limiter.ts'
import type { TokenChecker } from './token-check.ts'

/** One line of the audit log: who did what to what, from where, and how it ended. */
export type AuditRecord = {
  readonly time: string
  readonly who: string
  readonly action: string
  readonly path: string
  readonly from: string
  readonly status: number
  readonly outcome: 'success' | 'denied' | 'failure'
}

/** Answers the requests of the Customer Data API by the settings in force at that moment. */
export function apiHandler(
  settings: () => ApiSettings,
  checkToken: TokenChecker,
  audit: (record: AuditRecord) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  const takeFromLimit = rateLimiter()
  const operations = customerOperations(settings)

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { rateLimit, tokenCheck, traceEcho, cors } = settings()
    const method = request.method ?? 'GET'
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    for (const [name, value] of Object.entries(commonHeaders(settings(), request))) response.setHeader(name, value)
    if (method === 'TRACE' && traceEcho) return echo(request, response)
    const match = find(operations, method === 'HEAD' ? 'GET' : method, path)
    let who = 'anonymous'
    let result: Answer
    if (rateLimit !== null) {
      const allowance = takeFromLimit(`${request.socket.remoteAddress} ${match?.operation.route ?? 'other'}`, rateLimit)
      response.setHeader('RateLimit-Policy', `"default";q=${rateLimit.requests};w=${rateLimit.windowSeconds}`)
      response.setHeader('RateLimit', `"default";r=${allowance.remaining};t=${allowance.resetSeconds}`)
      if (!allowance.allowed) {
        response.setHeader('Retry-After', String(allowance.resetSeconds))
        return send(response, problem(429, 'too many requests'))
      }
    }
    if (method === 'OPTIONS' && cors !== null) return send(response, { status: 204, body: '' })
    if (match === undefined) {
      const allow = allowed(operations, path)
      result =
        allow.length > 0
          ? problem(405, 'this method is not offered here', { Allow: allow.join(', ') })
          : failure(new HttpError(404, `there is no ${path}`), settings())
    } else {
      const { operation, id } = match
      const check = tokenCheck.routes[operation.route] ?? tokenCheck.default
      const caller = await checkToken(request.headers.authorization, operation.scope, check)
      who = caller.kind === 'caller' ? caller.subject : 'unknown'
      result = caller.kind === 'refused' ? refusal(caller) : await run(operation, id, request, settings())
    }
    if (path !== '/healthz') audit(record(request, path, who, result.status))
    send(response, method === 'HEAD' ? { ...result, body: '' } : result)
  }

  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, failure(error, settings()))
      else response.destroy()
    })
  }
}

async function run(operation: Operation, id: string, request: IncomingMessage, now: ApiSettings): Promise<Answer> {
  try {
    return await operation.run(id, request)
  } catch (error) {
    return failure(error, now)
  }
}

function commonHeaders(settings: ApiSettings, request: IncomingMessage): Record<string, string> {
  const origin = request.headers.origin
  const secure = 'encrypted' in request.socket
  return {
    ...settings.headers,
    // RFC 6797 section 7.2: not over plain HTTP.
    ...(settings.hsts !== null && secure ? { 'Strict-Transport-Security': settings.hsts } : {}),
    ...(settings.versionBanner
      ? { Server: 'customer-data-api/1.4.2', 'X-Powered-By': `Node.js/${process.versions.node}` }
      : {}),
    ...(origin === undefined ? {} : crossOrigin(settings, origin)),
  }
}

function crossOrigin({ cors }: ApiSettings, origin: string): Record<string, string> {
  if (cors === null) return {}
  if (cors === 'any') return { 'Access-Control-Allow-Origin': '*' }
  if (cors !== 'reflect' && !cors.includes(origin)) return { Vary: 'Origin' }
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Allow-Headers': 'authorization, content-type',
    'Access-Control-Allow-Methods': 'GET, POST, DELETE',
  }
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  const lines = [`TRACE ${request.url} HTTP/${request.httpVersion}`]
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`)
  }
  response.writeHead(200, { 'Content-Type': 'message/http' }).end(`${lines.join('\r\n')}\r\n\r\n`)
}

function record(request: IncomingMessage, path: string, who: string, status: number): AuditRecord {
  return {
    time: new Date().toISOString(),
    who,
    action: request.method ?? 'GET',
    path,
    from: request.socket.remoteAddress ?? 'unknown',
    status,
    outcome: status < 400 ? 'success' : status === 401 || status === 403 ? 'denied' : 'failure',
  }
}
