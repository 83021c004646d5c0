import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Collection } from '../../src/model/evidence.ts'
import { evidenceText, observed } from '../helpers/collect.ts'
import { type Replies, type Reply, startGateway, type TestAuthority, testAuthority } from '../helpers/gateway-server.ts'

let authority: TestAuthority
beforeAll(async () => {
  authority = await testAuthority()
})
afterAll(() => authority.remove())

const ok: Reply = { status: 200, body: 'hello' }
const facts = (collection: Collection, kind: string) =>
  observed(collection, kind).map((observation) => observation.facts)

/** Collects once from a gateway that answers https so. */
async function collect(https: Replies, changed: object = {}): Promise<Collection> {
  await using gateway = await startGateway(authority, { https })
  return await gateway.probe(changed)
}

describe('plain http', () => {
  test.each<[string, Reply, string]>([
    ['a redirect to https', { status: 308, headers: { location: 'https://api.example.test/' } }, 'redirects-to-https'],
    [
      'a redirect to plain http',
      { status: 301, headers: { location: 'http://www.example.test/' } },
      'redirects-elsewhere',
    ],
    ['a redirect that stays', { status: 302, headers: { location: '/login' } }, 'redirects-elsewhere'],
    ['content', ok, 'serves'],
    ['a challenge', { status: 401, headers: { 'www-authenticate': 'Basic' } }, 'serves'],
    ['a refusal', { status: 403, body: 'https only' }, 'refuses'],
    ['a request to upgrade', { status: 426 }, 'refuses'],
    ['a failure', { status: 502 }, 'undetermined'],
    ['too many requests', { status: 429 }, 'undetermined'],
    ['a connection that is closed', 'hang-up', 'refuses'],
  ])('that answers with %s', async (_, reply, behaviour) => {
    await using gateway = await startGateway(authority, { https: () => ok, http: () => reply })
    expect(facts(await gateway.probe(), 'gateway.redirect')).toMatchObject([{ behaviour }])
  })

  test('a 404 is an answer of the API where https answers the same, and a refusal where it does not', async () => {
    const missing = (id: number): Reply => ({ status: 404, body: `no such thing (request ${id})` })
    await using same = await startGateway(authority, { https: () => missing(17), http: () => missing(4) })
    await using other = await startGateway(authority, { https: () => ok, http: () => missing(4) })
    expect(facts(await same.probe(), 'gateway.redirect')).toMatchObject([{ behaviour: 'serves' }])
    expect(facts(await other.probe(), 'gateway.redirect')).toMatchObject([{ behaviour: 'refuses' }])
  })

  test.each(['status', 'redirect'] as const)(
    'that breaks off one connection and answers the next: %s',
    async (kind) => {
      const redirect: Reply = { status: 308, headers: { location: 'https://api.example.test/' } }
      let asked = 0
      const http = (): Reply => {
        asked += 1
        if (asked === 1) return 'hang-up'
        return kind === 'status' ? ok : redirect
      }
      await using gateway = await startGateway(authority, { https: () => ok, http })
      const behaviour = kind === 'status' ? 'serves' : 'redirects-to-https'
      expect(facts(await gateway.probe(), 'gateway.redirect')).toMatchObject([{ behaviour }])
    },
  )

  test('a closed port refuses', async () => {
    await using gateway = await startGateway(authority, { https: () => ok })
    await using other = await startGateway(authority, { https: () => ok })
    await other[Symbol.asyncDispose]()
    const [redirect] = facts(await gateway.probe({ http: other.http }), 'gateway.redirect')
    expect(redirect).toMatchObject({ behaviour: 'refuses', status: null })
  })

  test('a port that speaks TLS only refuses', async () => {
    await using gateway = await startGateway(authority, { https: () => ok })
    const [redirect] = facts(await gateway.probe({ http: gateway.url.replace('https:', 'http:') }), 'gateway.redirect')
    expect(redirect).toMatchObject({ behaviour: 'refuses' })
  })

  test('is left out where the target says that there is none', async () => {
    const collection = await collect(() => ok, { http: false })
    expect(observed(collection, 'gateway.redirect')).toEqual([])
    expect(collection.leftOut.map(({ probe }) => probe)).toContain('plain http')
  })
})

describe('headers', () => {
  test('refusals and missing paths are looked at, each path by itself', async () => {
    const strict = { 'strict-transport-security': 'max-age=63072000; includeSubDomains' }
    const collection = await collect(
      ({ url = '' }) =>
        url === '/a'
          ? { status: 401, headers: strict }
          : url === '/b'
            ? ok
            : { status: 404, headers: { server: 'x/1.2' } },
      { paths: ['/a', '/b'] },
    )
    const seen = facts(collection, 'gateway.headers').map(({ path, response, status, hsts, versionDisclosed }) =>
      [path, response, status, hsts, versionDisclosed].join(' '),
    )
    expect(seen).toEqual([
      '/a normal 401 yes no',
      '/b normal 200 no no',
      '/ error 404 no yes',
      '/a error 404 no yes',
      '/b error 404 no yes',
    ])
  })

  test('a product’s version in what an API serves is content, and in an error page it is a banner', async () => {
    const body = 'nginx/1.22.1'
    const collection = await collect(({ url }) => ({ status: url === '/' ? 200 : 404, body }))
    expect(facts(collection, 'gateway.headers').map(({ versions }) => versions)).toEqual([[], ['body: nginx/1.22.1']])
  })

  test('bodies that may hold personal data are not kept, those of error pages are', async () => {
    const body = 'lovelace@example.test'
    const collection = await collect(({ url, method }) =>
      url === '/' && method !== 'TRACE' ? { status: 200, body } : { status: 404, body: 'gone' },
    )
    expect(evidenceText(collection)).not.toContain(body)
    expect(evidenceText(collection)).toContain('gone')
  })
})

describe('CORS', () => {
  const allow = (when: (origin: string) => boolean): Replies => {
    return ({ headers: { origin = '' } }) =>
      origin !== '' && when(origin)
        ? {
            status: 200,
            headers: { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' },
          }
        : ok
  }
  const trusted = { cors: { trusted: ['https://app.example.test'] } }
  const allowed = (collection: Collection) =>
    observed(collection, 'gateway.cors', { allowed: 'yes', credentials: 'yes' }).map(({ facts: { origin } }) => origin)

  test('an exact list lets none of the probes in', async () => {
    expect(
      allowed(
        await collect(
          allow((origin) => origin === 'https://app.example.test'),
          trusted,
        ),
      ),
    ).toEqual([])
  })

  test('a comparison by the beginning is found out', async () => {
    const collection = await collect(
      allow((origin) => origin.startsWith('https://app.example.test')),
      trusted,
    )
    expect(allowed(collection)).toEqual(['https://app.example.test.affidavit-probe.invalid'])
  })

  test('a comparison by the end is found out', async () => {
    const collection = await collect(
      allow((origin) => origin.endsWith('example.test')),
      trusted,
    )
    expect(allowed(collection)).toEqual(['https://affidavit-probeexample.test', 'https://affidavit-probe.example.test'])
  })

  test('the wildcard lets everyone in, and nobody with credentials', async () => {
    const headers = { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' }
    const cors = facts(await collect(() => ({ status: 200, headers })), 'gateway.cors')
    expect(cors.length).toBeGreaterThan(0)
    for (const each of cors) expect(each).toMatchObject({ allowed: 'yes', credentials: 'no', allowOrigin: '*' })
  })

  test('an origin that only the preflight lets in is let in', async () => {
    const echo = allow(() => true)
    const collection = await collect((request, count) => (request.method === 'OPTIONS' ? echo(request, count) : ok))
    expect(observed(collection, 'gateway.cors', { originKind: 'foreign', allowed: 'yes', status: 200 })).toHaveLength(1)
  })
})

describe('TRACE', () => {
  test.each<[string, Replies, { status: number | null; echoed: string }]>([
    [
      'that echoes the request',
      (request) => ({ status: 405, body: JSON.stringify(request.headers) }),
      { status: 405, echoed: 'yes' },
    ],
    ['that is answered without an echo', () => ok, { status: 200, echoed: 'no' }],
    ['that is not allowed', () => ({ status: 405 }), { status: 405, echoed: 'no' }],
    ['that meets a failing server', () => ({ status: 503 }), { status: 503, echoed: 'undetermined' }],
    ['that is cut off', () => 'hang-up', { status: null, echoed: 'undetermined' }],
  ])('%s', async (_, trace, expected) => {
    const collection = await collect((request, count) => (request.method === 'TRACE' ? trace(request, count) : ok))
    expect(collection.failure).toBeNull()
    expect(facts(collection, 'gateway.method')).toMatchObject([expected])
  })
})

describe('a rate limit', () => {
  const burst = { rateLimit: { path: '/burst', budget: 30 }, permit: 'test-identity' }
  const onBurst = (reply: (count: number) => Reply): Replies => {
    let count = 0
    return ({ url }) => {
      if (url !== '/burst') return ok
      count += 1
      return reply(count)
    }
  }

  test('ends the burst when it is met, with what it says', async () => {
    const headers = { 'retry-after': '7', 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0' }
    const collection = await collect(
      onBurst((count) => (count <= 10 ? ok : { status: 429, headers })),
      burst,
    )
    const [limit] = facts(collection, 'gateway.rate-limit')
    expect(limit).toMatchObject({
      limited: 'yes',
      firstLimited: 11,
      status: 429,
      retryAfter: 7,
      headers: ['x-ratelimit-limit', 'x-ratelimit-remaining'],
    })
    // Four at a time: no more than three are under way when the limit is met.
    expect(Number(limit?.requests)).toBeLessThanOrEqual(14)
  })

  test('that is not there costs the budget and no request more', async () => {
    await using gateway = await startGateway(authority, { https: () => ok })
    const collection = await gateway.probe(burst)
    expect(facts(collection, 'gateway.rate-limit')).toMatchObject([{ limited: 'no', requests: 30, firstLimited: null }])
    expect(gateway.seen.filter(({ url, method }) => url === '/burst' && method === 'GET')).toHaveLength(30)
    expect(gateway.seen.filter(({ url }) => url === '/burst')).toHaveLength(30)
  })

  test.each<[string, Reply]>([
    ['a bare 503', { status: 503 }],
    ['a 502', { status: 502 }],
    ['a connection that is closed', 'hang-up'],
  ])('cannot be told from a failure where the burst meets %s', async (_, reply) => {
    const collection = await collect(
      onBurst((count) => (count <= 5 ? ok : reply)),
      burst,
    )
    expect(collection.failure).toBeNull()
    expect(facts(collection, 'gateway.rate-limit')).toMatchObject([{ limited: 'undetermined', firstLimited: null }])
  })

  test('is not tried unless the target asks for it and permits it', async () => {
    await using gateway = await startGateway(authority, { https: () => ok })
    const unasked = await gateway.probe({ permit: 'staging' })
    const unpermitted = await gateway.probe({ ...burst, permit: 'passive' })
    for (const collection of [unasked, unpermitted]) {
      expect(observed(collection, 'gateway.rate-limit')).toEqual([])
      // An address has no subdomains to invent.
      expect(collection.leftOut.map(({ probe, kind }) => [probe, kind])).toEqual([
        ['an invented subdomain', 'gateway.cors'],
        ['rate limit', 'gateway.rate-limit'],
      ])
    }
    expect(gateway.seen.filter(({ url }) => url === '/burst')).toEqual([])
  })
})

describe('a credential', () => {
  const token = 'a-token-of-a-test-identity'
  process.env.AFFIDAVIT_TEST_GATEWAY_TOKEN = token
  const credential = { token: 'env:AFFIDAVIT_TEST_GATEWAY_TOKEN' }

  test('opens the ordinary answers, and reaches neither TRACE nor preflights nor plain http nor the evidence', async () => {
    await using gateway = await startGateway(authority, {
      https: ({ headers }) => (headers.authorization === `Bearer ${token}` ? ok : { status: 401 }),
    })
    const collection = await gateway.probe({ credential, permit: 'test-identity' })
    expect(observed(collection, 'gateway.headers', { response: 'normal', status: 200 })).toHaveLength(1)
    const carrying = gateway.seen.filter(({ headers }) => headers.authorization !== undefined)
    expect(new Set(carrying.map(({ method }) => method))).toEqual(new Set(['GET']))
    expect(carrying.every(({ socket }) => 'encrypted' in socket)).toBe(true)
    expect(evidenceText(collection)).not.toContain(token)
  })

  test('stays at home where the target does not permit test-identity', async () => {
    await using gateway = await startGateway(authority, { https: () => ok })
    const collection = await gateway.probe({ credential })
    expect(gateway.seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
    expect(collection.leftOut.map(({ probe }) => probe)).toContain('ordinary answers with a credential')
  })

  test('goes into the header that the target names', async () => {
    await using gateway = await startGateway(authority, { https: () => ok })
    await gateway.probe({ credential: { ...credential, header: 'X-Api-Key' }, permit: 'test-identity' })
    expect(gateway.seen.some(({ headers }) => headers['x-api-key'] === token)).toBe(true)
  })
})
