import { createServer, type Server } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { readSetting, settingName } from '../../collectors/tls/setting.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { collectorThat, thing } from '../helpers/collector-that.ts'
import { localCertificate, showing } from '../helpers/tls-servers.ts'

const dns = vi.hoisted(() => ({ found: [] as string[] }))
vi.mock('node:dns/promises', async (original) => ({
  ...(await original<typeof import('node:dns/promises')>()),
  lookup: async () => dns.found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
}))
beforeEach(() => {
  dns.found = []
})

type Here = { readonly port: number; readonly taken: () => number; [Symbol.asyncDispose](): Promise<void> }

async function listen(server: Server, address: string, port: number): Promise<Here> {
  let taken = 0
  server.on('connection', (socket) => {
    taken += 1
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound ? bound.port : 0,
    taken: () => taken,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function speaking(address: string, version: 'TLSv1.2' | 'TLSv1.3', port = 0): Promise<Here> {
  const options: TlsOptions = { ...showing(localCertificate()), minVersion: version, maxVersion: version }
  const server = createTlsServer(options, (socket) => socket.on('error', () => undefined))
  return listen(
    server.on('tlsClientError', () => undefined),
    address,
    port,
  )
}

const look = ({ port }: Here) =>
  collectFrom(tlsCollector, { host: 'several.example.test', port, serverName: 'localhost' })

const offered = (collection: Collection) =>
  observed(collection, 'tls.protocol', { offered: 'yes' }).map(({ facts }) => facts.protocol)
const place = (collection: Collection) => {
  const { address, otherAddresses } = observed(collection, 'tls.negotiated')[0]?.facts ?? {}
  return { address, otherAddresses }
}

// Elsewhere 127.0.0.2 is no address of the loopback.
describe.skipIf(process.platform !== 'linux')('a host with several addresses', () => {
  test('has one of them judged, the same whichever comes first, and the others named', async () => {
    await using one = await speaking('127.0.0.1', 'TLSv1.2')
    await using other = await speaking('127.0.0.2', 'TLSv1.3', one.port)
    for (const found of [
      ['127.0.0.1', '127.0.0.2'],
      ['127.0.0.2', '127.0.0.1'],
    ]) {
      dns.found = found
      const collection = await look(one)
      expect(offered(collection)).toEqual(['TLSv1.2'])
      expect(place(collection)).toEqual({ address: '127.0.0.1', otherAddresses: ['127.0.0.2'] })
      const setting = collection.artefacts.find(({ name }) => name === settingName)
      expect(readSetting(Buffer.from(setting?.bytes ?? []).toString()).addresses).toEqual(['127.0.0.1', '127.0.0.2'])
    }
    expect(other.taken()).toBe(0)
  })

  test.each(['127.0.0.1', '::1'])('is judged by the next one where %s takes no connection', async (closed) => {
    await using open = await speaking('127.0.0.2', 'TLSv1.3')
    dns.found = [closed, '127.0.0.2']
    const collection = await look(open)
    expect(collection.failure).toBeNull()
    expect(offered(collection)).toEqual(['TLSv1.3'])
    expect(place(collection)).toEqual({ address: '127.0.0.2', otherAddresses: [closed] })
  })

  test('is not judged by another one that answers where the first takes connections and resets them', async () => {
    const resetting = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    await using first = await listen(resetting, '127.0.0.1', 0)
    await using second = await speaking('127.0.0.2', 'TLSv1.3', first.port)
    dns.found = ['127.0.0.1', '127.0.0.2']
    const collection = await look(first)
    expect(collection.failure?.code).toBe('reset')
    expect(collection.failure?.message).toContain('127.0.0.1; not asked: 127.0.0.2')
    expect(second.taken()).toBe(0)
  })

  test('that all refuse is refused', async () => {
    const free = await speaking('127.0.0.1', 'TLSv1.3')
    await free[Symbol.asyncDispose]()
    dns.found = ['127.0.0.1', '127.0.0.2']
    const collection = await look(free)
    expect(collection.failure?.code).toBe('refused')
    expect(collection.failure?.message).toContain('127.0.0.1, 127.0.0.2')
  })

  test('lets a collector name one of them, and no other', async () => {
    await using one = await speaking('127.0.0.1', 'TLSv1.3')
    await using other = await speaking('127.0.0.2', 'TLSv1.3', one.port)
    dns.found = ['127.0.0.1', '127.0.0.2']
    const endpoint = { host: 'several.example.test', port: one.port }
    const connecting = (address: string) =>
      collectFrom(
        collectorThat(async function* ({ connect }) {
          const socket = await connect(endpoint, { address })
          socket.destroy()
          yield thing()
        }),
        endpoint,
      )
    expect((await connecting('127.0.0.2')).failure).toBeNull()
    expect((await connecting('127.0.0.3')).failure?.code).toBe('not-permitted')
    expect([one.taken(), other.taken()]).toEqual([0, 1])
  })
})
