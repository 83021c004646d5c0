import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { collectTarget } from '../../src/collect/collect-target.ts'
import type { Context, HttpExchange, HttpRequest } from '../../src/collect/contract.ts'
import type { CollectionError } from '../../src/model/errors.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { instant } from '../../src/model/time.ts'
import { certificateFor } from '../helpers/certificate.ts'
import { collectorThat, thing } from '../helpers/collector-that.ts'

const closing: (() => Promise<void>)[] = []
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'collect-http-'))
})
afterAll(() => rm(directory, { recursive: true }))
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Runs a collector that does what the test says against a port of this machine. */
async function collect(
  port: number,
  use: (context: Context, origin: string) => Promise<unknown>,
  target: Record<string, unknown> = {},
): Promise<Collection> {
  const collector = collectorThat(async function* (context) {
    await use(context, `http://127.0.0.1:${port}`)
    yield thing()
  })
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined }
  return await collectTarget(
    collector,
    { port, ...target },
    { clock: { now: () => instant(new Date()) }, signal: new AbortController().signal, log, baseDirectory: directory },
  )
}

/** The answer to one request and the whole collection. */
async function ask(port: number, request: Partial<HttpRequest> = {}, target: Record<string, unknown> = {}) {
  let exchange: HttpExchange | undefined
  let error: CollectionError | undefined
  const collection = await collect(
    port,
    async (context, origin) => {
      try {
        exchange = await context.http({ url: origin, ...request })
      } catch (thrown) {
        error = thrown as CollectionError
        throw thrown
      }
    },
    target,
  )
  return { exchange, error, collection, record: recordOf(collection) }
}

function recordOf(collection: Collection, name = 'http-001.txt'): string {
  const artefact = collection.artefacts.find((each) => each.name === name)
  return Buffer.from(artefact?.bytes ?? []).toString('latin1')
}

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

const http = (listener: RequestListener): Promise<number> => listen(createHttpServer(listener))

/** A TCP server that does what the test says with each connection. */
const tcp = (onConnection: (socket: Socket) => void): Promise<number> => listen(createTcpServer(onConnection))

test('an answer keeps every header line, its body, its status and its record', async () => {
  const port = await http((_, response) => {
    response.writeHead(404, 'Nope', [
      ['X-Twice', 'a'],
      ['X-Twice', 'b'],
      ['Content-Type', 'application/json; charset=utf-8'],
    ])
    response.end('{"a":"ü"}')
  })
  const { exchange, collection, record } = await ask(port)
  expect(exchange).toMatchObject({ status: 404, truncated: false, evidence: 'http-001.txt' })
  expect(exchange?.headers['x-twice']).toEqual(['a', 'b'])
  expect(exchange?.header('X-TWICE')).toBe('a')
  expect(exchange?.header('absent')).toBeUndefined()
  expect(exchange?.json()).toEqual({ a: 'ü' })
  expect(record).toMatch(/^GET \/ HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\n/)
  expect(record).toContain('\r\n\r\nHTTP/1.1 404 Nope\r\nX-Twice: a\r\nX-Twice: b\r\n')
  expect(collection.failure).toBeNull()
  expect(collection.usage).toMatchObject({ connections: 1, requests: 1 })
  expect(collection.usage.bytesSent).toBeGreaterThan(100)
  expect(collection.usage.bytesReceived).toBeGreaterThan(100)
})

test.each<Partial<HttpRequest>>([
  {},
  { method: 'POST', body: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
  { method: 'OPTIONS', headers: { Origin: 'https://evil.test', Host: 'other.test' } },
  { method: 'TRACE', headers: { 'X-Probe': 'yes' } },
  { method: 'PUT', body: Uint8Array.from([0, 255, 10]) },
])('what is recorded of a request is byte for byte what was sent: %j', async (request) => {
  let sent = Buffer.alloc(0)
  const port = await tcp((socket) => {
    socket.on('data', (bytes) => {
      sent = Buffer.concat([sent, bytes])
      setTimeout(() => socket.end('HTTP/1.1 204 No Content\r\n\r\n'), 20)
    })
  })
  const { record } = await ask(port, request)
  expect(record.startsWith(sent.toString('latin1'))).toBe(true)
  expect(sent.length).toBeGreaterThan(50)
})

test('the server sees who asks', async () => {
  let agent: string | undefined
  const port = await http((request, response) => {
    agent = request.headers['user-agent']
    response.end()
  })
  await ask(port)
  expect(agent).toMatch(/^Affidavit\/\d+\.\d+\.\d+\S* \(\+compliance evidence collection\)$/)
})

test('secrets are in neither the record of the request nor that of the response', async () => {
  const port = await http((_, response) => {
    response.setHeader('Set-Cookie', 'session=abcdef; HttpOnly')
    response.end(JSON.stringify({ access_token: 'opaque-token-1', echo: 'hunter22' }))
  })
  process.env.COLLECT_HTTP_TEST_SECRET = 'hunter22'
  const collection = await collect(port, async (context, origin) => {
    const password = await context.secret('env:COLLECT_HTTP_TEST_SECRET' as never)
    await context.http({
      method: 'POST',
      url: `${origin}/token?api_key=k1&x=1`,
      headers: { authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}` },
      body: `pass=${password}`,
    })
  })
  const record = recordOf(collection)
  expect(record).toContain('POST /token?api_key=[redacted:secret]&x=1 HTTP/1.1')
  expect(record).toContain('authorization: Basic [redacted:credential]')
  expect(record).toContain('pass=[redacted:secret]')
  expect(record).toContain('Set-Cookie: session=[redacted:cookie]; HttpOnly')
  expect(record).toContain('{"access_token":"[redacted:secret]","echo":"[redacted:secret]"}')
})

test('a body that need not be kept is recorded as its length and digest', async () => {
  const port = await http((_, response) => response.end('{"name":"Jane Roe"}'))
  const { exchange, record } = await ask(port, { keepBody: false })
  expect(exchange?.text()).toBe('{"name":"Jane Roe"}')
  const digest = createHash('sha256').update('{"name":"Jane Roe"}').digest('hex')
  expect(record).toContain(`[the body was not kept: 19 bytes, SHA-256 ${digest}]`)
  expect(record).not.toContain('Jane')
})

test('a redirect is an answer and is not followed', async () => {
  let requests = 0
  const port = await http((_, response) => {
    requests += 1
    response.writeHead(302, { Location: '/elsewhere' }).end()
  })
  expect((await ask(port)).exchange?.status).toBe(302)
  expect(requests).toBe(1)
})

test('a body is cut at maxBytes and says so', async () => {
  const port = await http((_, response) => response.end(Buffer.alloc(500_000, 'x')))
  const { exchange, record } = await ask(port, { maxBytes: 1_000 })
  expect(exchange?.truncated).toBe(true)
  expect(exchange?.body).toHaveLength(1_000)
  expect(record).toContain('[the body was cut after 1000 bytes')
})

test('a word that is cut in half is left out of the record, since half a secret has no shape any more', async () => {
  const port = await http((_, response) => response.end(`{"message": "all is well", "id": "AKIAIOSFODNN7EXAMPLE"}`))
  const { exchange, record } = await ask(port, { maxBytes: 45 })
  expect(exchange?.text()).toContain('AKIAIOSF')
  expect(record).toContain(
    '"all is well", "id": \r\n[the body was cut after 45 bytes, and the word that was cut in half',
  )
  expect(record).not.toContain('AKIA')
})

test.each([
  ['gzip', { 'content-encoding': 'gzip' }, 'plain enough'],
  ['bytes that are no text', { 'content-type': 'text/plain' }, 'a\u0001b'],
])('a body in which no secret could be found, %s, is not kept', async (_, headers, body) => {
  const port = await http((_, response) => response.writeHead(200, headers).end(body))
  const { record } = await ask(port)
  const digest = createHash('sha256').update(body).digest('hex')
  expect(record).toContain(`[the body was not kept, as it is no plain text: ${body.length} bytes, SHA-256 ${digest}]`)
  expect(record).not.toContain(body)
})

test('a body of exactly maxBytes is whole', async () => {
  const port = await http((_, response) => response.end(Buffer.alloc(1_000, 'x')))
  expect((await ask(port, { maxBytes: 1_000 })).exchange).toMatchObject({ truncated: false })
})

test('an endless body is cut and its connection closed', async () => {
  let closed = false
  const port = await http((_, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(10_000)), 1)
    response.on('close', () => {
      closed = true
      clearInterval(timer)
    })
  })
  expect((await ask(port, { maxBytes: 50_000 })).exchange?.truncated).toBe(true)
  await expect.poll(() => closed).toBe(true)
})

test('an answer that is no JSON is unparsable and names its record', async () => {
  const port = await http((_, response) => response.end('<html>'))
  const collection = await collect(port, async (context, origin) => {
    const exchange = await context.http({ url: origin })
    expect(() => exchange.json()).toThrow(
      expect.objectContaining({ failure: 'unparsable', evidence: ['http-001.txt'] }),
    )
  })
  expect(collection.failure).toBeNull()
})

test('an idle connection is used again', async () => {
  const port = await http((_, response) => response.end('ok'))
  const collection = await collect(port, async (context, origin) => {
    for (let count = 0; count < 5; count += 1) await context.http({ url: origin })
  })
  expect(collection.usage).toMatchObject({ connections: 1, requests: 5 })
})

test('where the server closed an idle connection meanwhile, a safe request is sent again and an unsafe one is not', async () => {
  const port = await tcp((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      socket.once('data', () => socket.destroy())
    })
  })
  const get = await collect(port, async (context, origin) => {
    await context.http({ url: origin })
    expect((await context.http({ url: origin })).status).toBe(200)
  })
  expect(get.failure).toBeNull()
  expect(get.usage).toMatchObject({ connections: 2, requests: 3 })
  const post = await collect(port, async (context, origin) => {
    await context.http({ url: origin })
    await context.http({ url: origin, method: 'POST', body: 'x' })
  })
  expect(post.failure?.code).toMatch(/^(closed|reset)$/)
})

test('no more requests are under way than the target’s concurrency allows', async () => {
  let now = 0
  let most = 0
  const port = await http((_, response) => {
    now += 1
    most = Math.max(most, now)
    setTimeout(() => {
      now -= 1
      response.end()
    }, 20)
  })
  const collection = await collect(
    port,
    (context, origin) => Promise.all(Array.from({ length: 9 }, () => context.http({ url: origin }))),
    { limits: { concurrency: 3 } },
  )
  expect(collection.failure).toBeNull()
  expect(most).toBe(3)
  expect(collection.usage).toMatchObject({ connections: 3, requests: 9 })
})

test('a request that time ran out for before it was sent leaves no record', async () => {
  const port = await http(() => undefined)
  const collection = await collect(
    port,
    (context, origin) => Promise.all([context.http({ url: origin }), context.http({ url: `${origin}/second` })]),
    { limits: { concurrency: 1, timeout: '200ms' } },
  )
  expect(collection.failure?.code).toBe('timeout')
  expect(collection.usage.requests).toBe(1)
  expect(collection.artefacts.map(({ name }) => name)).toEqual(['http-001.txt'])
})

test.each([
  [{ requests: 2 }, 'requests'],
  [{ bytes: 3_000 }, 'bytes'],
])('limits of %j end a collection with its budget', async (limits, word) => {
  const port = await http((_, response) => response.end(Buffer.alloc(1_000)))
  let answers = 0
  const collection = await collect(
    port,
    async (context, origin) => {
      for (;;) {
        await context.http({ url: origin })
        answers += 1
      }
    },
    { limits },
  )
  expect(collection.failure).toMatchObject({ code: 'budget', hint: expect.stringContaining(`limits.${word}`) })
  expect(answers).toBe(2)
})

test('connections are limited, too', async () => {
  const port = await http((_, response) => response.setHeader('Connection', 'close').end())
  const use = async (context: Context, origin: string) => {
    for (;;) await context.http({ url: origin })
  }
  const collection = await collect(port, use, { limits: { connections: 3 } })
  expect(collection.failure?.code).toBe('budget')
  expect(collection.usage.connections).toBe(3)
})

test('an endless answer ends with the bytes of the target even where the collector would read on', async () => {
  const port = await http((_, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(20_000)), 1)
    response.on('close', () => clearInterval(timer))
  })
  const { collection } = await ask(port, { maxBytes: 1e9 }, { limits: { bytes: 200_000 } })
  expect(collection.failure?.code).toBe('budget')
})

test.each<[string, (socket: Socket) => void, RegExp]>([
  ['closes at once', (socket) => socket.end(), /^closed$/],
  ['resets', (socket) => socket.once('data', () => socket.resetAndDestroy()), /^reset$/],
  ['answers garbage', (socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9\r\n\r\n')), /^not-http$/],
  ['sends endless headers', (socket) => socket.once('data', () => endlessHeaders(socket)), /^too-large$/],
  [
    'breaks off in the body',
    (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')),
    /^closed$/,
  ],
  ['never answers', () => undefined, /^timeout$/],
  ['drips its headers', (socket) => socket.once('data', () => drip(socket, 'HTTP/1.1 200 OK\r\nX: ')), /^timeout$/],
  [
    'drips its body',
    (socket) => socket.once('data', () => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n')),
    /^timeout$/,
  ],
])('a server that %s is a failure with a record', async (_, behave, code) => {
  const port = await tcp(behave)
  const { error, collection, record } = await ask(port, {}, { limits: { timeout: '300ms' } })
  expect(collection.failure?.code, collection.failure?.message).toMatch(code)
  expect(collection.usage.durationMs).toBeLessThan(1_500)
  expect(error?.failure).toMatch(code)
  expect(error?.evidence).toEqual(['http-001.txt'])
  expect(record).toMatch(/\[(no response|the response broke off): .*\]/)
})

test('what came in place of HTTP is kept', async () => {
  const port = await tcp((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9\r\n')))
  expect((await ask(port)).record).toContain('SSH-2.0-OpenSSH_9')
})

test('what came of a response that breaks off is kept', async () => {
  const port = await tcp((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')),
  )
  const { record } = await ask(port)
  expect(record).toContain('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
})

test('one slow request does not use up the time of the others', async () => {
  const port = await http((request, response) => {
    if (request.url === '/fast') response.end()
  })
  const collection = await collect(port, async (context, origin) => {
    const slow = context.http({ url: `${origin}/slow`, timeoutMs: 50 })
    await expect(slow).rejects.toMatchObject({ failure: 'timeout', evidence: ['http-001.txt'] })
    expect((await context.http({ url: `${origin}/fast` })).status).toBe(200)
  })
  expect(collection.failure).toBeNull()
})

test('a collector that yields without end is ended by its time', async () => {
  const collector = collectorThat(async function* () {
    for (;;) yield thing()
  })
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined }
  const clock = { now: () => instant('2026-09-09T02:00:00Z') }
  const options = { clock, signal: new AbortController().signal, log, baseDirectory: directory }
  const collection = await collectTarget(collector, { limits: { timeout: '50ms' } }, options)
  expect(collection.failure?.code).toBe('timeout')
  expect(collection.usage.durationMs).toBeLessThan(2_000)
})

test('a port that nothing listens on refuses', async () => {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const { collection, record } = await ask(port)
  expect(collection.failure).toMatchObject({ code: 'refused', hint: expect.any(String) })
  expect(record).toContain('[no response: ')
})

test.each(['https://example.test/', 'http://localhost:1/', 'http://127.0.0.2:1/', 'file:///etc/passwd'])(
  '%s is outside the reach and nothing is sent',
  async (url) => {
    const port = await http((_, response) => response.end())
    const { collection } = await ask(port, { url })
    expect(collection.failure?.code).toBe('not-permitted')
    expect(collection.usage).toMatchObject({ connections: 0, requests: 0 })
  },
)

test('a name keeps its address, and a name without one is unresolved', async () => {
  const port = await http((_, response) => response.end())
  const named = await ask(port, { url: `http://localhost:${port}/` }, { host: 'localhost' })
  expect(named.exchange?.status).toBe(200)
  const unknown = await ask(port, { url: `http://nowhere.invalid:${port}/` }, { host: 'nowhere.invalid' })
  expect(unknown.collection.failure?.code).toBe('unresolved')
})

test('https trusts the target’s own anchors and no others', async () => {
  const { certificate, key } = await certificateFor(['127.0.0.1'])
  const server = createHttpsServer({ cert: certificate, key }, (_, response) => response.end('secure'))
  const port = await listen(server as unknown as Server)
  const url = `https://127.0.0.1:${port}/`
  const strict = await ask(port, { url })
  expect(strict.collection.failure).toMatchObject({
    code: 'untrusted-certificate',
    hint: expect.stringContaining('trust:'),
  })
  await writeFile(join(directory, 'anchor.pem'), certificate)
  const trusting = await ask(port, { url }, { trust: ['anchor.pem'] })
  expect(trusting.exchange?.text()).toBe('secure')
  // A Host header that a probe makes up does not change whom the certificate must name.
  const misled = await ask(port, { url, headers: { Host: 'other.test' } }, { trust: ['anchor.pem'] })
  expect(misled.exchange?.status).toBe(200)
})

test('a certificate for another name is not trusted', async () => {
  const { certificate, key } = await certificateFor(['other.test'])
  const port = await listen(createHttpsServer({ cert: certificate, key }) as unknown as Server)
  await writeFile(join(directory, 'other.pem'), certificate)
  const { collection } = await ask(port, { url: `https://127.0.0.1:${port}/` }, { trust: ['other.pem'] })
  expect(collection.failure).toMatchObject({ code: 'untrusted-certificate', hint: expect.stringContaining('name') })
})

test('NODE_TLS_REJECT_UNAUTHORIZED does not weaken what is trusted', async () => {
  const { certificate, key } = await certificateFor(['127.0.0.1'])
  const port = await listen(createHttpsServer({ cert: certificate, key }) as unknown as Server)
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  try {
    const { collection } = await ask(port, { url: `https://127.0.0.1:${port}/` })
    expect(collection.failure?.code).toBe('untrusted-certificate')
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  }
})

test.each([
  ['absent.pem', undefined, 'not-found'],
  ['empty.pem', '', 'unparsable'],
  ['broken.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'unparsable'],
])('the trust file %s is a failure of its own', async (name, content, code) => {
  if (content !== undefined) await writeFile(join(directory, name), content)
  const port = await http((_, response) => response.end())
  const { collection } = await ask(port, { url: `https://127.0.0.1:${port}/` }, { trust: [name] })
  expect(collection.failure?.code).toBe(code)
})

test('plain HTTP where TLS is expected is not-tls', async () => {
  const port = await http((_, response) => response.end())
  const { collection } = await ask(port, { url: `https://127.0.0.1:${port}/` })
  expect(collection.failure?.code).toBe('not-tls')
})

test('a connection that ends during the handshake is tls-handshake', async () => {
  const port = await tcp((socket) => socket.once('data', () => socket.end()))
  const { collection } = await ask(port, { url: `https://127.0.0.1:${port}/` })
  expect(collection.failure?.code).toBe('tls-handshake')
})

test('sockets are counted, guarded, and closed at the end', async () => {
  let open = 0
  const port = await tcp((socket) => {
    open += 1
    socket.on('close', () => {
      open -= 1
    })
    socket.resume()
    socket.end('hello')
  })
  const collection = await collect(port, async (context) => {
    const socket = await context.connect({ host: '127.0.0.1', port })
    socket.write('ping')
    const [data] = await once(socket, 'data')
    expect(String(data)).toBe('hello')
    await context.connect({ host: '127.0.0.1', port })
    await expect(context.connect({ host: '127.0.0.1', port: port + 1 })).rejects.toMatchObject({
      failure: 'not-permitted',
    })
  })
  expect(collection.failure).toBeNull()
  expect(collection.usage).toMatchObject({ connections: 2, bytesSent: 4 })
  expect(collection.usage.bytesReceived).toBeGreaterThanOrEqual(5)
  await expect.poll(() => open).toBe(0)
})

test('a socket that floods is destroyed when the bytes are spent', async () => {
  const port = await tcp((socket) => {
    const timer = setInterval(() => socket.write(Buffer.alloc(20_000)), 1)
    socket.on('close', () => clearInterval(timer))
  })
  const collection = await collect(
    port,
    async (context) => {
      const socket = await context.connect({ host: '127.0.0.1', port })
      socket.resume()
      const [error] = await once(socket, 'error').catch((thrown) => [thrown])
      throw error
    },
    { limits: { bytes: 100_000 } },
  )
  expect(collection.failure?.code).toBe('budget')
})

function drip(socket: Socket, start: string): void {
  socket.write(start)
  const timer = setInterval(() => socket.write('x'), 20)
  socket.on('close', () => clearInterval(timer))
}

function endlessHeaders(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\n')
  const timer = setInterval(() => socket.write(`X-Long: ${'x'.repeat(8_000)}\r\n`), 1)
  socket.on('close', () => clearInterval(timer))
}
