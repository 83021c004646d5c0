import type { DeclaredOperation } from './openapi.ts'
import type { ApiTarget, HttpMethod } from './target.ts'

/** An operation that can be asked for: every parameter has its value. */
export type Operation = {
  readonly method: HttpMethod
  /** `GET /customers/{id}`. */
  readonly label: string
  /** `GET https://api.example.test/customers/{id}`. */
  readonly subject: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The status of a valid request; null for any 2xx. */
  readonly expect: number | null
}

export type Plan = {
  readonly operations: readonly Operation[]
  /** Operations that are not probed, and why. */
  readonly leftOut: readonly { readonly probe: string; readonly reason: string }[]
}

/** The operations to probe: those of the target, and those of its OpenAPI document that it does not name itself. */
export function planOperations(api: ApiTarget, declared: readonly DeclaredOperation[]): Plan {
  const named = api.operations.map((operation) => ({
    ...operation,
    given: { ...api.parameters, ...operation.parameters },
    parameters: [],
  }))
  const labels = new Set(named.map(labelOf))
  const added = declared
    .filter((operation) => !labels.has(labelOf(operation)))
    .map((operation) => ({ ...operation, given: api.parameters, expect: undefined }))

  const operations: Operation[] = []
  const leftOut: { probe: string; reason: string }[] = []
  for (const operation of [...named, ...added]) {
    const label = labelOf(operation)
    if (operation.public) {
      leftOut.push({ probe: label, reason: 'declared public: no credential is expected' })
      continue
    }
    if (operation.method === 'OPTIONS' || operation.method === 'TRACE') {
      leftOut.push({ probe: label, reason: `${operation.method} carries no credential` })
      continue
    }
    const filled = fill(api.baseUrl, operation)
    if (typeof filled === 'string') leftOut.push({ probe: label, reason: filled })
    else {
      const subject = `${operation.method} ${trimmed(api.baseUrl)}${operation.path}`
      operations.push({ method: operation.method, label, subject, expect: operation.expect ?? null, ...filled })
    }
  }
  return { operations, leftOut }
}

type Fillable = Pick<DeclaredOperation, 'path' | 'parameters'> & { readonly given: Readonly<Record<string, string>> }

/** The URL and headers of a request, or why they cannot be made. */
function fill(baseUrl: string, { path, parameters, given }: Fillable): Pick<Operation, 'url' | 'headers'> | string {
  const valueFor = (name: string): string | undefined =>
    (Object.hasOwn(given, name) ? given[name] : undefined) ?? parameters.find((known) => known.name === name)?.value
  const inPath = [...path.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? '')
  const others = parameters.filter((parameter) => parameter.in !== 'path')
  const missing = [...inPath, ...others.map(({ name }) => name)].find((name) => valueFor(name) === undefined)
  if (missing !== undefined) return `no value for ${missing}: give one under parameters, or an example in the document`
  const url = new URL(
    trimmed(baseUrl) + path.replace(/\{([^{}]+)\}/g, (_, name: string) => encodeURIComponent(valueFor(name) ?? '')),
  )
  const headers: Record<string, string> = {}
  for (const { name, in: place } of others) {
    if (place === 'query') url.searchParams.set(name, valueFor(name) ?? '')
    else headers[name.toLowerCase()] = valueFor(name) ?? ''
  }
  return { url: url.href, headers }
}

function labelOf({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method} ${path}`
}

/** Without the slash at the end. */
export function trimmed(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '')
}
