import type { Json, JsonObject } from '../model/json.ts'

/** Where a fact stands within an observation's facts: `['keys', 'rsa']`; empty for all of them. */
export type FactPath = readonly string[]

/** A path as people write it in a rule, without the leading `facts.`: `keys.rsa`, `headers["x-frame-options"]`. */
export function pathText(path: FactPath): string {
  return path
    .map((name, index) =>
      /^[A-Za-z_]\w*$/.test(name) ? `${index === 0 ? '' : '.'}${name}` : `[${JSON.stringify(name)}]`,
    )
    .join('')
}

/** The value at a path; undefined where there is none. */
export function valueAt(facts: JsonObject, path: FactPath): Json | undefined {
  let value: Json = facts
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    const next: Json | undefined = value[name]
    if (next === undefined) return undefined
    value = next
  }
  return value
}

/** The facts at the given paths by path text; those that are not there are left out. */
export function pick(facts: JsonObject, paths: readonly FactPath[]): JsonObject {
  if (paths.some((path) => path.length === 0)) return facts
  const found = paths.flatMap((path): [string, Json][] => {
    const value = valueAt(facts, path)
    return value === undefined ? [] : [[pathText(path), value]]
  })
  return Object.fromEntries(found)
}

/** The inverse of `pick`: facts nested again from their path texts, so that a rule can read them. */
export function unpick(picked: JsonObject, paths: readonly FactPath[]): JsonObject {
  if (paths.some((path) => path.length === 0)) return picked
  const values = paths.flatMap((path) => {
    const text = pathText(path)
    const value = Object.hasOwn(picked, text) ? picked[text] : undefined
    return value === undefined ? [] : [{ path, value }]
  })
  return nest(values)
}

/** Whether a value is a JSON object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Paths without those that another one already covers, each once, in the order of first mention. */
export function broadest(paths: readonly FactPath[]): readonly FactPath[] {
  const covers = (wide: FactPath, narrow: FactPath): boolean =>
    wide.length < narrow.length && wide.every((name, index) => narrow[index] === name)
  const once = [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()]
  return once.filter((path) => !once.some((other) => covers(other, path)))
}

function nest(values: readonly { readonly path: FactPath; readonly value: Json }[]): JsonObject {
  const names = [...new Set(values.map(({ path }) => path[0] ?? ''))]
  return Object.fromEntries(
    names.map((name): [string, Json] => {
      const below = values.filter(({ path }) => path[0] === name)
      const leaf = below.find(({ path }) => path.length === 1)
      return [name, leaf ? leaf.value : nest(below.map(({ path, value }) => ({ path: path.slice(1), value })))]
    }),
  )
}
