import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { ApiSettings, Route } from './api-settings.ts'
import { type Customer, exampleCustomers, exampleReports } from './data.ts'
import { rateLimiter } from './rate-limiter.ts'
import type { Caller, TokenChecker } from './token-check.ts'

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

type Answer = { readonly status: number; readonly body: object | string; readonly headers?: Record<string, string> }
type Operation = {
  readonly route: Route
  readonly scope: string | null
  readonly run: (id: string, request: IncomingMessage) => Promise<Answer>
}

class HttpError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Answers the requests of the Customer Data API by the settings in force at that moment. */
export function apiHandler(
  settings: () => ApiSettings,
  checkToken: TokenChecker,
  audit: (record: AuditRecord) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  const customers = exampleCustomers()
  const takeFromLimit = rateLimiter()
  const operations = operationsOn(customers, settings)

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

function operationsOn(customers: Map<string, Customer>, settings: () => ApiSettings): readonly Operation[] {
  return [
    { route: 'GET /healthz', scope: null, run: async () => ({ status: 200, body: { status: 'ok' } }) },
    {
      route: 'GET /customers',
      scope: 'customers:read',
      run: async () => ({ status: 200, body: { customers: [...customers.values()] } }),
    },
    { route: 'GET /customers/{id}', scope: 'customers:read', run: async (id) => one(customers, id) },
    {
      route: 'POST /customers',
      scope: 'customers:write',
      run: async (_id, request) => {
        const input: unknown = JSON.parse(await readBody(request, settings().bodyLimitBytes))
        const customer = { id: `c-${randomUUID()}`, ...customerFields(input) }
        customers.set(customer.id, customer)
        return { status: 201, body: customer, headers: { Location: `/customers/${customer.id}` } }
      },
    },
    {
      route: 'DELETE /customers/{id}',
      scope: 'customers:write',
      run: async (id) => {
        if (!customers.delete(id)) throw new HttpError(404, `there is no customer ${id}`)
        return { status: 204, body: '' }
      },
    },
    {
      route: 'GET /reports',
      scope: 'reports:read',
      run: async () => ({ status: 200, body: { reports: [...exampleReports.values()] } }),
    },
    { route: 'GET /reports/{id}', scope: 'reports:read', run: async (id) => one(exampleReports, id) },
  ]
}

function one(rows: ReadonlyMap<string, object>, id: string): Answer {
  const row = rows.get(id)
  if (row === undefined) throw new HttpError(404, `there is no ${id}`)
  return { status: 200, body: row }
}

function customerFields(input: unknown): Omit<Customer, 'id'> {
  if (typeof input !== 'object' || input === null) throw new HttpError(422, 'a customer is an object')
  const { name, email, country } = input as Record<string, unknown>
  if (typeof name !== 'string' || typeof email !== 'string' || typeof country !== 'string') {
    throw new HttpError(422, 'a customer has a name, an email and a country')
  }
  return { name, email, country }
}

async function run(operation: Operation, id: string, request: IncomingMessage, now: ApiSettings): Promise<Answer> {
  try {
    return await operation.run(id, request)
  } catch (error) {
    return failure(error, now)
  }
}

async function readBody(request: IncomingMessage, limit: number | null): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (limit !== null && size > limit) throw new HttpError(413, `a body has at most ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function failure(error: unknown, { stackTraces }: ApiSettings): Answer {
  const status = error instanceof HttpError ? error.status : error instanceof SyntaxError ? 400 : 500
  if (!stackTraces) return problem(status, STATUS_CODES[status]?.toLowerCase() ?? 'error')
  return { status, body: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

/** A problem document, RFC 9457. */
function problem(status: number, detail: string, headers: Record<string, string> = {}): Answer {
  const body = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail }
  return { status, body, headers: { 'Content-Type': 'application/problem+json', ...headers } }
}

function refusal({ status, error, description }: Extract<Caller, { kind: 'refused' }>): Answer {
  const parameters = ['realm="customer-data"', ...(error === null ? [] : [`error="${error}"`])]
  return problem(status, description, { 'WWW-Authenticate': `Bearer ${parameters.join(', ')}` })
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

function find(operations: readonly Operation[], method: string, path: string) {
  for (const operation of operations) {
    const id = matches(operation.route, method, path)
    if (id !== undefined) return { operation, id }
  }
  return undefined
}

/** The `{id}` of a path that a route matches (empty where the route has none), or undefined. */
function matches(route: Route, method: string, path: string): string | undefined {
  const [verb, template = ''] = route.split(' ')
  if (verb !== method) return undefined
  if (!template.endsWith('/{id}')) return template === path ? '' : undefined
  const stem = template.slice(0, -'{id}'.length)
  const id = path.startsWith(stem) ? path.slice(stem.length) : ''
  return id !== '' && !id.includes('/') ? id : undefined
}

function allowed(operations: readonly Operation[], path: string): readonly string[] {
  return operations.flatMap(({ route }) => {
    const verb = route.split(' ')[0] ?? ''
    return matches(route, verb, path) === undefined ? [] : [verb]
  })
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

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  response.writeHead(status, {
    ...(status === 204 ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }),
    ...headers,
  })
  response.end(status === 204 ? undefined : text)
}
