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
  if (options.unparsed !== undefined) {
    const begin = Buffer.from(options.unparsed, 'latin1')
    parts.push(`[what came begins:]${lineEnd}`, begin.length > 1024 ? withoutCutWord(begin.subarray(0, 1024)) : begin)
  }
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
}

function formatBody(response: ReceivedResponse, keepBody: boolean): readonly (string | Uint8Array)[] {
  const { body, truncated } = response
  if (body.length === 0) return []
  const digest = createHash('sha256').update(body).digest('hex')
  const unkept = (why: string) => {
    const cut = truncated ? [`${lineEnd}[the body was cut after ${body.length} bytes]${lineEnd}`] : []
    return [`[the body was not kept${why}: ${body.length} bytes, SHA-256 ${digest}]${lineEnd}`, ...cut]
  }
  if (!keepBody) return unkept('')
  // What cannot be read cannot be looked through for secrets either.
  if (!isReadable(response)) return unkept(', as it is no plain text')
  if (!truncated) return [body]
  const kept = withoutCutWord(body)
  const half =
    kept.length < body.length ? `, and the word that was cut in half left out, ${body.length - kept.length} bytes` : ''
  return [kept, `${lineEnd}[the body was cut after ${body.length} bytes${half}]${lineEnd}`]
}

function isReadable({ fields, body }: ReceivedResponse): boolean {
  const encoded = fields.some(
    ([name, value]) => /^content-encoding$/i.test(name) && !/^\s*(?:identity)?\s*$/i.test(value),
  )
  const wide = (body[0] === 0xff && body[1] === 0xfe) || (body[0] === 0xfe && body[1] === 0xff)
  return !encoded && (wide || !body.some((byte) => byte < 0x20 && !lineBytes.has(byte)))
}

/** Tab, line ends, form feed and escape. */
const lineBytes: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b])

/** The longest word that may be a secret. */
const longestWord = 8_192

/** Half a secret has no shape any more by which it would be recognised, so that a word that was cut goes whole. */
function withoutCutWord(bytes: Uint8Array): Uint8Array {
  const from = Math.max(0, bytes.length - longestWord)
  const end = Buffer.from(bytes.subarray(from)).toString('latin1')
  const blank = /[\s\S]*\s/.exec(end) ?? /[\s\S]*["'<>{},;&]/.exec(end)
  return bytes.subarray(0, from + (blank?.[0].length ?? 0))
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
