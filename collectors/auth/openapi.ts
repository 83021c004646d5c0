import { parse } from 'yaml'
import { CollectionError } from '../../src/model/errors.ts'
import { isObject, type UnknownObject } from './json-value.ts'
import { type HttpMethod, httpMethods } from './target.ts'

/** A parameter of an operation that a request cannot do without, or that its path names. */
export type Parameter = {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  /** From the document's examples, defaults or enumerations; undefined where it gives none. */
  readonly value: string | undefined
}

/** An operation as an OpenAPI document declares it. */
export type DeclaredOperation = {
  readonly method: HttpMethod
  /** With `{name}` where a parameter goes. */
  readonly path: string
  /** Declared to need no credential: `security: []`, or `{}` among its alternatives. */
  readonly public: boolean
  readonly parameters: readonly Parameter[]
}

/**
 * The operations of an OpenAPI 3 document, YAML or JSON. An operation for which nothing is declared counts as protected:
 * what is public has to be said. CollectionError `unparsable` where it is no such document.
 */
export function operationsIn(document: string, file: string): readonly DeclaredOperation[] {
  const root = parseDocument(document, file)
  const paths = resolve(root, root.paths)
  return Object.entries(paths ?? {}).flatMap(([path, unresolved]) => {
    const item = resolve(root, unresolved)
    if (item === undefined || !path.startsWith('/')) return []
    return httpMethods.flatMap((method) => {
      const operation = resolve(root, item[method.toLowerCase()])
      if (operation === undefined) return []
      const security = operation.security ?? root.security
      const parameters = merged(root, item.parameters, operation.parameters)
      return [{ method, path, public: isPublic(security), parameters }]
    })
  })
}

function parseDocument(document: string, file: string): UnknownObject {
  const hint = 'Give an OpenAPI 3.0 or 3.1 document.'
  try {
    const root: unknown = parse(document, { maxAliasCount: 1_000, uniqueKeys: false, logLevel: 'error' })
    if (isObject(root) && typeof root.openapi === 'string' && root.openapi.startsWith('3.')) return root
  } catch (cause) {
    throw new CollectionError('unparsable', `${file} is neither YAML nor JSON`, { subject: file, hint, cause })
  }
  throw new CollectionError('unparsable', `${file} is not an OpenAPI 3 document`, { subject: file, hint })
}

function isPublic(security: unknown): boolean {
  if (!Array.isArray(security)) return false
  return security.length === 0 || security.some((choice) => isObject(choice) && Object.keys(choice).length === 0)
}

/** The operation's parameters over those of its path item; query parameters and headers only where required. */
function merged(root: UnknownObject, ofItem: unknown, ofOperation: unknown): readonly Parameter[] {
  const found = new Map<string, Parameter>()
  for (const list of [ofItem, ofOperation]) {
    for (const unresolved of Array.isArray(list) ? list : []) {
      const parameter = resolve(root, unresolved)
      const place = parameter?.in
      if (parameter === undefined || typeof parameter.name !== 'string') continue
      if (place !== 'path' && place !== 'query' && place !== 'header') continue
      if (place !== 'path' && parameter.required !== true) continue
      found.set(`${place} ${parameter.name}`, { name: parameter.name, in: place, value: exampleOf(root, parameter) })
    }
  }
  return [...found.values()]
}

function exampleOf(root: UnknownObject, parameter: UnknownObject): string | undefined {
  const examples = resolve(root, parameter.examples)
  const [first] = Object.values(examples ?? {})
  const schema = resolve(root, parameter.schema)
  const candidates = [
    parameter.example,
    resolve(root, first)?.value,
    schema?.example,
    ...(Array.isArray(schema?.examples) ? schema.examples : []),
    schema?.default,
    ...(Array.isArray(schema?.enum) ? schema.enum : []),
  ]
  const value = candidates.find((candidate) => ['string', 'number', 'boolean'].includes(typeof candidate))
  return value === undefined ? undefined : String(value)
}

/** The object behind a value, references within the document followed (at most eight in a row). */
function resolve(root: UnknownObject, value: unknown): UnknownObject | undefined {
  let current = value
  for (let steps = 0; steps < 8; steps += 1) {
    if (!isObject(current)) return undefined
    if (typeof current.$ref !== 'string') return current
    current = pointedAt(root, current.$ref)
  }
  return undefined
}

/** RFC 6901, for references that begin with `#/`. */
function pointedAt(root: UnknownObject, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined
  return unescaped(reference.slice(2))
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), root)
}

function unescaped(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
