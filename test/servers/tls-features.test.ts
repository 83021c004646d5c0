import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { trustStore } from '../../collectors/tls/certificate/trust.ts'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { replay } from '../../collectors/tls/replay.ts'
import { unpackTranscript } from '../../collectors/tls/transcript-artefact.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { soundScripts, starttlsServer } from '../helpers/starttls-servers.ts'
import { type Issued, issue } from '../helpers/tls-certificates.ts'
import { oldOpenssl, oldServer } from '../helpers/tls-old-openssl.ts'
import { plantedServer } from '../helpers/tls-planted.ts'
import { opensslServer } from '../helpers/tls-s-server.ts'
import {
  localCertificate,
  type Meddling,
  meddler,
  type Running,
  showing,
  tcpServer,
  tlsServer,
} from '../helpers/tls-servers.ts'

const look = ({ port }: Running, over: object = {}) => collectFrom(tlsCollector, { host: '127.0.0.1', port, ...over })

const feature = (collection: Collection, name: string) => observed(collection, 'tls.feature', { name })[0]?.facts

/** The status of each feature by name. */
function statuses(collection: Collection): Readonly<Record<string, unknown>> {
  return Object.fromEntries(observed(collection, 'tls.feature').map(({ facts }) => [facts.name, facts.status]))
}

describe('a current server', () => {
  test('has its features found, in TLS 1.2 and in TLS 1.3', async () => {
    await using server = await tlsServer({
      ...showing(localCertificate('RSA-2048')),
      ALPNProtocols: ['h2', 'http/1.1'],
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA384:TLS_AES_128_GCM_SHA256',
      dhparam: 'auto',
    })
    const collection = await look(server)
    expect(collection.failure).toBeNull()
    expect(statuses(collection)).toEqual({
      alpn: 'yes',
      'client-certificate': 'no',
      'client-renegotiation': 'yes',
      compression: 'no',
      'dh-parameters': 'yes',
      'early-data': 'no',
      'encrypt-then-mac': 'yes',
      'extended-master-secret': 'yes',
      'fallback-scsv': 'yes',
      'grease-intolerance': 'no',
      heartbeat: 'no',
      'long-hello-intolerance': 'no',
      'ocsp-stapling': 'no',
      'secure-renegotiation': 'yes',
      'session-ids': 'no',
      'session-tickets': 'yes',
      'signature-algorithms': 'yes',
      'tls13-resumption': 'yes',
      'version-intolerance': 'no',
    })
    expect(feature(collection, 'alpn')?.protocols).toEqual(['h2', 'http/1.1'])
    expect(feature(collection, 'dh-parameters')).toMatchObject({ bits: expect.any(Number) })
    expect(feature(collection, 'signature-algorithms')).toMatchObject({
      tls12: expect.arrayContaining(['rsa_pkcs1_sha256', 'rsa_pss_rsae_sha256']),
      tls13: ['rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512'],
    })
  })

  test('of TLS 1.3 alone has what only older versions lack, by inference', async () => {
    await using server = await tlsServer({ minVersion: 'TLSv1.3', ALPNProtocols: ['http/1.1'] })
    const collection = await look(server)
    for (const name of ['extended-master-secret', 'encrypt-then-mac', 'fallback-scsv', 'secure-renegotiation']) {
      expect(feature(collection, name), name).toMatchObject({ status: 'yes', basis: 'inferred' })
    }
    for (const name of ['compression', 'client-renegotiation', 'session-ids', 'session-tickets']) {
      expect(feature(collection, name), name).toMatchObject({ status: 'no', basis: 'inferred' })
    }
    expect(feature(collection, 'alpn')).toMatchObject({ status: 'yes', protocols: ['http/1.1'] })
    expect(feature(collection, 'tls13-resumption')).toMatchObject({ status: 'yes', basis: 'tested' })
  })
})

describe("OpenSSL's own server", () => {
  test('resumes by id and by ticket, and refuses renegotiation, until it is told otherwise', async () => {
    await using usual = await opensslServer('-tls1_2')
    expect(statuses(await look(usual))).toMatchObject({
      'session-ids': 'yes',
      'session-tickets': 'yes',
      'client-renegotiation': 'no',
      'secure-renegotiation': 'yes',
    })
    await using other = await opensslServer('-tls1_2', '-no_ticket', '-no_cache', '-client_renegotiation', '-no_etm')
    expect(statuses(await look(other))).toMatchObject({
      'session-ids': 'no',
      'session-tickets': 'no',
      'client-renegotiation': 'yes',
      'encrypt-then-mac': 'no',
    })
  })

  test.each([
    ['at the hello within it', 'no', 'ended the connection'],
    ['by itself', 'undetermined', 'before it can be asked'],
  ])('behind one that ends each session %s: renegotiation is %s', async (when, status, reason) => {
    await using real = await opensslServer('-tls1_2', '-client_renegotiation')
    await using server = await tcpServer((socket) => {
      const upstream = connect(real.port, '127.0.0.1').on('error', () => socket.destroy())
      let turns = 0
      socket.on('data', (chunk) => {
        turns += 1
        if (turns < 3) upstream.write(chunk)
        else if (when !== 'by itself') socket.end()
        if (turns === 2 && when === 'by itself') setTimeout(() => socket.end(), 100)
      })
      socket.once('close', () => upstream.destroy())
      upstream.on('data', (chunk) => socket.write(chunk))
    })
    expect(feature(await look(server), 'client-renegotiation')).toMatchObject({
      status,
      basis: 'tested',
      reason: expect.stringContaining(reason),
    })
  })

  test('takes early data only where it is told to', async () => {
    await using server = await opensslServer('-tls1_3', '-early_data', '-max_early_data', '4096')
    expect(feature(await look(server), 'early-data')).toMatchObject({ status: 'yes', maxEarlyData: 4_096 })
    await using without = await opensslServer('-tls1_3', '-num_tickets', '0')
    const collection = await look(without)
    expect(feature(collection, 'tls13-resumption')).toMatchObject({ status: 'no', basis: 'tested' })
    expect(feature(collection, 'early-data')).toMatchObject({ status: 'no' })
  })

  test('has its Diffie-Hellman prime named', async () => {
    await using server = await opensslServer('-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256')
    expect(feature(await look(server), 'dh-parameters')).toMatchObject({
      status: 'yes',
      groups: [{ bits: expect.any(Number), commonPrime: expect.stringMatching(/RFC/), generator: 2, export: false }],
    })
  })

  test('staples a response only where it has one', async () => {
    await using server = await opensslServer()
    expect(feature(await look(server), 'ocsp-stapling')).toMatchObject({ status: 'no', basis: 'tested' })
  })
})

describe('a client certificate', () => {
  const root = issue({ commonName: 'Own Root', authority: true })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that is asked for is told from one that is required, over %s',
    async (only) => {
      const asking = { requestCert: true, ca: [root.pem], minVersion: only, maxVersion: only }
      await using optional = await tlsServer({ ...asking, rejectUnauthorized: false })
      expect(feature(await look(optional), 'client-certificate')).toMatchObject({
        status: 'yes',
        required: 'no',
        authorities: ['CN=Own Root'],
      })
      await using required = await tlsServer({ ...asking, rejectUnauthorized: true })
      const collection = await look(required)
      expect(collection.failure).toBeNull()
      expect(feature(collection, 'client-certificate')).toMatchObject({ status: 'yes' })
    },
  )

  test.each(['-tls1_2', '-tls1_3'])('that is required is reported with the alert, %s', async (version) => {
    await using server = await opensslServer(version, '-Verify', '1')
    const collection = await look(server)
    expect(feature(collection, 'client-certificate')).toMatchObject({
      status: 'yes',
      required: 'yes',
      reason: expect.stringMatching(/certificate_required|handshake_failure/),
    })
    const name = version === '-tls1_3' ? 'tls13-resumption' : 'session-tickets'
    expect(feature(collection, name)).toMatchObject({
      status: 'undetermined',
      reason: expect.stringContaining('client'),
    })
  })
})

describe('a server that stumbles', () => {
  const has = (hello: Buffer, ...bytes: number[]) => hello.includes(Buffer.from(bytes))

  test.each<[string, Meddling['instead']]>([
    ['grease-intolerance', (hello) => (has(hello, 0x1a, 0x1a, 0, 1, 0) ? 'reset' : undefined)],
    ['long-hello-intolerance', (hello) => (hello.length > 1_000 && !has(hello, 0, 51) ? 'close' : undefined)],
    ['version-intolerance', (hello) => (hello[9] === 3 && hello[10] === 5 ? 'close' : undefined)],
  ])('%s is found', async (name, instead) => {
    await using real = await tlsServer({ maxVersion: 'TLSv1.2' })
    await using server = await meddler(real.port, instead ? { instead } : {})
    const collection = await look(server)
    expect(feature(collection, name)).toMatchObject({ status: 'yes', basis: 'tested' })
    expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2', offered: 'yes' })).toHaveLength(1)
  })
})

test.concurrent.each(['reset', 'close'] as const)(
  'a server that takes one connection at once and answers others with a %s has its features found',
  async (beyond) => {
    await using real = await tlsServer({ ...showing(localCertificate('RSA-2048')), ALPNProtocols: ['h2'] })
    await using server = await meddler(real.port, { atOnce: { limit: 1, beyond } })
    const [direct, through] = [await look(real), await look(server, { limits: { timeout: '60s' } })]
    expect(through.failure).toBeNull()
    expect(statuses(through)).toEqual(statuses(direct))
    const weaknesses = (collection: Collection) =>
      observed(collection, 'tls.weakness').map(({ facts }) => `${facts.name} ${facts.status}`)
    expect(weaknesses(through)).toEqual(weaknesses(direct))
  },
  90_000,
)

describe('on the way', () => {
  test('answers that come byte by byte change nothing', async () => {
    await using real = await tlsServer({ ...showing(localCertificate('RSA-2048')), ALPNProtocols: ['h2'] })
    await using slow = await meddler(real.port, { byteByByte: true })
    // Sender and reader share this process, so that each answer takes as long as all that are under way together.
    const few = { limits: { concurrency: 2, timeout: '120s' } }
    expect(statuses(await look(slow, few))).toEqual(statuses(await look(real)))
  }, 180_000)

  test('STARTTLS comes before every conversation, and stands in its record', async () => {
    await using server = await starttlsServer(soundScripts.smtp)
    const collection = await look(server, { starttls: 'smtp' })
    expect(statuses(collection)).toMatchObject({ 'extended-master-secret': 'yes', 'secure-renegotiation': 'yes' })
    const { conversations = [] } = unpackTranscript(collection.artefacts[0]?.bytes ?? new Uint8Array())
    expect(conversations.length).toBeGreaterThan(5)
    for (const { preamble } of conversations) {
      expect(Buffer.from(preamble?.sent ?? []).toString()).toContain('STARTTLS')
    }
  })
})

describe('old and odd servers', () => {
  test('one without secure renegotiation, tickets, ids and extensions', async () => {
    await using server = await plantedServer('compression')
    expect(statuses(await look(server))).toMatchObject({
      compression: 'yes',
      'secure-renegotiation': 'no',
      'extended-master-secret': 'no',
      'session-tickets': 'no',
      'session-ids': 'no',
    })
  })

  test('one of TLS 1.0 holds sessions too', async ({ skip }) => {
    const old = await oldOpenssl('1.0.2')
    if ('missing' in old) return skip(old.missing)
    await using server = await oldServer(old.node, { ciphers: 'AES128-SHA', secureProtocol: 'TLSv1_server_method' })
    expect(statuses(await look(server))).toMatchObject({
      'session-tickets': 'yes',
      'client-renegotiation': 'yes',
      'secure-renegotiation': 'yes',
      'extended-master-secret': 'no',
      'tls13-resumption': 'no',
    })
  })
})

test('the recorded conversations lead to the same facts again', async () => {
  await using server = await opensslServer('-cipher', 'ALL:@SECLEVEL=0')
  const collection = await look(server)
  const transcript = unpackTranscript(collection.artefacts[0]?.bytes ?? new Uint8Array())
  expect(transcript.conversations?.length).toBeGreaterThan(8)
  const at = observed(collection, 'tls.feature')[0]?.collected
  if (!at) throw new Error('no feature was observed')
  const context = { host: '127.0.0.1', at, anchors: trustStore([]), anchorsMissing: null }
  const behaviour = (kind: string) => kind === 'tls.feature' || kind === 'tls.weakness'
  expect(replay(transcript, context).filter(({ kind }) => behaviour(kind))).toEqual(
    collection.observations.filter(({ kind }) => behaviour(kind)).map(({ kind, facts }) => ({ kind, facts })),
  )
})

describe('the target’s own client certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-client-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const root = issue({ commonName: 'Client Root', authority: true })
  const between = issue({ commonName: 'Client Issuer', authority: true, issuer: root })
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const clientRoot = file('root.pem', root.pem)
  const asClient = (name: string, { pem, keyPem }: Issued) => ({
    clientCertificate: {
      certificate: file(`${name}.pem`, pem + between.pem),
      key: `file:${file(`${name}.key`, keyPem)}`,
    },
  })
  const client = (key: 'P-256' | 'P-384' | 'RSA-2048' | 'Ed25519') => issue({ key, commonName: key, issuer: between })
  const demanding = (...options: readonly string[]) =>
    opensslServer(...options, '-Verify', '3', '-verify_return_error', '-CAfile', clientRoot)

  test.each([
    ['RSA-2048', '-tls1_3'],
    ['RSA-2048', '-tls1_2'],
    ['RSA-2048', '-tls1_1'],
    ['P-256', '-tls1_3'],
    ['P-384', '-tls1_2'],
    ['P-256', '-tls1'],
    ['Ed25519', '-tls1_3'],
  ] as const)('opens a server that lets nobody in without one, %s over %s', async (key, version) => {
    await using server = await demanding(version, '-cipher', 'ALL:@SECLEVEL=0')
    const collection = await look(server, asClient(key, client(key)))
    expect(collection.leftOut).toEqual([])
    expect(feature(collection, 'client-certificate')).toMatchObject({ status: 'yes', required: 'yes', accepted: 'yes' })
    const names = version === '-tls1_3' ? ['tls13-resumption'] : ['session-tickets', 'session-ids']
    for (const name of names) expect(feature(collection, name), name).toMatchObject({ status: 'yes', basis: 'tested' })
    expect(feature(collection, version === '-tls1_3' ? 'early-data' : 'client-renegotiation')?.status).toBe('no')
    expect(observed(collection, 'tls.weakness', { name: 'poodle-tls' })[0]?.facts.status).toBe('not-vulnerable')
  })

  test.each(['-tls1_2', '-tls1_3'])('that the server does not know is told as not accepted, %s', async (version) => {
    await using server = await demanding(version)
    const stranger = issue({ key: 'RSA-2048', commonName: 'stranger' })
    const collection = await look(server, asClient('stranger', stranger))
    expect(feature(collection, 'client-certificate')).toMatchObject({ required: 'yes', accepted: 'no' })
    expect(feature(collection, version === '-tls1_3' ? 'tls13-resumption' : 'session-tickets')).toMatchObject({
      status: 'undetermined',
      reason: 'the client certificate was not accepted',
    })
  })

  test('is not shown where none is required, and its key is in no evidence', async () => {
    const shown = client('RSA-2048')
    await using open = await opensslServer('-tls1_2')
    expect(feature(await look(open, asClient('open', shown)), 'client-certificate')).toMatchObject({ accepted: null })
    await using server = await demanding('-tls1_2')
    const collection = await look(server, asClient('kept', shown))
    const kept = gunzipSync(collection.artefacts[0]?.bytes ?? new Uint8Array()).toString()
    expect(kept.includes(Buffer.from(shown.der).toString('hex'))).toBe(true)
    const exponent = Buffer.from(shown.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
    expect(kept.includes(exponent.toString('hex'))).toBe(false)
    // With it and the ticket anybody could come back as the client.
    expect(kept.includes('"master"')).toBe(false)
  })

  test('that cannot be used is left out, and everything else is found', async () => {
    await using server = await demanding('-tls1_2')
    const { clientCertificate } = asClient('mixed', client('P-256'))
    const other = file('other.key', client('P-256').keyPem)
    const collection = await look(server, { clientCertificate: { ...clientCertificate, key: `file:${other}` } })
    expect(collection.failure).toBeNull()
    expect(collection.leftOut).toMatchObject([{ reason: expect.stringContaining('its key belongs to another one') }])
    expect(feature(collection, 'client-certificate')).toMatchObject({ required: 'yes', accepted: null })
  })
})

test('a TLS 1.3 server that falls silent after the handshake is not said to give no tickets', async () => {
  await using real = await tlsServer({ minVersion: 'TLSv1.3' })
  await using server = await tcpServer((client) => {
    const onward = connect(real.port, '127.0.0.1').on('error', () => undefined)
    let isSilent = false
    client.on('data', (chunk: Buffer) => {
      isSilent ||= chunk[0] === 23
      onward.write(chunk)
    })
    client.once('close', () => onward.destroy())
    onward.on('data', (chunk: Buffer) => isSilent || client.write(chunk))
  })
  const collection = await collectFrom(tlsCollector, { host: '127.0.0.1', port: server.port })
  for (const name of ['tls13-resumption', 'early-data']) {
    expect(observed(collection, 'tls.feature', { name })[0]?.facts, name).toMatchObject({ status: 'undetermined' })
  }
})
