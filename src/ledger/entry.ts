import { canonicalJson } from '../model/digest.ts'
import { IntegrityError } from '../model/errors.ts'
import type { Entry } from '../model/evidence.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { entryProblem } from './entry-shape.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The bytes of an entry as the ledger hashes and keeps them: RFC 8785 in UTF-8. Throws TypeError where it is no entry. */
export function encodeEntry(entry: Entry): Uint8Array {
  // What could not be read back must not be acknowledged.
  const why = entryProblem(entry)
  if (why !== undefined) throw new TypeError(`not a ledger entry: ${why}`)
  return Buffer.from(canonical(entry))
}

/**
 * Reads an entry's bytes; throws IntegrityError `AFD_LEDGER_ENTRY` where they are not an entry in canonical form. The
 * form is only compared: hashes are always taken over the stored bytes.
 */
export function decodeEntry(bytes: Uint8Array): Entry {
  const { text, value } = parse(bytes)
  const why = problemOf(text, value)
  if (why !== undefined) throw notAnEntry(why)
  return value as Entry
}

function problemOf(text: string, value: unknown): string | undefined {
  try {
    // Duplicate names, spaces or another order would let two readers see two different entries in the same bytes.
    return entryProblem(value) ?? (isCanonical(text, value) ? undefined : 'it is not in canonical form (RFC 8785)')
  } catch (error) {
    if (error instanceof RangeError) return 'it is nested too deeply'
    throw error
  }
}

function parse(bytes: Uint8Array): { text: string; value: unknown } {
  try {
    const text = utf8.decode(bytes)
    return { text, value: JSON.parse(text) as unknown }
  } catch (cause) {
    throw notAnEntry('it is not JSON in UTF-8', cause)
  }
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
function canonical(entry: Entry): string {
  const facts = isSorted(entry.facts) ? entry.facts : (sorted(entry.facts) as JsonObject)
  const text = JSON.stringify(inOrder(entry, facts))
  // JSON.stringify writes RFC 8785 but for the order of names such as "10" and for half surrogate pairs.
  if ((facts === entry.facts || isSorted(facts)) && !text.includes('\\ud')) return text
  return canonicalJson(wellFormed(entry as unknown as Json))
}

/** The entry with its own members as RFC 8785 orders them. */
function inOrder(entry: Entry, facts: JsonObject): Entry {
  return {
    artefacts: entry.artefacts.map(({ commitment, mediaType, name, size }) => ({ commitment, mediaType, name, size })),
    collected: entry.collected,
    collector: { id: entry.collector.id, version: entry.collector.version },
    component: entry.component,
    configuration: entry.configuration,
    expires: entry.expires,
    facts,
    kind: entry.kind,
    methods: entry.methods,
    origin: entry.origin,
    run: entry.run,
    sequence: entry.sequence,
    slot: entry.slot,
    subject: entry.subject,
    target: entry.target,
    version: entry.version,
  }
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

/** Whether every object's names stand in the order of RFC 8785, and every number is one that JSON has. */
function isSorted(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
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
