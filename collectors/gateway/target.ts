import * as z from 'zod'
import { type Endpoint, SecretReference, targetSchema } from '../../src/collect/contract.ts'

const path = z
  .string()
  .regex(/^\/[^\s#]*$/, 'a path begins with / and has no fragment: /customers')
  .describe('A path, with its query where it needs one')

const rateLimit = z.strictObject({
  path: path.describe('Where the burst goes: a cheap operation that the limit covers'),
  budget: z
    .int()
    .min(2)
    .max(1000)
    .default(60)
    .describe('GET requests sent at most; the first one that is limited ends the burst'),
  parallel: z.int().min(1).max(16).default(4).describe('Requests of the burst under way at the same time'),
})

const credential = z.strictObject({
  token: SecretReference,
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'a header name has letters, digits and hyphens')
    .transform((name) => name.toLowerCase())
    .default('authorization')
    .describe('The header that carries the token; in Authorization it stands after Bearer'),
})

/** The schema of a gateway target, as it stands under `target:`. */
export const GatewayTarget = targetSchema({
  url: origin('https').describe('Where clients reach the gateway, without a path: https://api.example.com'),
  paths: z
    .array(path)
    .min(1)
    .max(50)
    .default(['/'])
    .describe('Paths whose answers are looked at; refusals (401, 403) count as answers'),
  http: z
    .union([origin('http'), z.literal(false)])
    .optional()
    .describe(
      'The plain http address beside url; port 80 of the same host by default, false where there is none to ask',
    ),
  cors: z
    .strictObject({
      trusted: z
        .array(origin('http', 'https'))
        .max(5)
        .default([])
        .describe('Origins that the API is meant to serve; look-alikes of them are tried'),
    })
    .default({ trusted: [] })
    .describe('What is known of the API’s CORS policy'),
  credential: credential
    .optional()
    .describe('A credential of a test identity, so that ordinary answers are seen; needs permit: test-identity'),
  rateLimit: rateLimit
    .optional()
    .describe('Opts in to a bounded burst of GET requests; needs permit: test-identity as well'),
})

/** A gateway, validated; `url` and `http` are origins without a slash at the end. */
export type GatewayTarget = z.infer<typeof GatewayTarget>

/** The plain http origin to ask, or null where the target says that there is none. */
export function plainOrigin({ url, http }: GatewayTarget): string | null {
  if (http === false) return null
  return http ?? `http://${new URL(url).hostname}`
}

/** The URL of a path at the gateway. */
export function urlAt(origin: string, path: string): string {
  return `${origin}${path}`
}

/** Host and port of an http or https origin. */
export function endpointOf(origin: string): Endpoint {
  const { hostname, port, protocol } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  return { host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}

function origin(...schemes: readonly string[]) {
  return z.string().transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const shown = schemes.map((scheme) => `${scheme}://`).join(' or ')
    const problem =
      url === undefined || !schemes.includes(url.protocol.slice(0, -1))
        ? `must be a URL that begins with ${shown}`
        : url.username !== '' || url.password !== ''
          ? 'must hold no credential'
          : url.pathname !== '/' || url.search !== '' || url.hash !== ''
            ? 'must be without a path; name paths under paths:'
            : undefined
    if (problem === undefined && url !== undefined) return url.origin
    context.addIssue({ code: 'custom', message: problem ?? 'must be a URL' })
    return z.NEVER
  })
}
