import { createDiffieHellman, getDiffieHellman } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { bitLength } from '../../collectors/tls/features/flight-messages.ts'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { readReply } from '../../collectors/tls/wire/reply.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { dhParametersPem, issue } from '../helpers/tls-certificates.ts'
import { oldOpenssl, oldServer } from '../helpers/tls-old-openssl.ts'
import { type Flaw, leakedMemory, plantedServer } from '../helpers/tls-planted.ts'
import { alert, record } from '../helpers/tls-replies.ts'
import { opensslServer } from '../helpers/tls-s-server.ts'
import { localCertificate, meddler, type Running, showing, tlsServer } from '../helpers/tls-servers.ts'
import { transcriptOf } from '../helpers/tls-transcript.ts'

const folder = mkdtempSync(join(tmpdir(), 'affidavit-weaknesses-'))
afterAll(() => rmSync(folder, { recursive: true }))

const group2 = getDiffieHellman('modp2').getPrime()
/** No prime at all, as scanners do not find out: what counts is its length, and that nobody else has it. */
const ownPrime = Buffer.from(group2)
ownPrime[64] = (group2[64] ?? 0) ^ 1

const look = ({ port }: Running, over: object = {}) => collectFrom(tlsCollector, { host: '127.0.0.1', port, ...over })

const weakness = (collection: Collection, name: string) => observed(collection, 'tls.weakness', { name })[0]?.facts

async function lookAtPlanted(flaw: Flaw): Promise<Collection> {
  await using server = await plantedServer(flaw)
  return await look(server)
}

describe.concurrent('a planted flaw is found, and nothing else is said to be vulnerable by test', () => {
  test.each<[Flaw, string]>([
    ['heartbleed', 'heartbleed'],
    ['early-ccs', 'ccs-injection'],
    ['robot-alert', 'robot'],
    ['robot-close', 'robot'],
    ['robot-reset', 'robot'],
    ['robot-silence', 'robot'],
    ['robot-two-alerts', 'robot'],
    ['robot-stays-open', 'robot'],
    ['robot-before-finished', 'robot'],
    ['ignores-padding', 'poodle-tls'],
    ['compression', 'crime'],
  ])('%s', async (flaw, name) => {
    const collection = await lookAtPlanted(flaw)
    expect(collection.failure).toBeNull()
    const vulnerable = observed(collection, 'tls.weakness', { status: 'vulnerable', basis: 'tested' })
    expect(vulnerable.map(({ facts }) => facts.name)).toEqual([name])
  })

  test('a sound server of the same make has none of them', async () => {
    const collection = await lookAtPlanted('none')
    expect(observed(collection, 'tls.weakness', { status: 'vulnerable', basis: 'tested' })).toEqual([])
    for (const name of ['heartbleed', 'ccs-injection', 'robot', 'poodle-tls', 'crime', 'ticketbleed']) {
      expect(weakness(collection, name), name).toMatchObject({ status: 'not-vulnerable' })
    }
  })

  test('a server that takes heartbeats and passes over the false one is not vulnerable', async () => {
    const collection = await lookAtPlanted('heartbeat')
    expect(weakness(collection, 'heartbleed')).toMatchObject({ status: 'not-vulnerable', basis: 'tested' })
    expect(observed(collection, 'tls.feature', { name: 'heartbeat', status: 'yes' })).toHaveLength(1)
  })
})

describe.concurrent('what a server leaves open is neither vulnerable nor not', () => {
  test('silence at an early ChangeCipherSpec', async () => {
    await using server = await plantedServer('silent-at-ccs')
    const collection = await look(server, { limits: { timeout: '3s' } })
    expect(weakness(collection, 'ccs-injection')).toMatchObject({ status: 'undetermined', basis: 'tested' })
  })

  test('an end without a word at the second of two early ChangeCipherSpec', async () => {
    expect(weakness(await lookAtPlanted('early-ccs-closes'), 'ccs-injection')).toMatchObject({
      status: 'undetermined',
      basis: 'tested',
    })
  })

  test('answers to padding that change by chance', async () => {
    expect(weakness(await lookAtPlanted('robot-at-random'), 'robot')).toMatchObject({ status: 'undetermined' })
  })
})

describe('memory that a server gives away', () => {
  test('is not kept of Heartbleed', async () => {
    const collection = await lookAtPlanted('heartbleed')
    const [artefact] = collection.artefacts
    const kept = gunzipSync(artefact?.bytes ?? new Uint8Array()).toString()
    expect(kept).toContain('"topic":"heartbleed"')
    expect(kept).not.toContain(Buffer.from(leakedMemory).toString('hex').slice(0, 8))
  })

  const warning = Buffer.from(alert(112, 1))
  test.each<[string, (chunk: Buffer) => Buffer]>([
    ['alone', (chunk) => chunk],
    ['behind a warning', (chunk) => (chunk[0] === 22 ? Buffer.concat([warning, chunk]) : chunk)],
    ['cut into short records', cutRecord],
  ])('is found and not kept of Ticketbleed, the ServerHello %s', async (_, wrap) => {
    await using real = await tlsServer({ ...showing(localCertificate('RSA-2048')), maxVersion: 'TLSv1.2' })
    await using server = await meddler(real.port, { rewrite: (chunk) => wrap(fillShortId(chunk)) })
    const collection = await look(server)
    expect(weakness(collection, 'ticketbleed')).toMatchObject({ status: 'vulnerable', basis: 'tested' })
    const tried = transcriptOf(collection).conversations?.find(({ topic }) => topic === 'ticketbleed')
    const { serverHello } = readReply(tried?.turns[0]?.received ?? new Uint8Array())
    expect(serverHello?.sessionId).toHaveLength(32)
    expect(serverHello?.sessionId.at(-1)).toBe(0)
  })
})

/** Cuts the first record of an answer into ones of at most 16 bytes. */
function cutRecord(chunk: Buffer): Buffer {
  if (chunk[0] !== 22) return chunk
  const end = 5 + chunk.readUInt16BE(3)
  const starts = Array.from({ length: Math.ceil((end - 5) / 16) }, (_, index) => 5 + index * 16)
  return Buffer.concat([
    ...starts.map((at) => record(22, chunk.subarray(at, Math.min(at + 16, end)))),
    chunk.subarray(end),
  ])
}

/** Fills a session id of 31 bytes in a ServerHello up to 32, as the flaw does, and makes the lengths right. */
function fillShortId(chunk: Buffer): Buffer {
  const idLength = 43
  if (chunk[0] !== 22 || chunk[5] !== 2 || chunk[idLength] !== 31) return chunk
  const filled = Buffer.concat([chunk.subarray(0, idLength + 32), Buffer.of(0x77), chunk.subarray(idLength + 32)])
  filled[idLength] = 32
  filled.writeUInt16BE(chunk.readUInt16BE(3) + 1, 3)
  filled.writeUIntBE(chunk.readUIntBE(6, 3) + 1, 6, 3)
  return filled
}

describe('what follows from the suites', () => {
  test('an old server has what its suites bring, and none of the flaws that its make has mended', async ({ skip }) => {
    const old = await oldOpenssl('1.0.1')
    if ('missing' in old) return skip(old.missing)
    const ciphers = 'RC4-SHA:DES-CBC3-SHA:AES128-SHA:NULL-SHA'
    await using server = await oldServer(old.node, { ciphers }, ['--enable-ssl3', '--enable-ssl2'])
    const collection = await look(server)
    for (const name of ['poodle-sslv3', 'drown', 'sweet32', 'beast', 'rc4', 'no-forward-secrecy', 'no-aead', 'null']) {
      expect(weakness(collection, name), name).toMatchObject({ status: 'vulnerable', basis: 'inferred' })
    }
    expect(weakness(collection, 'lucky13')).toMatchObject({ status: 'undetermined', basis: 'inferred' })
    for (const name of ['ccs-injection', 'heartbleed', 'robot', 'poodle-tls', 'ticketbleed']) {
      expect(weakness(collection, name), name).toMatchObject({ status: 'not-vulnerable' })
    }
  })

  test.each<[string, Buffer, object]>([
    ['of 1024 bits that many share', group2, { status: 'vulnerable', reason: expect.stringContaining('MODP group 2') }],
    ['of 1024 bits that nobody else has', ownPrime, { status: 'not-vulnerable' }],
    ['of 2048 bits', getDiffieHellman('modp14').getPrime(), { status: 'not-vulnerable' }],
  ])('LOGJAM by a prime %s', async (_, prime, expected) => {
    writeFileSync(join(folder, 'dh.pem'), dhParametersPem(prime))
    const ciphers = ['-cipher', 'DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0', '-dhparam', join(folder, 'dh.pem')]
    await using server = await opensslServer('-tls1_2', ...ciphers)
    const collection = await look(server)
    expect(weakness(collection, 'logjam')).toMatchObject({ ...expected, basis: 'inferred' })
    const [dh] = observed(collection, 'tls.feature', { name: 'dh-parameters' })
    expect(dh?.facts).toMatchObject({
      status: 'yes',
      bits: bitLength(prime),
      groups: [{ generator: 2, export: false }],
    })
  })

  test('an old server with export suites, in TLS 1.2 too, has FREAK and LOGJAM', async ({ skip }) => {
    const old = await oldOpenssl('1.0.1')
    if ('missing' in old) return skip(old.missing)
    // OpenSSL offers them only where its own key and prime are as short as they demand.
    const { pem, keyPem } = issue({ key: 'RSA-512' })
    const dhparam = dhParametersPem(createDiffieHellman(512).getPrime())
    const ciphers = 'EXP-RC4-MD5:EXP-DES-CBC-SHA:EXP-EDH-RSA-DES-CBC-SHA:AES128-SHA:@STRENGTH'
    await using server = await oldServer(old.node, { cert: pem, key: keyPem, ciphers, dhparam })
    const collection = await look(server)
    expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts.weakCipherSuites).toEqual(
      expect.arrayContaining([
        'TLS_RSA_EXPORT_WITH_RC4_40_MD5',
        'TLS_RSA_EXPORT_WITH_DES40_CBC_SHA',
        'TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA',
      ]),
    )
    expect(weakness(collection, 'freak')).toMatchObject({ status: 'vulnerable', basis: 'inferred' })
    expect(weakness(collection, 'logjam')).toMatchObject({
      status: 'vulnerable',
      reason: expect.stringContaining('TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA'),
    })
    expect(observed(collection, 'tls.grade')[0]?.facts.caps).toContain('F: export suites are accepted')
  })

  test('a server of TLS 1.3 alone has none of them', async () => {
    await using server = await tlsServer({ minVersion: 'TLSv1.3' })
    const collection = await look(server)
    expect(observed(collection, 'tls.weakness').map(({ facts }) => facts.status)).toEqual(
      Array.from({ length: 18 }, () => 'not-vulnerable'),
    )
  })
})
