import { createHash } from 'node:crypto'
import { CollectionError } from '../model/errors.ts'

/** A request as it went out: the field lines in their order. */
export type SentRequest = {
  readonly method: string
  readonly target: string
  readonly fields: readonly (readonly [string, string])[]
  readonly body: Uint8Array | undefined
}

/** What came back of a response; `body` is what was read of it, without transfer coding. */
export type ReceivedResponse = {
  readonly status: number
  readonly statusText: string
  readonly fields: readonly (readonly [string, string])[]
  readonly body: Uint8Array
  readonly truncated: boolean
}

const lineEnd = '\r\n'

/**
 * A recorded exchange in the form of RFC 9112: the request, then the response. Lines in square brackets are remarks of
 * ours: that no response came, that the body was cut or was not kept.
 */
export function formatExchange(
  request: SentRequest,
  response: ReceivedResponse | undefined,
  options: { readonly keepBody: boolean; readonly remark?: string; readonly unparsed?: string },
): Uint8Array {
  const parts: (string | Uint8Array)[] = [
    `${request.method} ${request.target} HTTP/1.1${lineEnd}`,
    ...request.fields.map(formatField),
    lineEnd,
  ]
  if (request.body !== undefined && request.body.length > 0) parts.push(request.body, lineEnd)
  if (response !== undefined) {
    const status = `HTTP/1.1 ${response.status} ${response.statusText}`.trimEnd()
    parts.push(`${lineEnd}${status}${lineEnd}`, ...response.fields.map(formatField), lineEnd)
    parts.push(...formatBody(response, options.keepBody))
  }
  if (options.remark !== undefined) parts.push(`${lineEnd}[${options.remark}]${lineEnd}`)
  if (options.unparsed !== undefined) parts.push(`[what came begins:]${lineEnd}${options.unparsed.slice(0, 1024)}`)
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
}

function formatBody({ body, truncated }: ReceivedResponse, keepBody: boolean): readonly (string | Uint8Array)[] {
  const cut = truncated ? [`${lineEnd}[the body was cut after ${body.length} bytes]${lineEnd}`] : []
  if (keepBody || body.length === 0) return [body, ...cut]
  const digest = createHash('sha256').update(body).digest('hex')
  return [`[the body was not kept: ${body.length} bytes, SHA-256 ${digest}]${lineEnd}`, ...cut]
}

function formatField([name, value]: readonly [string, string]): string {
  return `${name}: ${value}${lineEnd}`
}

/** The field lines of a raw header list: name, value, name, value. */
export function fieldsOf(raw: readonly (string | Buffer)[]): readonly (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    fields.push([latin1(raw[index]), latin1(raw[index + 1])])
  }
  return fields
}

function latin1(value: string | Buffer | undefined): string {
  return typeof value === 'string' ? value : (value?.toString('latin1') ?? '')
}

/** Field values by lower-case name, one element a field line, in the order in which they came. */
export function groupFields(
  fields: readonly (readonly [string, string])[],
): Readonly<Record<string, readonly string[]>> {
  const groups: Record<string, string[]> = Object.create(null)
  for (const [name, value] of fields) {
    const lower = name.toLowerCase()
    groups[lower] = [...(groups[lower] ?? []), value]
  }
  return groups
}

/** The body as text, in the charset that Content-Type names, else UTF-8; bytes that do not fit become U+FFFD. */
export function decodeBody(body: Uint8Array, contentType: string | undefined): string {
  const charset = /;[ \t]*charset[ \t]*=[ \t]*"?([^\s";]+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    return new TextDecoder().decode(body)
  }
}

/** The JSON value of a body; CollectionError `unparsable` where it is none. */
export function parseJson(text: string, url: URL, evidence: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CollectionError('unparsable', `${url.origin}${url.pathname} did not answer with JSON`, {
      subject: `${url.origin}${url.pathname}`,
      hint: `Look at ${evidence} for what it answered.`,
      evidence: [evidence],
      cause: error,
    })
  }
}
