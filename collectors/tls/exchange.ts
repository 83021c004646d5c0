import type { Socket } from 'node:net'
import { CollectionError } from '../../src/model/errors.ts'
import { PreambleError, preambleOf } from './starttls/connect.ts'
import type { Preamble } from './starttls/talk.ts'
import type { End } from './transcript.ts'
import { type Reply, readReply } from './wire/reply.ts'

/** Sends bytes on a fresh connection and reads until there is enough. */
export type Wire = {
  readonly connect: () => Promise<Socket>
  readonly signal: AbortSignal
  /** How long one exchange may take, connecting included. */
  readonly timeoutMs: number
}

export type RawExchange = {
  readonly received: Uint8Array
  readonly end: End
  /** The IP address that was reached, where one was. */
  readonly address?: string
  /** What was said in plain text before the first hello, where the protocol begins so. */
  readonly preamble?: Preamble
}

const maxReplyBytes = 262_144

/**
 * One exchange: connects, sends, reads until `enough` says so or the connection ends. Never throws for what the server
 * does; a budget or a guard of the context that ends the collection is thrown on.
 */
export async function exchange(wire: Wire, sent: Uint8Array, enough: (reply: Reply) => boolean): Promise<RawExchange> {
  const deadline = AbortSignal.any([wire.signal, AbortSignal.timeout(wire.timeoutMs)])
  const socket = await connectBefore(wire, deadline)
  if ('end' in socket) return { received: new Uint8Array(), ...socket }
  const preamble = preambleOf(socket.open)
  const { remoteAddress: address } = socket.open
  try {
    const heard = await converse(socket.open, sent, enough, deadline, wire.signal)
    return { ...heard, ...(address === undefined ? {} : { address }), ...(preamble ? { preamble } : {}) }
  } finally {
    socket.open.destroy()
  }
}

/** A connection, or how it came to none before the deadline; throws what is about us and not about the server. */
export async function connectBefore(
  wire: Wire,
  deadline: AbortSignal,
): Promise<{ open: Socket } | { end: End; preamble?: Preamble }> {
  if (deadline.aborted) return { end: 'stopped' }
  const connecting = wire.connect()
  const expired = new Promise<'expired'>((resolve) => {
    deadline.addEventListener('abort', () => resolve('expired'), { once: true })
  })
  try {
    const first = await Promise.race([connecting, expired])
    if (first !== 'expired') return { open: first }
    // The connection may still come about; nobody wants it any more.
    connecting.then(
      (late) => late.destroy(),
      () => undefined,
    )
    return { end: wire.signal.aborted ? 'stopped' : 'timeout' }
  } catch (error) {
    const end = error instanceof CollectionError ? connectEnds[error.failure] : undefined
    if (error instanceof PreambleError) return { end: end ?? 'closed', preamble: error.preamble }
    if (end) return { end }
    if (wire.signal.aborted) return { end: 'stopped' }
    throw error
  }
}

/** What a failed connection says about the server; any other failure is about us and ends the collection. */
const connectEnds: { readonly [failure: string]: End } = {
  refused: 'refused',
  reset: 'reset',
  closed: 'closed',
  timeout: 'timeout',
  unreachable: 'unreachable',
}

function converse(
  socket: Socket,
  sent: Uint8Array,
  enough: (reply: Reply) => boolean,
  deadline: AbortSignal,
  stop: AbortSignal,
): Promise<RawExchange> {
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve) => {
    const finish = (end: End): void => {
      deadline.removeEventListener('abort', expire)
      // Late errors of a socket that is being destroyed are nobody's concern.
      socket.removeAllListeners('data').on('error', () => undefined)
      const received = Buffer.concat(chunks)
      // A reply that is complete counts, however the connection ended after it.
      resolve({ received, end: end === 'answered' || enough(readReply(received)) ? 'answered' : end })
    }
    const expire = (): void => finish(stop.aborted ? 'stopped' : 'timeout')
    deadline.addEventListener('abort', expire, { once: true })
    if (deadline.aborted) return expire()
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxReplyBytes) return finish('too-large')
      if (enough(readReply(Buffer.concat(chunks)))) finish('answered')
    })
    socket.once('end', () => finish('closed'))
    socket.once('close', () => finish('closed'))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      finish(error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'closed')
    })
    socket.write(sent)
  })
}
