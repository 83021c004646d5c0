import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { ApiSettings } from './api-settings.ts'
import type { Caller } from './token-check.ts'

/** What the API says to one request; an object becomes JSON. */
export type Answer = {
  readonly status: number
  readonly body: object | string
  readonly headers?: Record<string, string>
}

/** A request that cannot be granted, and the status that says so. */
export class HttpError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The answer to a request that went wrong: a stack trace where the settings show one. */
export function failure(error: unknown, { stackTraces }: ApiSettings): Answer {
  const status = error instanceof HttpError ? error.status : error instanceof SyntaxError ? 400 : 500
  if (!stackTraces) return problem(status, STATUS_CODES[status]?.toLowerCase() ?? 'error')
  return { status, body: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

/** A problem document, RFC 9457. */
export function problem(status: number, detail: string, headers: Record<string, string> = {}): Answer {
  const body = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail }
  return { status, body, headers: { 'Content-Type': 'application/problem+json', ...headers } }
}

/** RFC 6750 section 3. */
export function refusal({ status, error, description }: Extract<Caller, { kind: 'refused' }>): Answer {
  const parameters = ['realm="customer-data"', ...(error === null ? [] : [`error="${error}"`])]
  return problem(status, description, { 'WWW-Authenticate': `Bearer ${parameters.join(', ')}` })
}

/** Sends an answer with its length; nothing follows it. */
export function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  response.writeHead(status, {
    ...(status === 204 ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }),
    ...headers,
  })
  response.end(status === 204 ? undefined : text)
}
