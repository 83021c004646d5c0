import type { Json, JsonObject } from '../../src/model/json.ts'
import { instant } from '../../src/model/time.ts'
import type { Dates } from './dates.ts'

/** A fact's value as a person reads it: dates in the organisation's zone, lists with commas, `none` for null. */
export function factText(value: Json, dates: Dates): string {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return isInstant(value) ? dates.moment(instant(value)) : value === '' ? 'empty' : value
  if (Array.isArray(value)) {
    return value.length === 0 ? 'none' : value.map((element: Json) => factText(element, dates)).join(', ')
  }
  return Object.entries(value)
    .map(([name, member]) => `${factName(name)} ${factText(member as Json, dates)}`)
    .join(', ')
}

/** A fact's name as words: `daysRemaining` is `days remaining`. */
export function factName(path: string): string {
  return path
    .replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replaceAll('_', ' ')
}

/**
 * The names of facts that fit into columns of their own: the same few short ones in every row; undefined where they
 * are better printed as pairs.
 */
export function factColumns(rows: readonly JsonObject[], dates: Dates): readonly string[] | undefined {
  const names = [...new Set(rows.flatMap((facts) => Object.keys(facts)))]
  if (names.length === 0 || names.length > 4) return undefined
  const width = names
    .map((name) =>
      Math.max(factName(name).length, ...rows.map((facts) => longestWord(factText(facts[name] ?? null, dates)))),
    )
    .reduce((sum, length) => sum + length, 0)
  return width <= 46 && rows.every((facts) => names.every((name) => name in facts)) ? names : undefined
}

function longestWord(text: string): number {
  return text.length <= 24 ? Math.max(...text.split(' ').map((word) => word.length)) : text.length
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text))
}
