import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { localCertificate, type Running, showing, tcpServer } from './tls-servers.ts'

/** What a scripted server says: bytes for the client, and what it waits for in between. */
export type Script = readonly (string | Uint8Array | { readonly expect: RegExp } | { readonly expectHex: RegExp })[]

const tls = showing(localCertificate())

/** A real TLS server behind a plain-text beginning; `log` receives what the clients said in plain text. */
export function starttlsServer(script: Script, log: string[] = []): Promise<Running> {
  return tcpServer((socket) => void play(socket, script, log))
}

async function play(socket: Socket, script: Script, log: string[]): Promise<void> {
  for (const step of script) {
    if (typeof step === 'object' && !(step instanceof Uint8Array)) {
      const heard = await ('expect' in step ? hear(socket, step.expect, 'latin1') : hear(socket, step.expectHex, 'hex'))
      if (heard === undefined) return
      log.push(heard)
    } else socket.write(step)
  }
  const secure = new TLSSocket(socket, { isServer: true, ...tls })
  secure.on('error', () => socket.destroy())
}

/** Bytes in an encoding until they match; undefined where the client leaves. */
function hear(socket: Socket, pattern: RegExp, encoding: 'latin1' | 'hex'): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ''
    const done = (value: string | undefined): void => {
      socket.off('data', take).off('close', leave)
      socket.pause()
      resolve(value)
    }
    const leave = (): void => done(undefined)
    const take = (chunk: Buffer): void => {
      text += chunk.toString(encoding)
      const match = pattern.exec(text)
      if (!match) return
      const end = match.index + match[0].length
      done(text.slice(0, end))
      // MySQL's client begins TLS at once.
      if (end < text.length) socket.unshift(Buffer.from(text.slice(end), encoding))
    }
    socket.on('data', take).on('close', leave)
    socket.resume()
  })
}

const ldapSuccess = Uint8Array.from([0x30, 0x84, 0, 0, 0, 0x10, 2, 1, 1, 0x78, 0x84, 0, 0, 0, 7, 10, 1, 0, 4, 0, 4, 0])

/** A MySQL greeting, protocol 10, with or without CLIENT_SSL. */
export function mysqlGreeting(ssl: boolean): Uint8Array {
  const payload = Buffer.concat([
    Buffer.from('\x0a8.4.2-test\0', 'latin1'),
    Uint8Array.from([9, 0, 0, 0]),
    Buffer.from('12345678\0', 'latin1'),
    Uint8Array.from([0xff, ssl ? 0xff : 0xf7, 45, 2, 0, 0xff, 0xdf, 21]),
    Buffer.alloc(10),
    Buffer.from('abcdefghijkl\0caching_sha2_password\0', 'latin1'),
  ])
  return Buffer.concat([Uint8Array.from([payload.length, 0, 0, 0]), payload])
}

const xmppFeatures =
  "<?xml version='1.0'?><stream:stream id='1' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' " +
  "version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>" +
  '</stream:features>'

/** How a sound server of each protocol lets TLS begin. */
export const soundScripts = {
  smtp: [
    '220-mail.test ESMTP\r\n220 one moment\r\n',
    { expect: /^EHLO \S+\r\n$/ },
    '250-mail.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 HELP\r\n',
    { expect: /^STARTTLS\r\n$/ },
    '220 2.0.0 Ready to start TLS\r\n',
  ],
  imap: [
    '* OK [CAPABILITY IMAP4rev1] ready\r\n',
    { expect: /^\w+ CAPABILITY\r\n$/ },
    '* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n',
    { expect: /^\w+ STARTTLS\r\n$/ },
    'a2 OK Begin TLS negotiation now\r\n',
  ],
  pop3: [
    '+OK POP3 ready\r\n',
    { expect: /^CAPA\r\n$/ },
    '+OK\r\nUIDL\r\nSTLS\r\n.\r\n',
    { expect: /^STLS\r\n$/ },
    '+OK Begin TLS\r\n',
  ],
  ftp: ['220-Welcome\r\n  to this\r\n220 server\r\n', { expect: /^AUTH TLS\r\n$/ }, '234 Proceed\r\n'],
  ldap: [{ expectHex: /^301d02010177188016312e332e362e312e342e312e313436362e3230303337$/ }, ldapSuccess],
  postgres: [{ expectHex: /^0000000804d2162f$/ }, 'S'],
  mysql: [mysqlGreeting(true), { expectHex: /^20000001..8a0800[0-9a-f]{56}/ }],
  xmpp: [
    { expect: /<stream:stream [^>]*jabber:client[^>]*>$/ },
    xmppFeatures,
    { expect: /<starttls [^>]*\/>$/ },
    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
  ],
  'xmpp-server': [
    { expect: /<stream:stream [^>]*jabber:server[^>]*>$/ },
    xmppFeatures,
    { expect: /<starttls [^>]*\/>$/ },
    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>",
  ],
} as const satisfies { readonly [protocol: string]: Script }
