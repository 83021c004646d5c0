import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { readClientHello } from '../../collectors/tls/wire/client-hello.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { issue } from '../helpers/tls-certificates.ts'
import { rateLimiter } from '../helpers/tls-crowded.ts'
import { alert } from '../helpers/tls-replies.ts'
import { opensslServer } from '../helpers/tls-s-server.ts'
import { localCertificate, meddler, type Running, showing, tcpServer, tlsServer } from '../helpers/tls-servers.ts'
import { transcriptOf } from '../helpers/tls-transcript.ts'

let real: Running
let whole: Collection
beforeAll(async () => {
  real = await tlsServer({
    ...showing(localCertificate('RSA-2048')),
    ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:TLS_AES_128_GCM_SHA256',
  })
  whole = await look(real)
})
afterAll(() => real[Symbol.asyncDispose]())

const look = ({ port }: Running, over: object = {}) => collectFrom(tlsCollector, { host: 'localhost', port, ...over })

/** Everything that is seen of a server but the sentences. */
function facts(collection: Collection) {
  const kinds = ['tls.protocol', 'tls.feature', 'tls.weakness']
  return collection.observations
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ facts: { reason: _, ...rest } }) => rest)
}

const offered = (collection: Collection) =>
  Object.fromEntries(observed(collection, 'tls.protocol').map(({ facts }) => [facts.protocol, facts.offered]))

/** An alert that comes by itself. */
const isAlert = (answer: Buffer) => answer[0] === 21 && answer.length === 7

describe('what is found all the same', () => {
  test('where errors are sent as warnings', async () => {
    await using server = await meddler(real.port, {
      rewrite: (answer) => (isAlert(answer) ? Buffer.from(answer).fill(1, 5, 6) : answer),
    })
    expect(facts(await look(server))).toEqual(facts(whole))
  })

  test('where a warning about the name comes before the answer', async () => {
    await using server = await meddler(real.port, {
      rewrite: (answer) => (answer[0] === 22 ? Buffer.concat([alert(112, 1), answer]) : answer),
    })
    expect(facts(await look(server))).toEqual(facts(whole))
  })

  test('where no version without a name gets in: SSLv3 is asked for with one', async () => {
    const named = (hello: Buffer) => hello.includes('localhost')
    await using server = await meddler(real.port, { instead: (hello) => (named(hello) ? undefined : alert(112)) })
    const collection = await look(server)
    expect(observed(collection, 'tls.protocol', { protocol: 'SSLv3' })[0]?.facts).toMatchObject({
      offered: 'no',
      reason: expect.stringContaining('handshake_failure'),
    })
  })
})

describe('what stays open', () => {
  test.each([40, 70])('every version of a server that answers each hello with alert %i', async (description) => {
    await using server = await tcpServer((socket) => socket.once('data', () => socket.end(alert(description))))
    const collection = await look(server)
    expect(new Set(Object.values(offered(collection)))).toEqual(new Set(['undetermined']))
    expect(observed(collection, 'tls.weakness', { status: 'not-vulnerable' })).toEqual([])
  })

  test('versions to which the server answers with a newer one', async () => {
    const upgraded = (hello: Buffer) => {
      const { versions = [] } = readClientHello(hello) ?? {}
      return versions.includes(0x0302) || versions.includes(0x0301)
    }
    const chosen = Buffer.from(`160303002a020000260303${'00'.repeat(32)}00002f00`, 'hex')
    await using server = await meddler(real.port, { instead: (hello) => (upgraded(hello) ? chosen : undefined) })
    const collection = await look(server, { limits: { timeout: '5s' } })
    expect(offered(collection)).toMatchObject({
      'TLSv1.1': 'undetermined',
      'TLSv1.0': 'undetermined',
      'TLSv1.2': 'yes',
    })
  })
})

describe.concurrent('nothing false is said of a server that lets a few connections a second through', () => {
  test.each<['reset' | 'close', number]>([
    ['reset', 20],
    ['close', 20],
    ['close', 5],
  ])('and meets others with a %s, %i', async (beyond, perSecond) => {
    await using server = await rateLimiter(real.port, perSecond, beyond)
    const collection = await look(server, { limits: { timeout: '7s' } })
    const truth = new Map(observed(whole, 'tls.protocol').map(({ facts }) => [facts.protocol, facts]))
    for (const { facts } of observed(collection, 'tls.protocol')) {
      const { offered, cipherSuites, groups } = truth.get(facts.protocol) ?? {}
      expect([offered, 'undetermined']).toContain(facts.offered)
      const all = (list: unknown) => expect.arrayContaining(list as string[])
      if (facts.cipherSuitesComplete === 'yes') expect(facts.cipherSuites).toEqual(all(cipherSuites))
      if (facts.groupsComplete === 'yes') expect(facts.groups).toEqual(all(groups))
    }
    const stumbles = observed(collection, 'tls.feature').filter(({ facts }) => /intolerance/.test(String(facts.name)))
    expect(stumbles.filter(({ facts }) => facts.status === 'yes')).toEqual([])
    expect(observed(collection, 'tls.weakness', { status: 'vulnerable', basis: 'tested' })).toEqual([])
  })
})

test('groups and primes of suites with a shared key are read behind its hint', async () => {
  const suites = 'DHE-PSK-AES128-GCM-SHA256:ECDHE-PSK-AES128-CBC-SHA256'
  await using server = await opensslServer('-psk', 'ab12cd34', '-psk_hint', 'who', '-cipher', suites, '-tls1_2')
  const collection = await look(server)
  expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts).toMatchObject({
    cipherSuites: expect.arrayContaining([
      'TLS_DHE_PSK_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256',
    ]),
    groups: expect.arrayContaining(['x25519', 'secp256r1']),
    groupsComplete: 'yes',
  })
  const [primes] = observed(collection, 'tls.feature', { name: 'dh-parameters' })
  expect(Number(primes?.facts.bits)).toBeGreaterThanOrEqual(2_048)
  expect(observed(collection, 'tls.weakness', { name: 'logjam', status: 'not-vulnerable' })).toHaveLength(1)
})

test.each<[string, readonly string[], string]>([
  ['and with TLS 1.2', [], 'yes'],
  ['alone', ['-tls1_3'], 'undetermined'],
])('TLS 1.3 with shared keys %s is not said to be absent', async (_, options, tls12) => {
  await using server = await opensslServer('-nocert', '-psk', 'ab12cd34', ...options)
  const collection = await look(server)
  expect(offered(collection)).toMatchObject({ 'TLSv1.2': tls12, 'TLSv1.3': 'undetermined' })
  expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.3' })[0]?.facts).toMatchObject({
    cipherSuitesComplete: 'no',
    reason: expect.stringContaining('missing_extension'),
  })
  const asked = transcriptOf(collection).exchanges.filter(({ protocol }) => protocol === 'TLSv1.3')
  expect(asked.filter(({ purpose }) => purpose === 'shared-key')).toHaveLength(1)
})

test('a server that never asks for a key share refuses hellos without one, and no suite by that', async () => {
  const withoutShare = Buffer.from([0, 51, 0, 2, 0, 0])
  await using server = await meddler(real.port, {
    instead: (hello) => (hello.includes(withoutShare) ? alert(40) : undefined),
  })
  const collection = await look(server)
  expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.3' })[0]?.facts).toMatchObject({
    offered: 'yes',
    cipherSuitesComplete: 'no',
    groupsComplete: 'no',
    reason: expect.stringContaining('key share'),
  })
})

test('a certificate that only one signature algorithm brings to light is among the chains', async () => {
  const ed25519 = issue({ key: 'Ed25519' })
  await using server = await tlsServer({
    ...showing(localCertificate('RSA-2048'), localCertificate('P-256'), ed25519),
    minVersion: 'TLSv1.3',
  })
  const collection = await look(server)
  const types = observed(collection, 'tls.certificate').map(({ facts }) => facts.keyType)
  expect(types.toSorted()).toEqual(['EC', 'Ed25519', 'RSA'])
  expect(observed(collection, 'tls.certificate', { keyType: 'Ed25519' })[0]?.facts).toMatchObject({
    role: 'served',
    ocspStapling: 'none',
  })
})
