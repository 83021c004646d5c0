import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authCollector } from '../../collectors/auth/index.ts'
import { plantedFaults } from '../../demo/servers/faults.ts'
import { type DemoSystem, startSoundSystem, startWeakSystem } from '../../demo/servers/index.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, evidenceText, observed } from '../helpers/collect.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-auth-'))
let sound: DemoSystem
let weak: DemoSystem
let ofSound: Collection
let ofWeak: Collection

beforeAll(async () => {
  sound = await startSoundSystem(join(folder, 'sound'))
  weak = await startWeakSystem(join(folder, 'weak'))
  ofSound = await collectFrom(authCollector, targetOf(sound))
  ofWeak = await collectFrom(authCollector, targetOf(weak))
  // The sound system's own limit has been kept to by now; the collections below would have to wait for it.
  await sound.change({ api: { rateLimit: null } })
})

afterAll(async () => {
  await Promise.all([sound?.close(), weak?.close()])
  rmSync(folder, { recursive: true, force: true })
})

function targetOf(system: DemoSystem, changed: object = {}): object {
  return {
    issuer: system.issuer,
    api: { baseUrl: system.apiUrl, openapi: system.openApiFile },
    client: {
      id: system.clientId,
      secret: `file:${system.clientSecretFile}`,
      scope: system.scope,
      resource: system.audience,
    },
    expiredToken: `file:${system.expiredTokenFile}`,
    trust: [system.caFile],
    permit: 'test-identity',
    ...changed,
  }
}

describe('the sound system', () => {
  test('is collected to the end', () => {
    expect(ofSound.failure).toBeNull()
    expect(ofSound.observations.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['auth.discovery', 'auth.jwks', 'auth.token', 'auth.enforcement']),
    )
  })

  test('publishes metadata without fault', () => {
    expect(observed(ofSound, 'auth.discovery')[0]?.facts).toMatchObject({
      reachable: 'yes',
      document: 'openid-configuration',
      issuerMatches: 'yes',
      https: 'yes',
      insecureEndpoints: [],
      implicitOffered: 'no',
      passwordOffered: 'no',
      pkceS256: 'yes',
      issParameter: 'yes',
      unsignedIdTokens: 'no',
      registrationEndpoint: 'no',
    })
  })

  test('publishes keys without fault', () => {
    expect(observed(ofSound, 'auth.jwks')[0]?.facts).toMatchObject({
      reachable: 'yes',
      https: 'yes',
      count: 1,
      privateMaterial: 'no',
      symmetricMaterial: 'no',
      duplicateKids: 'no',
      missingKids: 'no',
      missingUseOrAlg: 'no',
      smallestRsaBits: null,
    })
  })

  test('issues short-lived tokens for one audience', () => {
    expect(observed(ofSound, 'auth.token')[0]?.facts).toEqual({
      algorithm: 'ES256',
      lifetimeSeconds: 300,
      hasAudience: 'yes',
      cacheControlNoStore: 'yes',
      tokenType: 'Bearer',
      format: 'jwt',
    })
  })

  test('refuses every probe on every protected operation, with the valid credential answered before and after', () => {
    const all = observed(ofSound, 'auth.enforcement')
    expect(all).toHaveLength(4 * 7)
    expect(all.filter(({ facts }) => facts.refused !== 'yes')).toEqual([])
    expect(all.filter(({ facts }) => facts.controlBefore !== 200 || facts.controlAfter !== 200)).toEqual([])
    expect(new Set(all.map(({ facts }) => facts.challenge))).toEqual(new Set(['yes']))
  })
})

describe('the weak system', () => {
  const shown: Readonly<Record<string, () => unknown>> = {
    'issuer-http': () => [
      observed(ofWeak, 'auth.discovery')[0]?.facts.https,
      observed(ofWeak, 'auth.jwks')[0]?.facts.https,
    ],
    'implicit-flow': () => observed(ofWeak, 'auth.discovery')[0]?.facts.implicitOffered,
    'open-registration': () => observed(ofWeak, 'auth.discovery')[0]?.facts.registrationEndpoint,
    'jwks-rsa-1024': () => observed(ofWeak, 'auth.jwks')[0]?.facts.smallestRsaBits,
    'token-lifetime': () => observed(ofWeak, 'auth.token')[0]?.facts.lifetimeSeconds,
    'route-unprotected': () => acceptedOn('GET /reports/{id}'),
    'signature-unchecked': () => acceptedOn('GET /customers'),
    'expiry-unchecked': () => acceptedOn('GET /customers/{id}'),
  }
  const expected: Readonly<Record<string, unknown>> = {
    'issuer-http': ['no', 'no'],
    'implicit-flow': 'yes',
    'open-registration': 'yes',
    'jwks-rsa-1024': 1024,
    'token-lifetime': 604_800,
    'route-unprotected': ['no-credential'],
    'signature-unchecked': ['alg-none', 'null-signature', 'tampered-payload', 'wrong-key'],
    'expiry-unchecked': ['expired'],
  }
  const ofAuth = plantedFaults.filter(({ shownBy }) => shownBy.some((kind) => kind.startsWith('auth.')))

  test.each(ofAuth)('shows the planted fault $id: $sentence', ({ id }) => {
    expect(expected).toHaveProperty(id)
    expect(shown[id]?.()).toEqual(expected[id])
  })

  test('accepts nothing beyond the planted faults', () => {
    const wrong = observed(ofWeak, 'auth.enforcement', { refused: 'no' }).map(({ facts }) => facts.operation)
    expect(new Set(wrong)).toEqual(new Set(['GET /customers', 'GET /customers/{id}', 'GET /reports/{id}']))
    expect(observed(ofWeak, 'auth.enforcement', { refused: 'undetermined' })).toEqual([])
  })

  test('has one cause named for all the accepted forgeries', () => {
    const reasons = observed(ofWeak, 'auth.enforcement', { operation: 'GET /customers', refused: 'no' }).map(
      ({ facts }) => facts.reason,
    )
    expect(reasons).toHaveLength(4)
    for (const reason of reasons) expect(reason).toContain('the signature is not checked at all')
  })

  test('is not sent broken tokens where it wants no credential', () => {
    expect(ofWeak.leftOut.map(({ probe }) => probe)).toContain('GET /reports/{id} with broken tokens')
  })

  function acceptedOn(operation: string): readonly unknown[] {
    return observed(ofWeak, 'auth.enforcement', { operation, refused: 'no' }).map(({ facts }) => facts.probe)
  }
})

test('what was mended is seen at the next collection', async () => {
  await weak.change({
    provider: { implicit: false, accessTokenSeconds: 300 },
    api: { tokenCheck: { default: 'full', routes: { 'GET /healthz': 'none' } } },
  })
  const again = await collectFrom(authCollector, targetOf(weak))
  expect(observed(again, 'auth.discovery')[0]?.facts).toMatchObject({
    implicitOffered: 'no',
    registrationEndpoint: 'yes',
  })
  expect(observed(again, 'auth.token')[0]?.facts.lifetimeSeconds).toBe(300)
  expect(observed(again, 'auth.enforcement', { refused: 'no' })).toEqual([])
})

test('no credential is in the evidence, and it says in whose place each stood', () => {
  for (const [collection, system] of [[ofSound, sound] as const, [ofWeak, weak] as const]) {
    const text = evidenceText(collection)
    const secret = readFileSync(system.clientSecretFile, 'utf8').trim()
    expect(text).not.toContain(secret)
    expect(text).not.toContain(Buffer.from(`${system.clientId}:${secret}`).toString('base64'))
    expect(text).not.toMatch(/eyJ[\w-]+\.eyJ/)
    expect(JSON.stringify(collection.observations)).not.toMatch(/eyJ[\w-]+/)
    for (const name of ['valid-token', 'alg-none', 'null-signature', 'tampered-payload', 'wrong-key']) {
      expect(text).toContain(`Bearer [redacted:${name}]`)
    }
  }
})

test('what an operation answers is kept as length and digest only', () => {
  expect(evidenceText(ofSound)).not.toContain('Harbour Lights Trading')
  expect(evidenceText(ofWeak)).not.toContain('Customers and revenue')
})

test('a target that permits passive probes only is never sent a credential', async () => {
  const collection = await collectFrom(authCollector, targetOf(sound, { permit: 'passive' }))
  expect(evidenceText(collection)).not.toMatch(/^authorization:/im)
  expect(observed(collection, 'auth.token')).toEqual([])
  const enforcement = observed(collection, 'auth.enforcement')
  expect(enforcement.map(({ facts }) => facts.probe)).toEqual(Array(4).fill('no-credential'))
  expect(enforcement[0]?.facts).toMatchObject({
    refused: 'yes',
    controlBefore: null,
    controlAfter: null,
    challenge: 'yes',
  })
  expect(enforcement[0]?.facts.reason).toContain('the target permits passive probes only')
  expect(collection.leftOut.map(({ probe }) => probe)).toEqual(
    expect.arrayContaining([
      'requests with a credential',
      'expired tokens',
      'POST /customers',
      'DELETE /customers/{id}',
    ]),
  )
})

test('operations that change data are probed with the staging permit, and never with the valid credential', async () => {
  const collection = await collectFrom(authCollector, targetOf(sound, { permit: 'staging' }))
  const posts = observed(collection, 'auth.enforcement', { operation: 'POST /customers' })
  expect(posts).toHaveLength(7)
  expect(new Set(posts.map(({ facts }) => facts.refused))).toEqual(new Set(['yes']))
  expect(posts[0]?.facts).toMatchObject({ controlBefore: null, controlAfter: null })
  const sent = collection.artefacts.map(({ bytes }) => Buffer.from(bytes).toString('utf8'))
  const changing = sent.filter((text) => /^(?:POST|DELETE) \/customers/.test(text))
  expect(changing).toHaveLength(2 * (7 + 3 + 1))
  expect(changing.filter((text) => text.includes('valid-token'))).toEqual([])
})

test('a wrong client secret is named as the reason, and passes nothing', async () => {
  const file = join(folder, 'wrong-secret')
  writeFileSync(file, 'not-the-secret', { mode: 0o600 })
  const client = { id: sound.clientId, secret: `file:${file}` }
  const collection = await collectFrom(authCollector, targetOf(sound, { client }))
  expect(collection.failure).toBeNull()
  expect(collection.leftOut).toContainEqual({
    probe: 'requests with a credential',
    reason: 'the token endpoint answered 401 (invalid_client) to the client of the target',
  })
  expect(observed(collection, 'auth.token')).toEqual([])
  expect(observed(collection, 'auth.enforcement', { probe: 'alg-none' })).toEqual([])
})

test('an expired token of another key is not sent: its refusal would prove nothing', async () => {
  const collection = await collectFrom(
    authCollector,
    targetOf(sound, { expiredToken: `file:${weak.expiredTokenFile}` }),
  )
  expect(observed(collection, 'auth.enforcement', { probe: 'expired' })).toEqual([])
  expect(collection.leftOut.find(({ probe }) => probe === 'expired tokens')?.reason).toContain('not signed with a key')
})

test('a client secret is never sent over plain http to another machine', async () => {
  const client = {
    id: sound.clientId,
    secret: `file:${sound.clientSecretFile}`,
    tokenEndpoint: 'http://192.0.2.1:8080/token',
  }
  const collection = await collectFrom(authCollector, targetOf(sound, { client }))
  expect(evidenceText(collection)).not.toContain('POST /token')
  expect(collection.leftOut.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('plain http'))
})

test('a credential without the scope leaves every denial undetermined', async () => {
  const client = { id: sound.clientId, secret: `file:${sound.clientSecretFile}`, scope: 'customers:read' }
  const collection = await collectFrom(authCollector, targetOf(sound, { client }))
  const reports = observed(collection, 'auth.enforcement', { operation: 'GET /reports' })
  expect(new Set(reports.map(({ facts }) => facts.refused))).toEqual(new Set(['undetermined']))
  expect(reports[0]?.facts).toMatchObject({ status: 401, controlBefore: 403, controlAfter: 403 })
  expect(observed(collection, 'auth.enforcement', { operation: 'GET /customers', refused: 'yes' })).toHaveLength(7)
})

test('a provider that is down is reported as not reachable, and the API is still looked at', async () => {
  const client = { id: sound.clientId, secret: `file:${sound.clientSecretFile}` }
  const collection = await collectFrom(authCollector, targetOf(sound, { issuer: 'https://127.0.0.1:1', client }))
  expect(collection.failure).toBeNull()
  expect(observed(collection, 'auth.discovery')[0]?.facts).toMatchObject({
    reachable: 'no',
    document: null,
    issuerMatches: 'undetermined',
    implicitOffered: 'undetermined',
  })
  expect(observed(collection, 'auth.jwks')).toEqual([])
  expect(observed(collection, 'auth.enforcement', { probe: 'no-credential' })).toHaveLength(4)
})

test('a provider that is down, with no API beside it, fails the collection after it is reported', async () => {
  const target = { ...targetOf(sound, { issuer: 'https://127.0.0.1:1' }), api: undefined, client: undefined }
  const collection = await collectFrom(authCollector, target)
  expect(collection.failure?.code).toBe('refused')
  expect(observed(collection, 'auth.discovery')[0]?.facts).toMatchObject({ reachable: 'no' })
})

test('an issuer given in another spelling than the provider’s is reported as another issuer', async () => {
  const collection = await collectFrom(authCollector, targetOf(sound, { issuer: `${sound.issuer}/`, api: undefined }))
  expect(observed(collection, 'auth.discovery')[0]?.facts).toMatchObject({ reachable: 'yes', issuerMatches: 'no' })
})

test('an untrusted certificate of the provider is the reason that nothing came', async () => {
  const collection = await collectFrom(authCollector, targetOf(sound, { trust: [], api: undefined, client: undefined }))
  expect(observed(collection, 'auth.discovery')[0]?.facts).toMatchObject({ reachable: 'no', https: 'yes' })
  expect(collection.failure?.code).toBe('untrusted-certificate')
})

test('a document that is no OpenAPI ends the collection with what had been found', async () => {
  const collection = await collectFrom(
    authCollector,
    targetOf(sound, { api: { baseUrl: sound.apiUrl, openapi: sound.logrotateFile } }),
  )
  expect(collection.failure?.code).toBe('unparsable')
  expect(observed(collection, 'auth.discovery')).toHaveLength(1)
})

test('a budget that ends keeps what had been found by then', async () => {
  const collection = await collectFrom(authCollector, targetOf(sound, { limits: { requests: 20 } }))
  expect(collection.failure?.code).toBe('budget')
  expect(collection.observations.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['auth.discovery', 'auth.token']),
  )
  expect(new Set(observed(collection, 'auth.enforcement').map(({ facts }) => facts.operation))).toEqual(
    new Set(['GET /customers']),
  )
})
