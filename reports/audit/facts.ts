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

/** Characters that all fact columns have together, each in two lines at most. */
const columnsWidth = 36

/**
 * The names of facts that fit into columns of their own: the same few short ones in every row; undefined where they
 * are better printed as pairs.
 */
export function factColumns(rows: readonly JsonObject[], dates: Dates): readonly string[] | undefined {
  const names = [...new Set(rows.flatMap((facts) => Object.keys(facts)))]
  if (names.length === 0 || names.length > 4) return undefined
  const share = columnsWidth / names.length
  const fits = (text: string) => text.length <= 2 * share && text.split(' ').every((word) => word.length <= share)
  const fit = rows.every((facts) =>
    names.every((name) => fits(factName(name)) && name in facts && fits(factText(facts[name] ?? null, dates))),
  )
  return fit ? names : undefined
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text))
}
