import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type Route, routes } from './api-settings.ts'

const summaries: Record<Route, string> = {
  'GET /customers': 'Every customer',
  'POST /customers': 'Adds a customer',
  'GET /customers/{id}': 'One customer',
  'DELETE /customers/{id}': 'Removes a customer',
  'GET /reports': 'Every report',
  'GET /reports/{id}': 'One report',
  'GET /healthz': 'Whether the service is up',
}

/** Writes the API's own description, OpenAPI 3.1, into `folder` and returns the file. */
export function writeOpenApi(folder: string, apiUrl: string, issuer: string): string {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const [verb = '', path = ''] = route.split(' ')
    const operations = paths[path] ?? {}
    operations[verb.toLowerCase()] = operation(route, path)
    paths[path] = operations
  }
  const document = {
    openapi: '3.1.0',
    info: { title: 'Customer Data API', version: '1.4.2' },
    servers: [{ url: apiUrl }],
    security: [{ identityProvider: [] }],
    paths,
    components: {
      securitySchemes: {
        identityProvider: { type: 'openIdConnect', openIdConnectUrl: `${issuer}/.well-known/openid-configuration` },
      },
    },
  }
  const file = join(folder, 'openapi.yaml')
  writeFileSync(file, stringify(document, { aliasDuplicateObjects: false }), { mode: 0o644 })
  return file
}

function operation(route: Route, path: string): object {
  const id = path.startsWith('/reports') ? 'r-2026-q2' : 'c-1001'
  const isPublic = route === 'GET /healthz'
  return {
    summary: summaries[route],
    ...(isPublic ? { security: [] } : {}),
    ...(path.endsWith('{id}')
      ? { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' }, example: id }] }
      : {}),
    responses: {
      [route.startsWith('POST') ? '201' : route.startsWith('DELETE') ? '204' : '200']: { description: 'Done' },
      ...(isPublic ? {} : { '401': { description: 'No valid access token' }, '403': { description: 'Missing scope' } }),
    },
  }
}
