import { createHash, createPublicKey } from 'node:crypto'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import * as z from 'zod'
import { CollectionError } from '../../../src/model/errors.ts'
import { type Instant, instant } from '../../../src/model/time.ts'

/** What a browser's programme says of a log, as log_list.json names it. */
export const logStates = ['pending', 'qualified', 'usable', 'readonly', 'retired', 'rejected'] as const
export type LogState = (typeof logStates)[number]

/** A Certificate Transparency log. */
export type Log = {
  /** SHA-256 of the key, lower-case hexadecimal. */
  readonly id: string
  /** SubjectPublicKeyInfo, DER. */
  readonly key: Uint8Array
  readonly name: string
  readonly operator: string
  /** Null where the list says nothing of it. */
  readonly state: LogState | null
  /** Since when it is in that state. */
  readonly since: Instant | null
}

/** The logs that somebody knows, findable by id. */
export type LogList = {
  /** When it was published; null where it does not say. */
  readonly published: Instant | null
  readonly version: string | null
  readonly logs: ReadonlyMap<string, Log>
}

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'))
const moment = z.iso.datetime({ offset: true }).transform((text) => instant(text))

const stateSchema = z
  .partialRecord(z.enum(logStates), z.object({ timestamp: moment }))
  .refine((state) => Object.keys(state).length === 1, 'a log is in one state')

const logSchema = z
  .object({ description: z.string().min(1).optional(), log_id: base64, key: base64, state: stateSchema.optional() })
  .transform(({ description, log_id: id, key, state }, { issues, value }) => {
    const wrong = (path: string, message: string) =>
      issues.push({ code: 'custom', path: [path], message, input: value })
    if (!isPublicKey(key)) wrong('key', 'no public key (SubjectPublicKeyInfo)')
    else if (!createHash('sha256').update(key).digest().equals(id)) wrong('log_id', 'not the SHA-256 of the key')
    const current = logStates.find((each) => state?.[each]) ?? null
    const since = (current && state?.[current]?.timestamp) ?? null
    return { id: id.toString('hex'), key, name: description ?? null, state: current, since }
  })

/** `log_list.json`, version 3 of its schema, and Apple's version 5; what nothing here rests on may be anything. */
const listSchema = z.object({
  version: z.string().optional().catch(undefined),
  log_list_timestamp: moment.optional(),
  operators: z
    .array(
      z.object({
        name: z.string().min(1),
        logs: z.array(logSchema).default([]),
        tiled_logs: z.array(logSchema).default([]),
      }),
    )
    .min(1),
})

function isPublicKey(key: Buffer): boolean {
  try {
    createPublicKey({ key, format: 'der', type: 'spki' })
    return true
  } catch {
    return false
  }
}

/**
 * Reads the text of a file in the format of https://www.gstatic.com/ct/log_list/v3/log_list.json; throws CollectionError
 * `unparsable` with the file and the place where it is another one.
 */
export function parseLogList(text: string, path: string): LogList {
  if (lastRead?.text === text) return lastRead.list
  const parsed = listSchema.safeParse(jsonOf(text, path))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const within = issue?.path ?? []
    throw unusable(`${path}${placeOf(text, within)}: ${nameOf(within)}${issue?.message ?? 'not a list of logs'}`)
  }
  const { version = null, log_list_timestamp: published = null, operators } = parsed.data
  const logs = operators.flatMap(({ name: operator, logs, tiled_logs: tiled }) =>
    [...logs, ...tiled].map((log): Log => ({ ...log, name: log.name ?? `a log of ${operator}`, operator })),
  )
  const list = { published, version, logs: new Map(logs.map((log) => [log.id, log])) }
  lastRead = { text, list }
  return list
}

/** Many targets name the same list. */
let lastRead: { readonly text: string; readonly list: LogList } | undefined

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ')
    const [, line, column] = / \(line (\d+) column (\d+)\)/.exec(message) ?? []
    throw unusable(`${path}${line ? `:${line}:${column}` : placeOf(text)}: no JSON: ${message}`)
  }
}

/** `:line:column` of a value, of the nearest thing around it, or, without a path, of what is no YAML and so no JSON. */
function placeOf(text: string, path?: readonly PropertyKey[]): string {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const offset = path ? offsetOf(document, path) : document.errors[0]?.pos[0]
  if (offset === undefined) return ''
  const { line, col } = lines.linePos(offset)
  return `:${line}:${col}`
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const node = path.length > 0 ? document.getIn(path, true) : document.contents
  if (isNode(node)) return node.range?.[0]
  return path.length > 0 ? offsetOf(document, path.slice(0, -1)) : undefined
}

function nameOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  return text === '' ? '' : `${text.slice(1)}: `
}

function unusable(message: string): CollectionError {
  return new CollectionError('unparsable', message, {
    hint: 'Take https://www.gstatic.com/ct/log_list/v3/log_list.json as it is published.',
  })
}
