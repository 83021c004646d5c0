import * as z from 'zod'
import { type Endpoint, SecretReference, type TargetBase, targetSchema } from '../../src/collect/contract.ts'

/** The methods of OpenAPI's path items; the first two are safe (RFC 9110 section 9.2.1) and need no further permit. */
export const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const
export type HttpMethod = (typeof httpMethods)[number]

const url = z.url({ protocol: /^https?$/, error: 'an http or https URL is expected here' })

const operation = z.strictObject({
  method: z.enum(httpMethods).default('GET'),
  path: z
    .string()
    .regex(/^\//, 'a path begins with /')
    .describe('Below baseUrl; {name} is filled from parameters, here or of the api'),
  public: z.boolean().default(false).describe('No credential is expected; the operation is not probed'),
  expect: z
    .int()
    .min(200)
    .max(499)
    .optional()
    .describe('Status that a valid credential gets; any 2xx where it is not given'),
  parameters: z.record(z.string(), z.string()).default({}).describe('Values for {name} in the path'),
})

const carrier = z.strictObject({
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'a header name is expected here')
    .default('Authorization'),
  scheme: z
    .string()
    .regex(/^\S*$/)
    .default('Bearer')
    .describe('What stands before the credential; empty for a bare API key'),
})

const api = z.strictObject({
  baseUrl: url.describe('What the paths of the operations stand below'),
  operations: z.array(operation).default([]),
  openapi: z.string().optional().describe('OpenAPI 3 document, YAML or JSON; its operations are added'),
  parameters: z.record(z.string(), z.string()).default({}).describe('Values for parameters of the operations, by name'),
  credential: carrier.prefault({}).describe('How a request carries its credential'),
})

const client = z.strictObject({
  id: z.string().min(1),
  secret: SecretReference,
  scope: z.string().optional(),
  resource: z.string().optional().describe('Resource indicator, RFC 8707'),
  audience: z.string().optional().describe('For providers that want `audience` in place of `resource`'),
  authentication: z
    .enum(['client_secret_basic', 'client_secret_post'])
    .optional()
    .describe('Default: what the provider publishes, client_secret_basic first'),
  tokenEndpoint: url.optional().describe('Where the provider publishes no metadata'),
})

/** What stands under `target:` for the auth collector. */
export const AuthTarget = targetSchema({
  issuer: url.optional().describe('Exactly as the provider publishes it, the slash at its end included'),
  api: api.optional(),
  client: client.optional().describe('A test identity that gets its token by client credentials'),
  token: SecretReference.optional().describe('A credential that is ready, in place of a client'),
  expiredToken: SecretReference.optional().describe('A token of the same issuer that has expired'),
  also: z.array(url).default([]).describe('Further origins that the provider’s metadata may lead to'),
}).superRefine((target, context) => {
  const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  if (target.issuer === undefined && target.api === undefined) wrong('issuer', 'name an issuer, an api, or both')
  if (target.client !== undefined && target.token !== undefined) wrong('token', 'give a client or a token, not both')
  if (target.client && target.issuer === undefined && target.client.tokenEndpoint === undefined) {
    wrong('client', 'a client needs an issuer or a tokenEndpoint')
  }
  if (target.api?.operations.length === 0 && target.api.openapi === undefined) {
    wrong('api', 'name operations, an openapi document, or both')
  }
})
export type AuthTarget = Omit<z.output<typeof AuthTarget>, keyof TargetBase>
export type ApiTarget = NonNullable<AuthTarget['api']>

/** The header field that carries a credential to an API. */
export function carry({ header, scheme }: ApiTarget['credential'], token: string): Readonly<Record<string, string>> {
  return { [header.toLowerCase()]: scheme === '' ? token : `${scheme} ${token}` }
}

/** Every endpoint that a target names. */
export function endpointsOf(target: AuthTarget): readonly Endpoint[] {
  const urls = [target.issuer, target.api?.baseUrl, target.client?.tokenEndpoint, ...target.also]
  return urls.filter((text) => text !== undefined).map(endpointOf)
}

function endpointOf(text: string): Endpoint {
  const { hostname, port, protocol } = new URL(text)
  return { host: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}

/**
 * `https://login.example.com/realms/staff` as it stands, `login.example.com/realms/staff` with https before it; undefined
 * for a bare word: an issuer is a URL (RFC 8414 section 2), and a word is more often a slip than a name in DNS.
 */
export function shorthand(text: string): { readonly issuer: string } | undefined {
  const issuer = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  if (!URL.canParse(issuer)) return undefined
  const { protocol, hostname, port } = new URL(issuer)
  const named = issuer === text || port !== '' || /[.:]/.test(hostname) || hostname === 'localhost'
  return named && /^https?:$/.test(protocol) ? { issuer } : undefined
}
