import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { readClientHello } from '../../collectors/tls/wire/client-hello.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { queue, refuser } from '../helpers/tls-crowded.ts'
import { alert } from '../helpers/tls-replies.ts'
import { type Meddling, meddler, type Running, tcpServer, tlsServer } from '../helpers/tls-servers.ts'

let real: Running
let whole: Collection
beforeAll(async () => {
  real = await tlsServer({
    ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA',
  })
  whole = await look(real)
})
afterAll(() => real[Symbol.asyncDispose]())

const look = ({ port }: Running, over: object = {}) => collectFrom(tlsCollector, { host: '127.0.0.1', port, ...over })

/** The protocol facts without the sentences. */
function inventory(collection: Collection) {
  return observed(collection, 'tls.protocol').map(({ facts: { reason: _, ...facts } }) => facts)
}

async function lookThrough(meddling: Meddling, over: object = {}): Promise<Collection> {
  await using server = await meddler(real.port, meddling)
  return await look(server, over)
}

describe.concurrent('a server behind which everything is found all the same', () => {
  test.each<[string, Meddling, string?]>([
    ['answers one byte at a time', { byteByByte: true }, '120s'],
    ['takes one connection and resets the others', { atOnce: { limit: 1, beyond: 'reset' } }],
    ['takes one connection and closes the others', { atOnce: { limit: 1, beyond: 'close' } }],
    ['closes half-way through every third answer', { cut: { every: 3, by: 'close' } }],
    ['takes four connections and resets the others', { atOnce: { limit: 4, beyond: 'reset' } }],
    [
      'refuses hellos above 255 bytes by an alert',
      { instead: (hello) => (hello.length > 255 ? alert(40) : undefined) },
    ],
    ['closes at hellos above 255 bytes', { instead: (hello) => (hello.length > 255 ? 'close' : undefined) }],
    ['resets at hellos above 255 bytes', { instead: (hello) => (hello.length > 255 ? 'reset' : undefined) }],
    ['hangs at hellos above 255 bytes', { instead: (hello) => (hello.length > 255 ? 'silence' : undefined) }],
  ])(
    'one that %s',
    async (_, meddling, timeout = '10s') => {
      const collection = await lookThrough(meddling, { limits: { timeout } })
      expect(collection.failure).toBeNull()
      expect(inventory(collection)).toEqual(inventory(whole))
      expect(observed(collection, 'tls.certificate')).toHaveLength(1)
    },
    180_000,
  )
})

describe.concurrent('a crowded server behind which everything is found all the same', () => {
  test.each<[string, () => Promise<Running>]>([
    ['takes four connections and refuses the others', () => refuser(real.port, 4)],
    ['takes one connection and refuses the others', () => refuser(real.port, 1)],
    ['takes one connection and lets the others wait', () => queue(real.port, 30)],
  ])('one that %s', async (_, start) => {
    await using server = await start()
    const collection = await look(server)
    expect(collection.failure).toBeNull()
    expect(inventory(collection)).toEqual(inventory(whole))
    expect(observed(collection, 'tls.certificate')).toHaveLength(1)
  })

  test('one that is too slow for the time limit, of which nothing false is said', async () => {
    await using server = await queue(real.port, 250)
    const collection = await look(server, { limits: { timeout: '5s' } })
    const known = new Map(inventory(whole).map((facts) => [facts.protocol, facts]))
    for (const facts of inventory(collection)) {
      const { offered, cipherSuites = [] } = known.get(facts.protocol) ?? {}
      expect([offered, 'undetermined']).toContain(facts.offered)
      expect(cipherSuites).toEqual(expect.arrayContaining(facts.cipherSuites as string[]))
    }
    expect(collection.usage.durationMs).toBeLessThan(5_500)
  })
})

describe.concurrent('what a server does not answer is never a no', () => {
  const isTls10 = (hello: Buffer) => hello[9] === 3 && hello[10] === 1

  test('a version at which it resets', async () => {
    const collection = await lookThrough({ instead: (hello) => (isTls10(hello) ? 'reset' : undefined) })
    const [facts] = observed(collection, 'tls.protocol', { protocol: 'TLSv1.0' }).map((each) => each.facts)
    expect(facts).toMatchObject({ offered: 'undetermined', reason: expect.stringContaining('reset') })
    expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2', offered: 'yes' })).toHaveLength(1)
  })

  test.each(['reset', 'silence'] as const)('TLS 1.3, where its hello meets a %s', async (instead) => {
    // The supported_versions extension with TLS 1.3 alone.
    const meddling: Meddling = { instead: (hello) => (hello.includes('002b0003020304', 'hex') ? instead : undefined) }
    const collection = await lookThrough(meddling, { limits: { timeout: '10s' } })
    const versions = observed(collection, 'tls.protocol').map(({ facts }) => [facts.protocol, facts.offered])
    expect(Object.fromEntries(versions)).toMatchObject({ 'TLSv1.3': 'yes', 'TLSv1.2': 'yes', 'TLSv1.0': 'no' })
    expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.3' })[0]?.facts.cipherSuitesComplete).toBe('no')
  })

  test.each([
    ['reset', 'undetermined'],
    ['silence', 'undetermined'],
    ['close', 'no'],
  ] as const)(
    'TLS 1.3, where every hello that offers it meets a %s: %s, and the rest is found',
    async (instead, offered) => {
      await using old = await tlsServer({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })
      const offersIt = (hello: Buffer) => readClientHello(hello)?.versions.includes(0x0304)
      await using server = await meddler(old.port, { instead: (hello) => (offersIt(hello) ? instead : undefined) })
      const collection = await look(server, { limits: { timeout: '10s' } })
      const versions = observed(collection, 'tls.protocol').map(({ facts }) => [facts.protocol, facts.offered])
      expect(Object.fromEntries(versions)).toMatchObject({ 'TLSv1.3': offered, 'TLSv1.2': 'yes', 'TLSv1.0': 'no' })
      expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts).toMatchObject({
        cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
        cipherSuitesComplete: 'yes',
        groupsComplete: 'yes',
      })
      expect(observed(collection, 'tls.certificate')).toHaveLength(1)
      expect(observed(collection, 'tls.weakness', { name: 'heartbleed', status: 'not-vulnerable' })).toHaveLength(1)
      const [stumbles] = observed(collection, 'tls.feature', { name: 'version-intolerance' })
      expect(['yes', ...(instead === 'silence' ? ['undetermined'] : [])]).toContain(stumbles?.facts.status)
    },
  )

  test.each(['close', 'silence'] as const)('a server whose every answer ends half-way by a %s', async (by) => {
    const collection = await lookThrough({ cut: { every: 1, by } }, { limits: { timeout: '3s' } })
    expect(collection.failure).not.toBeNull()
    expect(observed(collection, 'tls.protocol').filter(({ facts }) => facts.offered !== 'undetermined')).toEqual([])
    expect(collection.usage.durationMs).toBeLessThan(4_000)
  })

  test('a server without a host of its own for who names none, until it is asked by its name', async () => {
    const meddling: Meddling = { instead: (hello) => (hello.includes('api.test') ? undefined : alert(112)) }
    const nameless = await lookThrough(meddling, { limits: { timeout: '5s' } })
    expect(observed(nameless, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts).toMatchObject({
      offered: 'undetermined',
      reason: expect.stringContaining('unrecognized_name'),
    })
    const named = await lookThrough(meddling, { serverName: 'api.test' })
    expect(observed(named, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts).toMatchObject({
      offered: 'yes',
      cipherSuitesComplete: 'yes',
    })
  })

  test('a version at which it falls silent', async () => {
    const meddling: Meddling = { instead: (hello) => (isTls10(hello) ? 'silence' : undefined) }
    const collection = await lookThrough(meddling, { limits: { timeout: '3s' } })
    expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.0' })[0]?.facts).toMatchObject({
      offered: 'undetermined',
    })
    expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2', offered: 'yes' })).toHaveLength(1)
  })

  test('a version at which it closes in good order, while it answers others, is one', async () => {
    const collection = await lookThrough({ instead: (hello) => (isTls10(hello) ? 'close' : undefined) })
    expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.0' })[0]?.facts).toMatchObject({ offered: 'no' })
  })
})

describe('a port that speaks no TLS gives a failure and no observation', () => {
  test.each<[string, string, Parameters<typeof tcpServer>[0]]>([
    ['resets', 'reset', (socket) => socket.resetAndDestroy()],
    ['closes', 'closed', (socket) => socket.end()],
    ['greets as SSH', 'not-tls', (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')],
    ['greets as SMTP', 'not-tls', (socket) => socket.write('220 mail.test ESMTP ready\r\n')],
    ['sends back what it is sent', 'not-tls', (socket) => socket.pipe(socket)],
    ['sends what nobody knows', 'not-tls', (socket) => socket.end('blargh')],
    ['sends a record without end', 'not-tls', (socket) => socket.end(Buffer.from('1603039999', 'hex'))],
  ])('one that %s: %s', async (_, code, behaviour) => {
    await using server = await tcpServer(behaviour)
    const collection = await look(server)
    expect(collection.failure).toMatchObject({ code })
    expect(collection.failure?.hint).toBeTruthy()
    expect(collection.observations).toEqual([])
    expect(collection.usage.durationMs).toBeLessThan(5_000)
  })

  test('one that nobody listens on is refused at once', async () => {
    const gone = await tcpServer(() => undefined)
    await gone[Symbol.asyncDispose]()
    const collection = await look(gone)
    expect(collection.failure).toMatchObject({ code: 'refused' })
    expect(collection.usage.connections).toBeLessThan(25)
  })

  test.each<[string, Parameters<typeof tcpServer>[0]]>([
    ['never answers', () => undefined],
    ['sends a byte now and then', (socket) => void socket.on('close', dripping(socket))],
  ])('one that %s runs into the time limit and not beyond', async (_, behaviour) => {
    await using server = await tcpServer(behaviour)
    const collection = await look(server, { limits: { timeout: '2s' } })
    expect(collection.failure).toMatchObject({ code: 'timeout' })
    expect(collection.usage.durationMs).toBeLessThan(2_500)
  })
})

/** Sends the start of a record, one byte every 100 ms, until the returned function is called. */
function dripping(socket: { write(bytes: Uint8Array): boolean }): () => void {
  let sent = 0
  const timer = setInterval(() => {
    socket.write(Uint8Array.of([22, 3, 3, 0, 80][sent] ?? 0))
    sent += 1
  }, 100)
  return () => clearInterval(timer)
}

test('a budget that ends the asking keeps what was found until then', async () => {
  const collection = await look(real, { limits: { connections: 30 } })
  expect(collection.failure).toMatchObject({ code: 'budget' })
  expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts).toMatchObject({ offered: 'yes' })
  expect(collection.usage.connections).toBe(30)
})
