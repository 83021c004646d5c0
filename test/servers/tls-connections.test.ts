import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { needsCurve } from '../../collectors/tls/registry/cipher-suites.ts'
import { type Exchange, isAboutFeature } from '../../collectors/tls/transcript.ts'
import { readClientHello } from '../../collectors/tls/wire/client-hello.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { localCertificate, meddler, type Running, showing, tcpServer, tlsServer } from '../helpers/tls-servers.ts'
import { transcriptOf } from '../helpers/tls-transcript.ts'

const rsa = localCertificate('RSA-2048')
const ec = localCertificate('P-256')
const look = ({ port }: Running) => collectFrom(tlsCollector, { host: '127.0.0.1', port })

/** What was asked about versions, suites, order, groups and certificates: one exchange a connection. */
function inventoryOf(collection: Collection): readonly Exchange[] {
  return transcriptOf(collection).exchanges.filter((each) => !isAboutFeature(each))
}

function list(collection: Collection, protocol: string, fact: 'cipherSuites' | 'groups'): readonly string[] {
  return observed(collection, 'tls.protocol', { protocol }).flatMap(({ facts }) => facts[fact] as readonly string[])
}

test.each(['server', 'client'])(
  'both certificates and all suites, in %s order, take at most 70 connections',
  async (order) => {
    const options = { ...showing(rsa, ec), ciphers: 'HIGH:!aNULL', honorCipherOrder: order === 'server' }
    await using server = await tlsServer(options)
    const collection = await look(server)
    expect(observed(collection, 'tls.certificate')).toHaveLength(2)
    const [tls12] = observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })
    expect(tls12?.facts).toMatchObject({ cipherSuitesComplete: 'yes', groupsComplete: 'yes', preference: order })
    expect(inventoryOf(collection).length).toBeLessThanOrEqual(70)
  },
)

test('older versions are asked for what the newest one leads to expect, all at once', async () => {
  await using server = await tlsServer({
    ...showing(rsa),
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.2',
    ciphers: 'ALL:@SECLEVEL=0',
  })
  const collection = await look(server)
  for (const protocol of ['TLSv1.0', 'TLSv1.1'] as const) {
    const [facts] = observed(collection, 'tls.protocol', { protocol }).map((each) => each.facts)
    expect(facts).toMatchObject({ offered: 'yes', cipherSuitesComplete: 'yes', preference: 'server' })
    const asked = inventoryOf(collection).filter((each) => each.protocol === protocol)
    const found = list(collection, protocol, 'cipherSuites').length + list(collection, protocol, 'groups').length
    // One for the first look, one refusal of all other suites and one of all other groups, none for the order.
    expect(asked.length).toBeLessThanOrEqual(found + 3)
  }
})

test('a server that chooses its certificate before its suite keeps none of its suites from us', async () => {
  const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA:AES128-SHA'
  const only = { ciphers, maxVersion: 'TLSv1.2' } as const
  await using withEc = await tlsServer({ ...showing(ec), ...only })
  await using withRsa = await tlsServer({ ...showing(rsa), ...only })
  // As haproxy does: whoever offers any ECDSA suite gets the ECDSA certificate.
  await using server = await tcpServer((socket) => {
    socket.once('data', (hello) => {
      const takesEc = readClientHello(hello)?.cipherSuites.some(needsCurve)
      const upstream = connect(takesEc ? withEc.port : withRsa.port, '127.0.0.1')
      upstream.on('error', () => socket.destroy())
      upstream.write(hello)
      socket.pipe(upstream).pipe(socket)
    })
  })
  expect(list(await look(server), 'TLSv1.2', 'cipherSuites').toSorted()).toEqual([
    'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
    'TLS_RSA_WITH_AES_128_CBC_SHA',
  ])
})

test('a version that the server answers by closing slows nothing else down', async () => {
  await using real = await tlsServer({ ...showing(rsa, ec), ciphers: 'HIGH:!aNULL' })
  // The first byte of a TLS record is its type; SSLv2 begins with a length.
  await using server = await meddler(real.port, { instead: (hello) => (hello[0] === 22 ? undefined : 'close') })
  const collection = await look(server)
  expect(observed(collection, 'tls.protocol', { protocol: 'SSLv2' })[0]?.facts.offered).toBe('no')
  const asked = inventoryOf(collection)
  const afterwards = asked.slice(asked.findIndex(({ purpose }) => purpose === 'sslv2') + 1)
  expect(Math.max(...afterwards.map(({ open = 0 }) => open))).toBeGreaterThan(8)
  expect(asked.filter(({ alone }) => alone)).toEqual([])
})
