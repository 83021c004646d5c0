import { expect, test } from 'vitest'
import * as z from 'zod'
import { tokenFacts } from '../../../../collectors/auth/credential.ts'
import { type Probe, rootCause } from '../../../../collectors/auth/enforcement.ts'
import { authCollector } from '../../../../collectors/auth/index.ts'
import { writeJwt } from '../../../../collectors/auth/jwt.ts'
import { AuthTarget } from '../../../../collectors/auth/target.ts'

const issuer = 'https://id.example.test'

test.each([
  ['nothing to look at', {}],
  ['an unknown key', { issuer, isuer: issuer }],
  ['a literal secret', { issuer, client: { id: 'a', secret: 'hunter2' } }],
  ['an api without operations', { api: { baseUrl: 'https://api.example.test' } }],
  ['a client and a token', { issuer, client: { id: 'a', secret: 'env:A' }, token: 'env:B' }],
  [
    'a client without a provider',
    { api: { baseUrl: issuer, openapi: 'a.yaml' }, client: { id: 'a', secret: 'env:A' } },
  ],
  ['an issuer that is no URL', { issuer: 'id.example.test' }],
  ['a path without its slash', { api: { baseUrl: issuer, operations: [{ path: 'orders' }] } }],
])('%s is refused', (_name, target) => {
  expect(AuthTarget.safeParse(target).success).toBe(false)
})

test('the reach is exactly what the target names', () => {
  const target = AuthTarget.parse({
    issuer,
    api: { baseUrl: 'http://api.example.test:8080/v1', openapi: 'docs/api.yaml' },
    also: ['https://keys.example.test'],
  })
  expect(authCollector.reach(target)).toEqual({
    endpoints: [
      { host: 'id.example.test', port: 443 },
      { host: 'api.example.test', port: 8080 },
      { host: 'keys.example.test', port: 443 },
    ],
    paths: ['docs/api.yaml'],
  })
  expect(target.permit).toBe('passive')
})

test('a host name is shorthand for its https issuer', () => {
  expect(authCollector.shorthand?.('id.example.test')).toEqual({ issuer })
  expect(authCollector.shorthand?.('http://localhost:8080/realms/a')).toEqual({
    issuer: 'http://localhost:8080/realms/a',
  })
})

test.each(['localhost:9443', 'localhost', '10.0.0.7', '[::1]', 'id.example.test/realms/a', 'id:8443'])(
  '%s is short for an https issuer',
  (text) => {
    expect(authCollector.shorthand?.(text)).toEqual({ issuer: `https://${text}` })
  },
)

test.each(['notaurl', 'not a host', 'ftp://id.example.test', '', 'https://'])('"%s" is short for no issuer', (text) => {
  expect(authCollector.shorthand?.(text)).toBeUndefined()
})

test('the schema can be published as a JSON Schema', () => {
  expect(z.toJSONSchema(AuthTarget, { io: 'input' })).toMatchObject({ type: 'object', additionalProperties: false })
})

test('the lifetime of a token is what stands in it, before what the response promises', () => {
  const token = writeJwt({ header: { alg: 'ES256' }, payload: { iat: 100, exp: 700, aud: ['a'] }, signature: 'AAAA' })
  expect(tokenFacts({ expires_in: 60, token_type: 'Bearer' }, token, 'private, no-store')).toEqual({
    algorithm: 'ES256',
    lifetimeSeconds: 600,
    hasAudience: 'yes',
    cacheControlNoStore: 'yes',
    tokenType: 'Bearer',
    format: 'jwt',
  })
})

test('an opaque token tells nothing of its algorithm and audience', () => {
  expect(tokenFacts({ expires_in: 60 }, 'opaque', 'no-storeroom')).toEqual({
    algorithm: null,
    lifetimeSeconds: 60,
    hasAudience: 'undetermined',
    cacheControlNoStore: 'no',
    tokenType: null,
    format: 'opaque',
  })
})

test.each<[string, readonly Probe[], RegExp | null]>([
  ['none', [], null],
  ['a forgery that others than a missing check explain', ['alg-none'], null],
  ['only null signatures', ['alg-none', 'null-signature'], null],
  ['a wrong key and a changed payload', ['tampered-payload', 'wrong-key'], /signature is not checked at all/],
  ['a text that is no token', ['garbage-token', 'alg-none', 'wrong-key'], /not looked at/],
])('the root cause of %s being accepted', (_name, accepted, cause) => {
  const found = rootCause(accepted.map((probe) => ({ probe, refused: 'no' })))
  if (cause === null) expect(found).toBeNull()
  else expect(found).toMatch(cause)
})
