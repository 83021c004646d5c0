import * as z from 'zod'
import { canonicalJson } from '../model/digest.ts'
import { IntegrityError } from '../model/errors.ts'
import { type Entry, methods } from '../model/evidence.ts'
import type { Json, JsonObject } from '../model/json.ts'

const Hex = z.string().regex(/^[0-9a-f]{64}$/)
const Moment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const Position = z.int().min(0)

/** The shape of an entry, version 1: closed, so that nothing can be smuggled in beside what is known. */
const EntryV1 = z.strictObject({
  version: z.literal(1),
  origin: z.string(),
  sequence: Position,
  run: z.string(),
  slot: Moment.nullable(),
  collector: z.strictObject({ id: z.string(), version: z.int() }),
  configuration: Hex,
  component: z.string().nullable(),
  target: z.string().nullable(),
  kind: z.string(),
  subject: z.string(),
  methods: z.array(z.enum(methods)),
  collected: Moment,
  expires: Moment.nullable(),
  facts: z.custom((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  artefacts: z.array(
    z.strictObject({ name: z.string(), mediaType: z.string(), size: Position, commitment: Hex }).readonly(),
  ),
})

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The bytes of an entry as the ledger hashes and keeps them: RFC 8785 in UTF-8. Throws TypeError where it is no entry. */
export function encodeEntry(entry: Entry): Uint8Array {
  const result = EntryV1.safeParse(entry)
  // What could not be read back must not be acknowledged.
  if (!result.success) throw new TypeError(`not a ledger entry: ${firstIssue(result.error)}`)
  return Buffer.from(canonical(entry as unknown as Json))
}

/**
 * Reads an entry's bytes; throws IntegrityError `AFD_LEDGER_ENTRY` where they are not an entry in canonical form. The
 * form is only compared: hashes are always taken over the stored bytes.
 */
export function decodeEntry(bytes: Uint8Array): Entry {
  const { text, value } = parse(bytes)
  const result = EntryV1.safeParse(value)
  if (!result.success) {
    throw notAnEntry(firstIssue(result.error))
  }
  // Duplicate names, spaces or another order would let two readers see two different entries in the same bytes.
  if (!isCanonical(text, value)) throw notAnEntry('it is not in canonical form (RFC 8785)')
  return value as Entry
}

function parse(bytes: Uint8Array): { text: string; value: unknown } {
  try {
    const text = utf8.decode(bytes)
    return { text, value: JSON.parse(text) as unknown }
  } catch (cause) {
    throw notAnEntry('it is not JSON in UTF-8', cause)
  }
}

function firstIssue({ issues }: z.ZodError): string {
  return `${issues[0]?.path.join('.') || 'the whole'}: ${issues[0]?.message ?? 'invalid'}`
}

function isCanonical(text: string, value: unknown): boolean {
  // The quick way decides for all but entries with names such as "10", which JavaScript puts first.
  if (isSorted(value) && JSON.stringify(value) === text) return true
  try {
    return canonicalJson(value as Json) === text
  } catch {
    return false
  }
}

/** The canonical text; half surrogate pairs, which hostile servers send and UTF-8 cannot hold, become U+FFFD. */
function canonical(value: Json): string {
  const ordered = sorted(value)
  const text = JSON.stringify(ordered)
  // JSON.stringify writes RFC 8785 but for the order of names such as "10" and for half surrogate pairs.
  if (isSorted(ordered) && !text.includes('\\ud')) return text
  return canonicalJson(wellFormed(value))
}

/** The same value with every object's names in the order of RFC 8785, as far as JavaScript lets one choose it. */
function sorted(value: Json): Json {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} is not a JSON value`)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const object = value as JsonObject
  // Without a prototype a member called __proto__ is a member like any other; with one, all else is quicker.
  const result: { [name: string]: Json } = Object.hasOwn(object, '__proto__') ? Object.create(null) : {}
  for (const name of Object.keys(object).sort()) {
    const child = object[name]
    if (child !== undefined) result[name] = sorted(child)
  }
  return result
}

function isSorted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isSorted)
  const object = value as Record<string, unknown>
  let previous: string | undefined
  for (const name in object) {
    if (previous !== undefined && previous >= name) return false
    if (!isSorted(object[name])) return false
    previous = name
  }
  return true
}

function wellFormed(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(wellFormed)
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name.toWellFormed(), wellFormed(child)]))
}

function notAnEntry(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError('AFD_LEDGER_ENTRY', `not a ledger entry: ${why}`, { cause })
}
