import fc from 'fast-check'
import { expect, test } from 'vitest'
import { discoveryFacts, wellKnown } from '../../../../collectors/auth/discovery.ts'

const issuer = 'https://id.example.test'
const name = 'openid-configuration'

function factsOf(metadata: object, given = issuer) {
  return discoveryFacts(given, [{ name, metadata: { issuer, ...metadata } }], [])
}

test('the two documents are looked for where their standards put them', () => {
  expect(wellKnown('https://id.example.test/tenants/a/')).toEqual([
    ['openid-configuration', 'https://id.example.test/tenants/a/.well-known/openid-configuration'],
    ['oauth-authorization-server', 'https://id.example.test/.well-known/oauth-authorization-server/tenants/a'],
  ])
})

test('absent grant types are those of RFC 8414, but no implicit flow without a response type for it', () => {
  expect(factsOf({ response_types_supported: ['code'] })).toMatchObject({
    grantTypes: ['authorization_code', 'implicit'],
    implicitOffered: 'no',
  })
})

test.each([
  [{ response_types_supported: ['code', 'id_token token'] }, 'yes'],
  [{ response_types_supported: ['token'] }, 'yes'],
  [{ response_types_supported: ['code', 'code id_token'] }, 'no'],
  [{ response_types_supported: ['code'], grant_types_supported: ['implicit'] }, 'yes'],
])('%j offers the implicit flow: %s', (metadata, expected) => {
  expect(factsOf(metadata).implicitOffered).toBe(expected)
})

test('the issuer has to be the same byte for byte', () => {
  expect(factsOf({}).issuerMatches).toBe('yes')
  expect(factsOf({}, `${issuer}/`).issuerMatches).toBe('no')
  expect(factsOf({ issuer: 7 }).issuerMatches).toBe('no')
})

test('either document may name another issuer', () => {
  const second = { name: 'oauth-authorization-server' as const, metadata: { issuer: 'https://other.example.test' } }
  const facts = discoveryFacts(issuer, [{ name, metadata: { issuer } }, second], [])
  expect(facts).toMatchObject({ document: name, issuerMatches: 'no' })
  expect(facts.reason).toContain('oauth-authorization-server')
})

test('endpoints over http are named, aliases for mutual TLS included, policies not', () => {
  const facts = factsOf({
    token_endpoint: 'http://id.example.test/token',
    jwks_uri: 'HTTP://id.example.test/jwks',
    op_policy_uri: 'http://www.example.test/policy',
    authorization_endpoint: 'https://id.example.test/auth',
    mtls_endpoint_aliases: { token_endpoint: 'http://mtls.example.test/token' },
  })
  expect(facts).toMatchObject({
    https: 'no',
    insecureEndpoints: ['token_endpoint', 'jwks_uri', 'mtls_endpoint_aliases.token_endpoint'],
  })
})

test('without a document, what only it could tell is undetermined', () => {
  const facts = discoveryFacts(issuer, [], ['openid-configuration: answered 404'])
  expect(facts).toMatchObject({ reachable: 'no', https: 'yes', pkceS256: 'undetermined', grantTypes: [] })
  expect(facts.reason).toContain('404')
})

test('both cases have the same facts', () => {
  expect(Object.keys(discoveryFacts(issuer, [], []))).toEqual(Object.keys(factsOf({})))
})

test('no metadata makes it fail', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (metadata, value) => {
      const hostile = { ...metadata, response_types_supported: value, mtls_endpoint_aliases: value, jwks_uri: value }
      expect(discoveryFacts(issuer, [{ name, metadata: hostile }], []).reachable).toBe('yes')
    }),
  )
})
