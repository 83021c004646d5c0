import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { authCollector } from '../../collectors/auth/index.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, evidenceText, observed } from '../helpers/collect.ts'

const hour = 3_600
const now = Math.floor(Date.now() / 1000)
const valid = token({ sub: 'tester', exp: now + hour })
const expired = token({ sub: 'tester', exp: now - hour })
process.env.AFFIDAVIT_TEST_TOKEN = valid
process.env.AFFIDAVIT_TEST_EXPIRED = expired

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

type Reply = { status: number; body?: unknown; headers?: Record<string, string> } | 'reset'

/** An API whose every answer is decided by what stands in Authorization; the path is the second argument. */
async function api(reply: (authorised: boolean, path: string, request: IncomingMessage) => Reply): Promise<string> {
  const server = createServer((request, response) => {
    const authorised = request.headers.authorization === `Bearer ${valid}`
    respond(response, reply(authorised, request.url ?? '/', request))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function respond(response: ServerResponse, reply: Reply): void {
  if (reply === 'reset') {
    response.destroy()
    return
  }
  const { status, body, headers = {} } = reply
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const type = typeof body === 'string' ? 'text/html' : 'application/json'
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...headers }).end(text)
}

async function probe(baseUrl: string, changed: object = {}): Promise<Collection> {
  return await collectFrom(authCollector, {
    api: { baseUrl, operations: [{ path: '/orders' }] },
    token: 'env:AFFIDAVIT_TEST_TOKEN',
    expiredToken: 'env:AFFIDAVIT_TEST_EXPIRED',
    permit: 'test-identity',
    ...changed,
  })
}

function refusals(collection: Collection): readonly unknown[] {
  expect(collection.failure).toBeNull()
  const all = observed(collection, 'auth.enforcement')
  expect(all.length).toBeGreaterThan(0)
  return [...new Set(all.map(({ facts }) => facts.refused))]
}

function token(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${part({ alg: 'HS256', typ: 'at+jwt' })}.${part(claims)}`
  return `${input}.${createHmac('sha256', 'a key of the tests').update(input).digest('base64url')}`
}

const orders = { status: 200, body: { orders: [1, 2] } }
const notFound = { status: 404, body: { error: 'not found' } }
const known = (path: string) => path === '/orders'

test.each([
  ['403', { status: 403 }],
  ['404', { status: 404 }],
  ['400', { status: 400 }],
  ['a redirect to a login page', { status: 302, headers: { location: 'https://login.example.test/' } }],
  ['200 with an error body', { status: 200, body: { error: 'unauthorized' } }],
  ['200 with a status in the body', { status: 200, body: { success: false, code: 401 } }],
  ['200 with a login page', { status: 200, body: '<form><input type="password"></form>' }],
])('a denial by %s is a denial, where the valid credential is answered', async (_name, denial) => {
  const url = await api((authorised, path) => (!known(path) ? notFound : authorised ? orders : denial))
  expect(refusals(await probe(url))).toEqual(['yes'])
})

test.each([
  ['403', { status: 403 }],
  ['404', { status: 404 }],
  ['401 without a challenge', { status: 401 }],
  ['a redirect', { status: 302, headers: { location: '/login' } }],
  ['200 with an error body', { status: 200, body: { error: 'unauthorized' } }],
])('%s proves nothing without a valid credential beside it', async (_name, denial) => {
  const url = await api((_authorised, path) => (known(path) ? denial : notFound))
  expect(refusals(await probe(url, { token: undefined, expiredToken: undefined, permit: 'passive' }))).toEqual([
    'undetermined',
  ])
})

test('an operation that serves its data to nobody in particular is not protected, even without a credential to compare', async () => {
  const url = await api((_authorised, path) => (known(path) ? orders : notFound))
  const collection = await probe(url, { token: undefined, expiredToken: undefined, permit: 'passive' })
  expect(refusals(collection)).toEqual(['no'])
})

test('an API that answers every path alike is told from one that serves the operation', async () => {
  const url = await api(() => ({ status: 200, body: '<h1>Welcome</h1>' }))
  expect(refusals(await probe(url))).toEqual(['undetermined'])
})

test('a page for everything is a denial where the valid credential gets the data', async () => {
  const url = await api((authorised, path) =>
    authorised && known(path) ? orders : { status: 200, body: '<h1>Welcome</h1>' },
  )
  expect(refusals(await probe(url))).toEqual(['yes'])
})

test('answers that change from request to request are compared by their shape', async () => {
  let count = 0
  const url = await api((_authorised, path) => {
    count += 1
    return known(path) ? { status: 200, body: { orders: [], served: count } } : notFound
  })
  const collection = await probe(url)
  expect(observed(collection, 'auth.enforcement')).toHaveLength(1)
  expect(observed(collection, 'auth.enforcement')[0]?.facts).toMatchObject({
    probe: 'no-credential',
    refused: 'no',
    sameBody: 'no',
  })
})

test('a gateway that only wants any token is caught by one that is none', async () => {
  const url = await api((_authorised, path, request) => {
    if (!known(path)) return notFound
    return request.headers.authorization === undefined ? { status: 401 } : orders
  })
  const collection = await probe(url)
  expect(observed(collection, 'auth.enforcement', { refused: 'yes' }).map(({ facts }) => facts.probe)).toEqual([
    'no-credential',
  ])
  const forged = observed(collection, 'auth.enforcement', { probe: 'wrong-key' })[0]?.facts
  expect(forged?.refused).toBe('no')
  expect(forged?.reason).toContain('the token is not looked at')
})

test('a verifier that knows one odd spelling of none is caught', async () => {
  const url = await api((authorised, path, request) => {
    if (!known(path)) return notFound
    const header = request.headers.authorization?.slice('Bearer '.length).split('.')[0] ?? ''
    const odd = Buffer.from(header, 'base64url').toString().includes('"nOnE"')
    return authorised || odd ? orders : { status: 401 }
  })
  const collection = await probe(url)
  expect(observed(collection, 'auth.enforcement', { refused: 'no' }).map(({ facts }) => facts.probe)).toEqual([
    'alg-none',
  ])
  expect(observed(collection, 'auth.enforcement', { probe: 'alg-none' })[0]?.evidence).toHaveLength(2 + 4)
})

test('a rate limit in the middle leaves what came after it undetermined', async () => {
  let requests = 0
  const url = await api((authorised, path) => {
    requests += 1
    if (requests > 5) return { status: 429 }
    return !known(path) ? notFound : authorised ? orders : { status: 401 }
  })
  const collection = await probe(url)
  expect(refusals(collection)).toEqual(['undetermined'])
  expect(observed(collection, 'auth.enforcement', { probe: 'no-credential' })[0]?.facts).toMatchObject({
    status: 401,
    controlBefore: 200,
    controlAfter: 429,
  })
})

test('a data leak seen before the rate limit stays seen', async () => {
  let requests = 0
  const url = await api((_authorised, path) => {
    requests += 1
    return requests > 4 ? { status: 429 } : known(path) ? orders : notFound
  })
  expect(refusals(await probe(url))).toEqual(['no'])
})

test('a rate limit that says when to come back is kept to', async () => {
  let limited = false
  const url = await api((authorised, path) => {
    if (!known(path)) return notFound
    if (authorised) return orders
    if (limited) return { status: 401 }
    limited = true
    return { status: 429, headers: { 'retry-after': '1' } }
  })
  expect(refusals(await probe(url))).toEqual(['yes'])
})

test.each([
  ['fails', { status: 503 } as Reply],
  ['drops the connection', 'reset' as Reply],
])('a server that %s on broken tokens leaves them undetermined', async (_name, failure) => {
  const url = await api((authorised, path, request) => {
    if (!known(path)) return notFound
    if (authorised) return orders
    return request.headers.authorization === undefined ? { status: 401 } : failure
  })
  const collection = await probe(url)
  expect(observed(collection, 'auth.enforcement', { refused: 'yes' }).map(({ facts }) => facts.probe)).toEqual([
    'no-credential',
  ])
  const rest = observed(collection, 'auth.enforcement', { refused: 'undetermined' })
  expect(rest).toHaveLength(6)
  expect(rest.every(({ evidence }) => evidence.length >= 3)).toBe(true)
})

test('an operation whose good answer is not 2xx is judged by the status that the target names', async () => {
  const url = await api((authorised, path) =>
    !known(path) ? notFound : authorised ? { status: 404, body: {} } : { status: 401 },
  )
  const without = await probe(url)
  expect(refusals(without)).toEqual(['undetermined'])
  const named = await probe(url, { api: { baseUrl: url, operations: [{ path: '/orders', expect: 404 }] } })
  expect(refusals(named)).toEqual(['yes'])
})

test('an opaque credential is probed with what needs no forging', async () => {
  process.env.AFFIDAVIT_TEST_OPAQUE = 'opaque-credential-of-the-tests'
  const url = await api((_authorised, path, request) => {
    if (!known(path)) return notFound
    return request.headers.authorization === 'Bearer opaque-credential-of-the-tests' ? orders : { status: 401 }
  })
  const collection = await probe(url, { token: 'env:AFFIDAVIT_TEST_OPAQUE', expiredToken: undefined })
  expect(observed(collection, 'auth.enforcement').map(({ facts }) => facts.probe)).toEqual([
    'no-credential',
    'garbage-token',
  ])
  expect(collection.leftOut.map(({ probe: name }) => name)).toEqual(
    expect.arrayContaining(['forged tokens', 'expired tokens']),
  )
})

test('an API key goes where the target says, and never into the evidence', async () => {
  process.env.AFFIDAVIT_TEST_KEY = 'key-of-the-tests-0123456789'
  const url = await api((_authorised, path, request) => {
    if (!known(path)) return notFound
    return request.headers['x-orders-key'] === 'key-of-the-tests-0123456789' ? orders : { status: 403 }
  })
  const collection = await probe(url, {
    api: { baseUrl: url, operations: [{ path: '/orders' }], credential: { header: 'X-Orders-Key', scheme: '' } },
    token: 'env:AFFIDAVIT_TEST_KEY',
    expiredToken: undefined,
  })
  expect(refusals(collection)).toEqual(['yes'])
  expect(evidenceText(collection)).toContain('x-orders-key: [redacted:valid-token]')
  expect(evidenceText(collection)).not.toContain('key-of-the-tests')
})

test('a token that has not expired is not sent as one that has', async () => {
  const url = await api((authorised, path) => (!known(path) ? notFound : authorised ? orders : { status: 401 }))
  const collection = await probe(url, { expiredToken: 'env:AFFIDAVIT_TEST_TOKEN' })
  expect(observed(collection, 'auth.enforcement', { probe: 'expired' })).toEqual([])
  expect(collection.leftOut.map(({ probe: name }) => name)).toContain('expired tokens')
})

test('a credential that has itself expired is said to have', async () => {
  const url = await api((authorised, path) => (!known(path) ? notFound : authorised ? orders : { status: 403 }))
  const collection = await probe(url, { token: 'env:AFFIDAVIT_TEST_EXPIRED', expiredToken: undefined })
  expect(refusals(collection)).toEqual(['undetermined'])
  expect(collection.leftOut).toContainEqual({
    probe: 'requests with a credential',
    reason: 'the credential that the target names has expired',
  })
})

test('an API that is down leaves every operation undetermined', async () => {
  const collection = await probe('http://127.0.0.1:1')
  expect(refusals(collection)).toEqual(['undetermined'])
  expect(observed(collection, 'auth.enforcement').map(({ facts }) => [facts.probe, facts.status])).toEqual([
    ['no-credential', null],
  ])
})
