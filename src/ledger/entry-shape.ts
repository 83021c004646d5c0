import * as z from 'zod'
import { type Method, methods } from '../model/evidence.ts'

const hex = /^[0-9a-f]{64}$/
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const Hex = z.string().regex(hex)
const Moment = z.string().regex(moment)
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

/** What keeps a value from being an entry of version 1; undefined where nothing does. */
export function entryProblem(value: unknown): string | undefined {
  // Nearly all are entries, which a few comparisons tell in a tenth of the time; the schema says why one is not.
  if (isEntryShape(value)) return undefined
  const result = EntryV1.safeParse(value)
  if (result.success) return undefined
  const [issue] = result.error.issues
  return `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'invalid'}`
}

/** Never true where the schema says no. */
export function isEntryShape(value: unknown): boolean {
  if (!isObject(value) || Object.keys(value).length !== entryMembers) return false
  const { collector, artefacts, facts } = value
  return (
    value.version === 1 &&
    typeof value.origin === 'string' &&
    isPosition(value.sequence) &&
    typeof value.run === 'string' &&
    (value.slot === null || matches(moment, value.slot)) &&
    isObject(collector) &&
    Object.keys(collector).length === 2 &&
    typeof collector.id === 'string' &&
    Number.isSafeInteger(collector.version) &&
    matches(hex, value.configuration) &&
    (value.component === null || typeof value.component === 'string') &&
    (value.target === null || typeof value.target === 'string') &&
    typeof value.kind === 'string' &&
    typeof value.subject === 'string' &&
    Array.isArray(value.methods) &&
    value.methods.every((method) => methods.includes(method as Method)) &&
    matches(moment, value.collected) &&
    (value.expires === null || matches(moment, value.expires)) &&
    isObject(facts) &&
    Array.isArray(artefacts) &&
    artefacts.every(isReferenceShape)
  )
}

function isReferenceShape(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.keys(value).length === 4 &&
    typeof value.name === 'string' &&
    typeof value.mediaType === 'string' &&
    isPosition(value.size) &&
    matches(hex, value.commitment)
  )
}

const entryMembers = Object.keys(EntryV1.shape).length

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPosition(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}
