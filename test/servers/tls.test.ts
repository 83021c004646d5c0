import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { certificatesOfPem, trustStore } from '../../collectors/tls/certificate/trust.ts'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { replay } from '../../collectors/tls/replay.ts'
import { readSetting, settingName } from '../../collectors/tls/setting.ts'
import { unpackTranscript } from '../../collectors/tls/transcript-artefact.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { issue } from '../helpers/tls-certificates.ts'
import { localCertificate, type Running, showing, tlsServer } from '../helpers/tls-servers.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))

const look = ({ port }: Running, over: object = {}) => collectFrom(tlsCollector, { host: 'localhost', port, ...over })

function settingOf({ artefacts }: Collection) {
  const bytes = artefacts.find(({ name }) => name === settingName)?.bytes ?? []
  return readSetting(Buffer.from(bytes).toString('utf8'))
}

function version(collection: Collection, protocol: string) {
  return observed(collection, 'tls.protocol', { protocol })[0]?.facts
}

const offered = (collection: Collection) =>
  observed(collection, 'tls.protocol')
    .filter(({ facts }) => facts.offered === 'yes')
    .map(({ facts }) => facts.protocol)

describe('versions', () => {
  test('a server of TLS 1.2 and 1.3 is seen with all its suites, its order and its groups', async () => {
    const suites = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES256-SHA']
    await using server = await tlsServer({ ciphers: suites.join(':'), ecdhCurve: 'P-384:X25519' })
    const collection = await look(server)
    expect(collection.failure).toBeNull()
    expect(version(collection, 'TLSv1.2')).toMatchObject({
      offered: 'yes',
      reason: null,
      cipherSuites: [
        'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
        'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
        'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
      ],
      cipherSuitesComplete: 'yes',
      preference: 'server',
      groups: expect.arrayContaining(['x25519', 'secp384r1']),
      groupsComplete: 'yes',
      weakCipherSuites: [],
      forwardSecrecy: 'all',
    })
    expect(offered(collection)).toEqual(['TLSv1.2', 'TLSv1.3'])
  })

  test('the versions that a server refuses are a no with its answer', async () => {
    await using server = await tlsServer()
    const collection = await look(server)
    expect(offered(collection)).toEqual(['TLSv1.2', 'TLSv1.3'])
    for (const protocol of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1']) {
      expect(version(collection, protocol)).toMatchObject({ offered: 'no', reason: expect.stringContaining('alert') })
    }
    expect(version(collection, 'TLSv1.3')).toMatchObject({
      cipherSuites: ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
    })
  })

  test('a server that follows the client is told from one that does not', async () => {
    await using server = await tlsServer({
      honorCipherOrder: false,
      ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384',
    })
    expect(version(await look(server), 'TLSv1.2')).toMatchObject({ preference: 'client' })
  })

  test('TLS 1.0 and 1.1 are found where they are offered', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0' } as const
    await using server = await tlsServer(old)
    const collection = await look(server)
    expect(offered(collection)).toEqual(['TLSv1.0', 'TLSv1.1', 'TLSv1.2'])
    expect(version(collection, 'TLSv1.0')?.cipherSuites).toEqual(['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA'])
    expect(version(collection, 'TLSv1.3')?.offered).toBe('no')
  })

  test('anonymous and NULL suites are found and called weak', async () => {
    await using server = await tlsServer({
      maxVersion: 'TLSv1.2',
      ciphers: 'AECDH-AES128-SHA:ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0',
    })
    expect(version(await look(server), 'TLSv1.2')?.weakCipherSuites).toEqual(
      expect.arrayContaining(['TLS_ECDH_anon_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_ECDSA_WITH_NULL_SHA']),
    )
  })

  test('a server of TLS 1.3 alone is seen whole, its certificate and ALPN through the encryption', async () => {
    await using server = await tlsServer({ minVersion: 'TLSv1.3', ALPNProtocols: ['h2'] })
    const collection = await look(server)
    expect(offered(collection)).toEqual(['TLSv1.3'])
    expect(observed(collection, 'tls.negotiated')[0]?.facts).toMatchObject({
      address: expect.stringMatching(/^(?:127\.0\.0\.1|::1)$/),
      status: 'negotiated',
      protocol: 'TLSv1.3',
      alpn: 'h2',
      forwardSecrecy: 'yes',
      aead: 'yes',
    })
    expect(observed(collection, 'tls.certificate')).toHaveLength(1)
  })

  test('a server of one post-quantum group alone is not taken for an empty one', async () => {
    await using server = await tlsServer({ minVersion: 'TLSv1.3', ecdhCurve: 'X25519MLKEM768' })
    const collection = await look(server)
    expect(version(collection, 'TLSv1.3')).toMatchObject({
      offered: 'yes',
      groups: ['X25519MLKEM768'],
      groupsComplete: 'yes',
    })
    expect(observed(collection, 'tls.negotiated')[0]?.facts).toMatchObject({ group: 'X25519MLKEM768' })
    expect(observed(collection, 'tls.certificate')).toHaveLength(1)
  })

  test.each(['client', 'server'] as const)(
    'the groups of a TLS 1.2 server with an EC key alone, which needs one of them to sign with, by the %s’s order',
    async (order) => {
      await using server = await tlsServer({
        maxVersion: 'TLSv1.2',
        ecdhCurve: 'X25519:P-256:P-384:P-521',
        honorCipherOrder: order === 'server',
      })
      // Where the server prefers the curve of its key to others, nobody ever gets those.
      const groups = order === 'server' ? ['x25519', 'secp256r1'] : ['x25519', 'secp256r1', 'secp384r1', 'secp521r1']
      expect(version(await look(server), 'TLSv1.2')).toMatchObject({ groups, groupsComplete: 'yes' })
    },
  )

  test.each(['SecP384r1MLKEM1024', 'SecP256r1MLKEM768', 'MLKEM768', 'P-521', 'X448'])(
    'the certificate of a server of the group %s alone is read',
    async (group) => {
      await using server = await tlsServer({ minVersion: 'TLSv1.3', ecdhCurve: group })
      expect(observed(await look(server), 'tls.certificate')).toHaveLength(1)
    },
  )

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a %s server that demands a client certificate hides nothing',
    async (only) => {
      await using server = await tlsServer({
        minVersion: only,
        maxVersion: only,
        requestCert: true,
        rejectUnauthorized: true,
      })
      const collection = await look(server)
      expect(version(collection, only)).toMatchObject({ offered: 'yes', cipherSuitesComplete: 'yes' })
      expect(observed(collection, 'tls.certificate')).toHaveLength(1)
      expect(observed(collection, 'tls.negotiated')[0]?.facts).toMatchObject({ status: 'negotiated', protocol: only })
    },
  )
})

describe('certificates', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'both chains of a server with an RSA and an EC key are reported, over %s',
    async (only) => {
      const both = showing(localCertificate('RSA-2048'), localCertificate('P-256'))
      await using server = await tlsServer({ ...both, minVersion: only, maxVersion: only })
      const types = observed(await look(server), 'tls.certificate').map(({ facts }) => facts.keyType)
      expect(types.toSorted()).toEqual(['EC', 'RSA'])
    },
  )

  test('a chain to an anchor that the target names is trusted, and without the name it is not', async () => {
    const root = issue({ commonName: 'Own Root', authority: true })
    const leaf = issue({ issuer: root })
    writeFileSync(join(folder, 'root.pem'), root.pem)
    await using server = await tlsServer({ cert: leaf.pem + root.pem, key: leaf.keyPem })
    const named = await look(server, { trust: [join(folder, 'root.pem')] })
    expect(observed(named, 'tls.certificate')[0]?.facts).toMatchObject({ trusted: 'yes', chainLength: 2, problems: [] })
    const unnamed = await look(server)
    expect(observed(unnamed, 'tls.certificate')[0]?.facts).toMatchObject({
      trusted: 'no',
      problems: ['untrusted-root'],
    })
  })

  test('a trust file that cannot be read leaves the trust open and loses nothing else', async () => {
    await using server = await tlsServer()
    const collection = await look(server, { trust: [join(folder, 'none.pem')] })
    expect(collection.failure).toBeNull()
    expect(observed(collection, 'tls.certificate')[0]?.facts).toMatchObject({ trusted: 'undetermined' })
    expect(version(collection, 'TLSv1.2')?.offered).toBe('yes')
  })

  test('the server name decides which certificate is compared', async () => {
    const other = issue({ names: ['other.test'] })
    await using server = await tlsServer({ cert: other.pem, key: other.keyPem })
    const collection = await look(server, { serverName: 'other.test' })
    expect(observed(collection, 'tls.certificate')[0]).toMatchObject({
      subject: `localhost:${server.port}#other.test`,
      facts: { hostMatches: 'yes' },
    })
    expect(observed(await look(server), 'tls.certificate')[0]?.facts).toMatchObject({ hostMatches: 'no' })
  })
})

describe('evidence', () => {
  test('the recorded bytes lead to the same facts again', async () => {
    await using server = await tlsServer(showing(localCertificate('RSA-2048'), localCertificate('P-256')))
    const collection = await look(server)
    const artefact = collection.artefacts.find(({ name }) => name === 'tls-transcript.json.gz')
    expect(collection.observations.every(({ evidence }) => evidence.includes('tls-transcript.json.gz'))).toBe(true)
    const transcript = unpackTranscript(artefact?.bytes ?? new Uint8Array())
    const [first] = observed(collection, 'tls.certificate')
    if (!first) throw new Error('no certificate was observed')
    const context = {
      host: 'localhost',
      at: first.collected,
      anchors: trustStore(certificatesOfPem('')),
      anchorsMissing: null,
      addresses: settingOf(collection).addresses,
    }
    const again = replay(transcript, context)
    expect(again).toEqual(collection.observations.map(({ kind, facts }) => ({ kind, facts })))
  })

  test('the connections used are counted and within bounds', async () => {
    await using server = await tlsServer()
    const { usage } = await look(server)
    expect(usage.connections).toBeGreaterThan(20)
    expect(usage.connections).toBeLessThan(120)
  })
})

test('plain HTTP is named as what it is', async () => {
  const server = createHttpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const collection = await collectFrom(tlsCollector, { host: '127.0.0.1', port })
  server.closeAllConnections()
  server.close()
  expect(collection.failure).toMatchObject({ code: 'not-tls', message: expect.stringContaining('HTTP') })
  expect(collection.observations).toEqual([])
})
