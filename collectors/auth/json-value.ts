/** A JSON object of unknown content. */
export type UnknownObject = { readonly [name: string]: unknown }

export function isObject(value: unknown): value is UnknownObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The JSON value of a text, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The texts of a list; undefined where there is no list. */
export function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((element) => typeof element === 'string') : undefined
}
