import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keySetFacts } from '../../../../collectors/auth/jwks.ts'

const issuer = 'https://id.example.test'
const url = `${issuer}/jwks`
const sound = { kty: 'EC', crv: 'P-256', x: 'a', y: 'b', kid: 'one', use: 'sig', alg: 'ES256' }

function factsOf(...keys: readonly object[]) {
  return keySetFacts(issuer, url, { keys: keys.map((key) => ({ ...key })) }, null)
}

test('a sound key set has no fault', () => {
  expect(factsOf(sound, { ...sound, kid: 'two' })).toMatchObject({
    reachable: 'yes',
    https: 'yes',
    count: 2,
    privateMaterial: 'no',
    symmetricMaterial: 'no',
    duplicateKids: 'no',
    missingKids: 'no',
    missingUseOrAlg: 'no',
    smallestRsaBits: null,
  })
})

test.each([
  ['privateMaterial', { ...sound, d: 'secret' }],
  ['symmetricMaterial', { kty: 'oct', k: 'secret', kid: 'one', use: 'sig', alg: 'HS256' }],
  ['missingKids', { ...sound, kid: undefined }],
  ['missingUseOrAlg', { ...sound, use: undefined }],
  ['missingUseOrAlg', { ...sound, alg: undefined }],
])('%s is told', (fact, key) => {
  expect(factsOf(key)[fact]).toBe('yes')
})

test('keys of one id are told', () => {
  expect(factsOf(sound, { ...sound, alg: 'ES384' }).duplicateKids).toBe('yes')
})

test.each([1024, 2048])('an RSA key of %d bits is measured, leading zeros or not', (modulusLength) => {
  const { n = '' } = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' })
  const padded = Buffer.concat([Buffer.alloc(1), Buffer.from(n, 'base64url')]).toString('base64url')
  expect(factsOf({ kty: 'RSA', n, e: 'AQAB' }).smallestRsaBits).toBe(modulusLength)
  expect(factsOf({ kty: 'RSA', n: padded, e: 'AQAB' }).smallestRsaBits).toBe(modulusLength)
})

test('an RSA key without a readable modulus is the smallest of all', () => {
  expect(factsOf({ kty: 'RSA' }).smallestRsaBits).toBe(0)
})

test('http at either end is told', () => {
  expect(keySetFacts('http://id.example.test', url, { keys: [] }, null).https).toBe('no')
  expect(keySetFacts(issuer, 'http://id.example.test/jwks', { keys: [] }, null).https).toBe('no')
})

test('without a key set, what only it could tell is undetermined', () => {
  expect(keySetFacts(issuer, url, null, 'answered 500')).toMatchObject({
    reachable: 'no',
    privateMaterial: 'undetermined',
    count: 0,
    reason: 'answered 500',
  })
})

test('no secret member is ever copied into the facts, and nothing makes it fail', () => {
  const member = fc.oneof(fc.string(), fc.integer(), fc.constant(null))
  const key = fc.record({ kty: fc.constantFrom('RSA', 'EC', 'oct'), n: member, crv: member, kid: member, use: member })
  fc.assert(
    fc.property(fc.array(key), (keys) => {
      const withSecrets = keys.map((each) => ({ ...each, d: 'PRIVATE-PART', k: 'PRIVATE-PART' }))
      expect(JSON.stringify(factsOf(...withSecrets))).not.toContain('PRIVATE-PART')
    }),
  )
})
