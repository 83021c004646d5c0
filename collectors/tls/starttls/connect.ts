import type { Socket } from 'node:net'
import { CollectionError, type FailureCode } from '../../../src/model/errors.ts'
import { ldap, mysql, postgres } from './binary.ts'
import { ftp, imap, pop3, smtp } from './mail.ts'
import type { StarttlsProtocol } from './protocols.ts'
import { NoTls, type Preamble, type Talk, type Trouble, talkOver } from './talk.ts'
import { xmpp } from './xmpp.ts'

/** A plain-text negotiation that did not lead to TLS; `preamble` is what was said. */
export class PreambleError extends CollectionError {
  readonly preamble: Preamble

  constructor(failure: FailureCode, message: string, preamble: Preamble) {
    super(failure, message)
    this.preamble = preamble
  }
}

/** How each protocol asks for TLS; ends once the next byte may be a ClientHello, throws NoTls where it may not. */
const negotiations: { readonly [protocol in StarttlsProtocol]: (talk: Talk, host: string) => Promise<void> } = {
  smtp,
  imap,
  pop3,
  ftp,
  ldap,
  postgres,
  mysql,
  xmpp: (talk, host) => xmpp(talk, host, 'jabber:client'),
  'xmpp-server': (talk, host) => xmpp(talk, host, 'jabber:server'),
}

export type StarttlsOptions = {
  readonly protocol: StarttlsProtocol
  /** The name that the server is asked for, where the protocol has such a question. */
  readonly host: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const preambles = new WeakMap<Socket, Preamble>()

/** What was said in plain text on a socket that `startTls` gave back; undefined for any other. */
export function preambleOf(socket: Socket): Preamble | undefined {
  return preambles.get(socket)
}

/**
 * Brings an open socket to where a ClientHello is awaited. Throws PreambleError, with the socket destroyed: `not-tls`
 * where the server will not have TLS or does not speak the protocol, `refused` where it has no time or closes,
 * `reset`, `timeout`.
 */
export async function startTls(socket: Socket, options: StarttlsOptions): Promise<Socket> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)])
  const talk = talkOver(socket, signal)
  const said = await negotiate(talk, options)
  talk.leave()
  // The next user would wait for an end that does not come again.
  const preamble = said.trouble === null && socket.readableEnded ? { ...said, trouble: leftAtOnce } : said
  if (preamble.trouble) {
    socket.on('error', () => undefined).destroy()
    const { kind, said } = preamble.trouble
    throw new PreambleError(failures[kind], said, preamble)
  }
  preambles.set(socket, preamble)
  return socket
}

const leftAtOnce: Preamble['trouble'] = { kind: 'closed', said: 'closed the connection before TLS began' }

/** What was said until TLS may begin, or why it may not; never throws for what the server says. */
export async function negotiate(
  talk: Talk,
  { protocol, host }: Pick<StarttlsOptions, 'protocol' | 'host'>,
): Promise<Preamble> {
  try {
    await negotiations[protocol](talk, host)
    return { sent: talk.sent, received: talk.received, trouble: null }
  } catch (error) {
    if (!(error instanceof NoTls)) throw error
    const trouble = { kind: error.kind, said: printable(error.message) }
    return { sent: talk.sent, received: talk.received, trouble }
  }
}

/** A close before the first hello says nothing about what the server offers in TLS, so that it counts as a refusal to talk. */
const failures: { readonly [kind in Trouble]: FailureCode } = {
  declined: 'not-tls',
  odd: 'not-tls',
  busy: 'refused',
  closed: 'refused',
  reset: 'reset',
  timeout: 'timeout',
}

/** What a server said, on one line and short enough for a message. */
function printable(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)} …` : line
}
