import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Answer, HttpError } from './api-answers.ts'
import type { ApiSettings, Route } from './api-settings.ts'
import { type Customer, exampleCustomers, exampleReports } from './data.ts'

/** One operation of the API: the scope that it asks for, and what it does. */
export type Operation = {
  readonly route: Route
  readonly scope: string | null
  readonly run: (id: string, request: IncomingMessage) => Promise<Answer>
}

/** The operations of the API on customers of its own. */
export function customerOperations(settings: () => ApiSettings): readonly Operation[] {
  const customers = exampleCustomers()
  return [
    { route: 'GET /healthz', scope: null, run: async () => ({ status: 200, body: { status: 'ok' } }) },
    {
      route: 'GET /customers',
      scope: 'customers:read',
      run: async () => ({ status: 200, body: { customers: [...customers.values()] } }),
    },
    { route: 'GET /customers/{id}', scope: 'customers:read', run: async (id) => one(customers, id) },
    {
      route: 'POST /customers',
      scope: 'customers:write',
      run: async (_id, request) => {
        const input: unknown = JSON.parse(await readBody(request, settings().bodyLimitBytes))
        const customer = { id: `c-${randomUUID()}`, ...customerFields(input) }
        customers.set(customer.id, customer)
        return { status: 201, body: customer, headers: { Location: `/customers/${customer.id}` } }
      },
    },
    {
      route: 'DELETE /customers/{id}',
      scope: 'customers:write',
      run: async (id) => {
        if (!customers.delete(id)) throw new HttpError(404, `there is no customer ${id}`)
        return { status: 204, body: '' }
      },
    },
    {
      route: 'GET /reports',
      scope: 'reports:read',
      run: async () => ({ status: 200, body: { reports: [...exampleReports.values()] } }),
    },
    { route: 'GET /reports/{id}', scope: 'reports:read', run: async (id) => one(exampleReports, id) },
  ]
}

function one(rows: ReadonlyMap<string, object>, id: string): Answer {
  const row = rows.get(id)
  if (row === undefined) throw new HttpError(404, `there is no ${id}`)
  return { status: 200, body: row }
}

function customerFields(input: unknown): Omit<Customer, 'id'> {
  if (typeof input !== 'object' || input === null) throw new HttpError(422, 'a customer is an object')
  const { name, email, country } = input as Record<string, unknown>
  if (typeof name !== 'string' || typeof email !== 'string' || typeof country !== 'string') {
    throw new HttpError(422, 'a customer has a name, an email and a country')
  }
  return { name, email, country }
}

async function readBody(request: IncomingMessage, limit: number | null): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (limit !== null && size > limit) throw new HttpError(413, `a body has at most ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The operation that a request asks for, with the `{id}` of its path (empty where it has none). */
export function find(operations: readonly Operation[], method: string, path: string) {
  for (const operation of operations) {
    const id = matches(operation.route, method, path)
    if (id !== undefined) return { operation, id }
  }
  return undefined
}

/** The `{id}` of a path that a route matches (empty where the route has none), or undefined. */
function matches(route: Route, method: string, path: string): string | undefined {
  const [verb, template = ''] = route.split(' ')
  if (verb !== method) return undefined
  if (!template.endsWith('/{id}')) return template === path ? '' : undefined
  const stem = template.slice(0, -'{id}'.length)
  const id = path.startsWith(stem) ? path.slice(stem.length) : ''
  return id !== '' && !id.includes('/') ? id : undefined
}

/** The methods that a path offers. */
export function allowed(operations: readonly Operation[], path: string): readonly string[] {
  return operations.flatMap(({ route }) => {
    const verb = route.split(' ')[0] ?? ''
    return matches(route, verb, path) === undefined ? [] : [verb]
  })
}
