import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { tlsCollector } from '../../collectors/tls/index.ts'
import { type StarttlsProtocol, starttlsProtocols } from '../../collectors/tls/starttls/protocols.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom, observed } from '../helpers/collect.ts'
import { mysqlGreeting, type Script, soundScripts, starttlsServer } from '../helpers/starttls-servers.ts'
import { meddler, type Running, tcpServer, tlsServer } from '../helpers/tls-servers.ts'
import { transcriptOf } from '../helpers/tls-transcript.ts'

const look = ({ port }: Running, starttls: StarttlsProtocol, over: object = {}) =>
  collectFrom(tlsCollector, { host: 'localhost', port, starttls, ...over })

const offered = (collection: Collection) =>
  observed(collection, 'tls.protocol', { offered: 'yes' }).map(({ facts }) => facts.protocol)

describe('a server that lets TLS begin', () => {
  test.each(starttlsProtocols)('over %s is seen as whole as one that speaks TLS from the first byte', async (name) => {
    await using server = await starttlsServer(soundScripts[name])
    const collection = await look(server, name)
    expect(collection.failure).toBeNull()
    expect(offered(collection)).toEqual(['TLSv1.2', 'TLSv1.3'])
    expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts).toMatchObject({
      cipherSuitesComplete: 'yes',
      groupsComplete: 'yes',
    })
    expect(observed(collection, 'tls.protocol', { protocol: 'SSLv3' })[0]?.facts.offered).toBe('no')
    expect(observed(collection, 'tls.certificate')).toHaveLength(1)
  })

  test('what was said in plain text stands in the transcript, and the client gives no name of this machine', async () => {
    const log: string[] = []
    await using server = await starttlsServer(soundScripts.smtp, log)
    const { exchanges } = transcriptOf(await look(server, 'smtp'))
    expect(exchanges.length).toBeGreaterThan(20)
    for (const { preamble } of exchanges) {
      expect(Buffer.from(preamble?.sent ?? []).toString()).toBe('EHLO affidavit.invalid\r\nSTARTTLS\r\n')
      expect(Buffer.from(preamble?.received ?? []).toString()).toContain('220 2.0.0 Ready to start TLS\r\n')
      expect(preamble?.trouble).toBeNull()
    }
    expect(new Set(log)).toEqual(new Set(['EHLO affidavit.invalid\r\n', 'STARTTLS\r\n']))
  })

  test('is understood when it sends one byte at a time', async () => {
    await using server = await starttlsServer(soundScripts.xmpp)
    await using slow = await meddler(server.port, { byteByByte: true })
    expect(offered(await look(slow, 'xmpp'))).toEqual(['TLSv1.2', 'TLSv1.3'])
  })
})

const line = (text: string): Script => [text, { expect: /never/ }]
const smtpHello: Script = ['220 mail.test ESMTP\r\n', { expect: /EHLO/ }]

describe('a server that does not', () => {
  test.each<[StarttlsProtocol, string, Script, string]>([
    ['smtp', 'no STARTTLS', [...smtpHello, ...line('250-mail.test\r\n250 SIZE 1000\r\n')], 'SIZE 1000'],
    ['smtp', 'EHLO refused', [...smtpHello, ...line('502 5.5.1 not implemented\r\n')], '502 5.5.1 not implemented'],
    ['smtp', 'nobody welcome', line('554 5.7.1 go away\r\n'), '554 5.7.1 go away'],
    [
      'imap',
      'no STARTTLS',
      ['* OK hi\r\n', { expect: /CAPABILITY/ }, ...line('* CAPABILITY IMAP4rev1\r\na1 OK\r\n')],
      'IMAP4rev1',
    ],
    ['imap', 'already authenticated', line('* PREAUTH hello\r\n'), 'PREAUTH'],
    ['pop3', 'no STLS', ['+OK\r\n', { expect: /CAPA/ }, ...line('+OK\r\nUIDL\r\n.\r\n')], 'UIDL'],
    ['ftp', 'no AUTH', ['220 hi\r\n', { expect: /AUTH TLS/ }, ...line('530 Please login\r\n')], '530 Please login'],
    [
      'ldap',
      'protocolError',
      [
        { expect: /^0/ },
        Uint8Array.from([0x30, 14, 2, 1, 1, 0x78, 9, 10, 1, 2, 4, 0, 4, 2, 0x6e, 0x6f]),
        { expect: /never/ },
      ],
      'LDAP result 2: no',
    ],
    ['postgres', 'N', [{ expect: /./ }, ...line('N')], 'N'],
    ['mysql', 'no CLIENT_SSL', [mysqlGreeting(false), { expect: /never/ }], '8.4.2-test'],
    [
      'xmpp',
      'no starttls',
      [{ expect: />/ }, ...line('<stream:stream><stream:features><bind/></stream:features>')],
      'stream features',
    ],
    [
      'xmpp-server',
      'host unknown',
      [
        { expect: />/ },
        ...line("<stream:stream><stream:error><host-unknown xmlns='x'/></stream:error></stream:stream>"),
      ],
      'host-unknown',
    ],
  ])('over %s (%s) is not-tls, in its own words', async (protocol, _, script, said) => {
    await using server = await starttlsServer(script)
    const collection = await look(server, protocol)
    expect(collection.failure).toMatchObject({ code: 'not-tls', message: expect.stringContaining(said) })
    expect(collection.observations).toEqual([])
    expect(collection.usage.connections).toBeLessThan(20)
    expect(collection.artefacts).toHaveLength(1)
  })

  test.each(starttlsProtocols)(
    'speak %s but something else is told, not taken for a server without TLS',
    async (name) => {
      await using server = await tcpServer((socket) =>
        socket.end('SSH-2.0-OpenSSH_9.2\r\n\0\0\0\0\0\0</stream:stream>'),
      )
      const collection = await look(server, name)
      expect(collection.failure).toMatchObject({ code: 'not-tls' })
      expect(collection.failure?.message).toContain('does not speak')
    },
  )

  test('say anything is a timeout, within the time limit', async () => {
    await using server = await tcpServer(() => undefined)
    const started = performance.now()
    const collection = await look(server, 'smtp', { limits: { timeout: '2s' } })
    expect(collection.failure).toMatchObject({ code: 'timeout' })
    expect(performance.now() - started).toBeLessThan(4_000)
  })

  test('stay after it said yes is told as closing, at once', async () => {
    await using server = await tcpServer((socket) => socket.once('data', () => socket.end('S')))
    const collection = await look(server, 'postgres')
    expect(collection.failure).toMatchObject({ code: 'closed' })
    expect(collection.usage.durationMs).toBeLessThan(5_000)
  })

  test('stop talking is cut off after a bounded number of bytes', async () => {
    await using server = await tcpServer((socket) => {
      const talk = (): void => void (socket.destroyed || socket.write('* more to say\r\n'.repeat(1_000), talk))
      socket.write('* OK hi\r\n', talk)
    })
    const collection = await look(server, 'imap', { limits: { timeout: '3s' } })
    expect(collection.failure).toMatchObject({ code: 'not-tls' })
    expect(collection.usage.bytesReceived).toBeLessThan(30_000_000)
  })
})

test('a TLS server that is asked for STARTTLS is not reported as one without TLS', async () => {
  await using server = await tlsServer()
  const collection = await look(server, 'smtp', { limits: { timeout: '2s' } })
  expect(['timeout', 'not-tls', 'closed']).toContain(collection.failure?.code)
  expect(collection.failure?.message).not.toContain('offers no TLS')
})

test('a server that has no time for so many at once is asked again with fewer, and nothing is lost', async () => {
  let open = 0
  await using inner = await starttlsServer(soundScripts.smtp)
  await using server = await tcpServer((socket) => {
    if (open >= 3) {
      socket.end('421 4.7.0 too many connections\r\n')
      return
    }
    open += 1
    const behind = connect(inner.port, '127.0.0.1').on('error', () => undefined)
    socket.pipe(behind).pipe(socket)
    socket.once('close', () => {
      open -= 1
      behind.destroy()
    })
  })
  const collection = await look(server, 'smtp')
  expect(collection.failure).toBeNull()
  expect(offered(collection)).toEqual(['TLSv1.2', 'TLSv1.3'])
  expect(observed(collection, 'tls.protocol', { protocol: 'TLSv1.2' })[0]?.facts).toMatchObject({
    cipherSuitesComplete: 'yes',
    groupsComplete: 'yes',
  })
})
