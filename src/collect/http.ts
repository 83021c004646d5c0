import type { SecureContext } from 'node:tls'
import type { Dispatcher } from 'undici'
import { CollectionError } from '../model/errors.ts'
import type { Budget } from './budget.ts'
import type { Connections, Lease } from './connections.ts'
import type { Endpoint, HttpExchange, HttpRequest } from './contract.ts'
import {
  decodeBody,
  fieldsOf,
  formatExchange,
  groupFields,
  parseJson,
  type ReceivedResponse,
  type SentRequest,
} from './exchange.ts'
import { endpointOf } from './guard.ts'
import { networkFailure } from './network-errors.ts'

const defaultMaxBytes = 1024 * 1024

/** Methods that may be sent again where an idle connection turned out to be closed, RFC 9110 section 9.2.2. */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** What the HTTP client needs of the collection that it serves. */
export type HttpOptions = {
  readonly guard: (endpoint: Endpoint) => void
  readonly budget: Budget
  readonly connections: Connections
  readonly secureContext: () => Promise<SecureContext>
  readonly signal: AbortSignal
  readonly userAgent: string
  readonly record: (bytes: Uint8Array) => string
}

/** The one HTTP client: HTTP/1.1, no redirects, no cookies, no proxy, every exchange recorded. */
export function createHttp(options: HttpOptions): (request: HttpRequest) => Promise<HttpExchange> {
  return async (request) => {
    const url = parseUrl(request.url)
    options.guard(endpointOf(url))
    const sent = prepare(request, url, options.userAgent)
    const signal = deadline(options.signal, request.timeoutMs, url)
    const progress: Progress = {}
    const keepBody = request.keepBody ?? true
    try {
      const response = await exchange(options, sent, url, { signal, maxBytes: request.maxBytes, progress })
      const evidence = options.record(formatExchange(sent, response, { keepBody }))
      return present(response, url, evidence, performance.now() - (progress.started ?? 0))
    } catch (error) {
      const failure = failureOf(error, signal, url)
      // What was never sent has no record.
      if (failure === undefined || progress.started === undefined) throw failure ?? error
      const remark = `${progress.response === undefined ? 'no response' : 'the response broke off'}: ${failure.message}`
      const unparsed = unparsedText(error)
      const told = unparsed === undefined ? { keepBody, remark } : { keepBody, remark, unparsed }
      const evidence = options.record(formatExchange(sent, progress.response, told))
      throw new CollectionError(failure.failure, failure.message, {
        ...(failure.hint === undefined ? {} : { hint: failure.hint }),
        ...(failure.subject === undefined ? {} : { subject: failure.subject }),
        cause: failure.cause,
        evidence: [evidence],
      })
    }
  }
}

/** How far an exchange has come, for the record of one that fails. */
type Progress = {
  /** When the request went out, or a connection for it was begun. */
  started?: number
  response?: ReceivedResponse
}

type Wait = {
  readonly signal: AbortSignal
  readonly maxBytes: number | undefined
  readonly progress: Progress
}

async function exchange(options: HttpOptions, sent: SentRequest, url: URL, wait: Wait): Promise<ReceivedResponse> {
  for (;;) {
    const secureContext = url.protocol === 'https:' ? await options.secureContext() : undefined
    const lease = await options.connections.http(url, secureContext)
    try {
      options.budget.spendRequest()
      wait.progress.started = performance.now()
      const response = await send(options, lease, sent, wait)
      lease.release(!response.truncated)
      return response
    } catch (error) {
      lease.release(false)
      const failure = networkFailure(error, url.origin)?.failure
      const stale =
        lease.reused && wait.progress.response === undefined && (failure === 'closed' || failure === 'reset')
      if (!stale || !idempotent.has(sent.method)) throw error
    }
  }
}

async function send(options: HttpOptions, lease: Lease, sent: SentRequest, wait: Wait): Promise<ReceivedResponse> {
  const { statusCode, statusText, headers, body } = await lease.client.request({
    method: sent.method as Dispatcher.HttpMethod,
    path: sent.target,
    headers: sent.fields.flatMap(([name, value]) =>
      name === 'connection' || name === 'content-length' ? [] : [name, value],
    ),
    ...(sent.body === undefined ? {} : { body: sent.body }),
    signal: wait.signal,
    responseHeaders: 'raw',
  })
  const fields = fieldsOf(headers as unknown as readonly (string | Buffer)[])
  const maxBytes = wait.maxBytes ?? defaultMaxBytes
  const chunks: Uint8Array[] = []
  let size = 0
  const soFar = (truncated: boolean): ReceivedResponse => {
    return { status: statusCode, statusText, fields, body: Buffer.concat(chunks).subarray(0, maxBytes), truncated }
  }
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      options.budget.check()
      if (size > maxBytes) break
    }
  } catch (error) {
    wait.progress.response = soFar(false)
    throw error
  }
  return soFar(size > maxBytes)
}

function prepare(request: HttpRequest, url: URL, userAgent: string): SentRequest {
  const method = request.method ?? 'GET'
  const body = typeof request.body === 'string' ? Buffer.from(request.body, 'utf8') : request.body
  const own = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
  const has = (name: string): boolean => own.some(([given]) => given === name)
  return {
    method,
    target: `${url.pathname}${url.search}`,
    body,
    fields: [
      ...own.filter(([name]) => name === 'host'),
      ...(has('host') ? [] : [['host', url.host] as const]),
      ['connection', 'keep-alive'],
      ...(has('user-agent') ? [] : [['user-agent', userAgent] as const]),
      ...(has('accept') ? [] : [['accept', '*/*'] as const]),
      ...own.filter(([name]) => name !== 'host'),
      ...(body === undefined ? [] : [['content-length', String(body.length)] as const]),
    ],
  }
}

function present(response: ReceivedResponse, url: URL, evidence: string, durationMs: number): HttpExchange {
  const headers = groupFields(response.fields)
  const header = (name: string): string | undefined => headers[name.toLowerCase()]?.[0]
  const text = (): string => decodeBody(response.body, header('content-type'))
  return {
    status: response.status,
    headers,
    body: response.body,
    truncated: response.truncated,
    durationMs: Math.round(durationMs),
    evidence,
    header,
    text,
    json: () => parseJson(text(), url, evidence),
  }
}

function parseUrl(given: string | URL): URL {
  const url = new URL(given)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new CollectionError('not-permitted', `only http and https are asked, not ${url.protocol}`, {
      hint: 'Give an http:// or https:// URL.',
    })
  }
  return url
}

/** The collection's signal, or one that ends the request earlier. */
function deadline(signal: AbortSignal, timeoutMs: number | undefined, url: URL): AbortSignal {
  if (timeoutMs === undefined) return signal
  const controller = new AbortController()
  const timer = setTimeout(() => {
    const message = `${url.origin} did not answer within ${timeoutMs} ms`
    controller.abort(new CollectionError('timeout', message, { subject: url.origin }))
  }, timeoutMs).unref()
  const either = AbortSignal.any([signal, controller.signal])
  either.addEventListener('abort', () => clearTimeout(timer), { once: true })
  return either
}

function failureOf(error: unknown, signal: AbortSignal, url: URL): CollectionError | undefined {
  if (signal.aborted && signal.reason instanceof CollectionError) return signal.reason
  return networkFailure(error, url.origin)
}

/** What Undici's parser could not make sense of. */
function unparsedText(error: unknown): string | undefined {
  return error instanceof Error && 'data' in error && typeof error.data === 'string' ? error.data : undefined
}
