import type { Json } from '../model/json.ts'

const maxDepth = 64
const maxInt = 2 ** 63

/** A JSON value as CEL sees it: whole numbers as int, other numbers as double, objects as maps; RangeError past 64 levels. */
export function toCel(value: Json, depth = 0): unknown {
  if (depth > maxDepth) throw new RangeError(`facts are nested more than ${maxDepth} levels deep`)
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < maxInt ? BigInt(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map((element) => toCel(element, depth + 1))
  return new Map(Object.entries(value).map(([name, element]) => [name, toCel(element, depth + 1)]))
}

/** Any CEL value as plain words for a sentence: `none` for null and for an empty list, lists joined by commas. */
export function plainText(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(plainText).join(', ')
  if (value instanceof Map) return [...value].map(([name, element]) => `${name}: ${plainText(element)}`).join(', ')
  return String(value)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
