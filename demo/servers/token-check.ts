import { readFileSync } from 'node:fs'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { createRemoteJWKSet, customFetch, decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import type { TokenCheck } from './api-settings.ts'

/** Who calls, or why the credential was refused: 401 `invalid_token`, 403 `insufficient_scope` (RFC 6750 section 3.1). */
export type Caller =
  | { readonly kind: 'caller'; readonly subject: string }
  | {
      readonly kind: 'refused'
      readonly status: 401 | 403
      readonly error: string | null
      readonly description: string
    }

export type TokenChecker = (
  authorization: string | undefined,
  scope: string | null,
  check: TokenCheck,
) => Promise<Caller>

/** Checks bearer tokens against an issuer's published keys. */
export function tokenChecker(issuer: string, audience: string, caFile: string): TokenChecker {
  const keys = createRemoteJWKSet(new URL('/jwks', issuer), {
    // jose fetches with the global fetch, which does not know a private authority.
    [customFetch]: (url) => fetchWith(url, readFileSync(caFile)),
    cooldownDuration: 1_000,
  })
  const expected = { issuer, audience }

  const claims = async (token: string, check: TokenCheck): Promise<JWTPayload> => {
    switch (check) {
      case 'full':
        return (await jwtVerify(token, keys, { ...expected, typ: 'at+jwt', requiredClaims: ['exp', 'sub'] })).payload
      case 'expiry-unchecked':
        return (await jwtVerify(token, keys, { ...expected, currentDate: new Date(0) })).payload
      case 'signature-unchecked': {
        const payload = decodeJwt(token)
        if (payload.iss !== issuer) throw new Error('another issuer')
        if (payload.exp === undefined || payload.exp * 1000 < Date.now()) throw new Error('expired')
        return payload
      }
      case 'none':
        return {}
      default:
        return check satisfies never
    }
  }

  return async (authorization, scope, check) => {
    if (check === 'none') return { kind: 'caller', subject: 'anonymous' }
    const token = /^Bearer ([^ ]+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return refused(401, null, 'a bearer token is required')
    try {
      const payload = await claims(token, check)
      const granted = typeof payload.scope === 'string' ? payload.scope.split(' ') : []
      if (scope !== null && !granted.includes(scope)) return refused(403, 'insufficient_scope', `${scope} is required`)
      return { kind: 'caller', subject: payload.sub ?? 'unknown' }
    } catch {
      return refused(401, 'invalid_token', 'the access token is not valid')
    }
  }
}

function refused(status: 401 | 403, error: string | null, description: string): Caller {
  return { kind: 'refused', status, error, description }
}

async function fetchWith(url: string, ca: Buffer): Promise<Response> {
  return await new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? getHttps : getHttp
    get(url, { ca, timeout: 5_000, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 502 })))
    }).on('error', reject)
  })
}
