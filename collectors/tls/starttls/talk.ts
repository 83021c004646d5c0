import type { Duplex } from 'node:stream'

/** Why a plain-text negotiation did not lead to TLS. */
export type Trouble =
  /** The server said that it has no TLS here. */
  | 'declined'
  /** The server said that it has no time now: asked again later, it may answer otherwise. */
  | 'busy'
  /** What it said is not the protocol. */
  | 'odd'
  | 'closed'
  | 'reset'
  | 'timeout'

/** What was said in plain text before TLS. */
export type Preamble = {
  readonly sent: Uint8Array
  readonly received: Uint8Array
  /** Null where TLS may begin. */
  readonly trouble: { readonly kind: Trouble; readonly said: string } | null
}

/** Ends a negotiation; never leaves this folder. */
export class NoTls extends Error {
  readonly kind: Trouble

  constructor(kind: Trouble, said: string) {
    super(said)
    this.kind = kind
  }
}

/** A conversation in plain text over an open connection, which remembers every byte. */
export type Talk = {
  send(bytes: Uint8Array | string): void
  /** The next line, without its end; throws NoTls where none comes. */
  line(): Promise<string>
  /** Exactly so many bytes. */
  take(count: number): Promise<Uint8Array>
  /** Everything up to and including the next `>`; the text is Latin-1. */
  tag(): Promise<string>
  /** What came so far and was not taken, without waiting. */
  rest(): Uint8Array
  readonly sent: Uint8Array
  readonly received: Uint8Array
  /** Leaves the socket to its next user, with what was not taken still to be read. */
  leave(): void
}

/** Plain text before TLS is short everywhere; who says more than this is not heard out. */
export const maxPreambleBytes = 65_536
/** What a single line or tag may have, RFC 5321 section 4.5.3.1 eight times over. */
const maxLineBytes = 4_096

/** Begins to talk; `signal` ends every wait. */
export function talkOver(socket: Duplex, signal: AbortSignal): Talk {
  const sent: Uint8Array[] = []
  const received: Uint8Array[] = []
  let pending = Buffer.alloc(0)
  let size = 0
  let end: NoTls | undefined
  let wake: () => void = () => undefined

  const read = (): void => {
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
      received.push(chunk)
      size += chunk.length
      pending = Buffer.concat([pending, chunk])
    }
    wake()
  }
  const over = (kind: Trouble, said: string): void => {
    end ??= new NoTls(kind, said)
    wake()
  }
  const closed = (): void => over('closed', 'closed the connection before TLS began')
  const failed = (error: NodeJS.ErrnoException): void => {
    const reset = error.code === 'ECONNRESET' || error.code === 'EPIPE'
    over(reset ? 'reset' : 'closed', `${reset ? 'reset' : 'closed'} the connection before TLS began`)
  }
  const expired = (): void => over('timeout', 'said too little in time for TLS to begin')
  // Unlike `data`, `readable` leaves in the socket what comes after the last look.
  socket.on('readable', read).once('end', closed).once('close', closed).once('error', failed)
  signal.addEventListener('abort', expired, { once: true })
  if (signal.aborted) expired()

  /** The first so many pending bytes, once `enough` knows how many. */
  async function next(enough: (bytes: Buffer) => number | undefined): Promise<Buffer> {
    for (;;) {
      const length = enough(pending)
      if (length !== undefined) {
        const taken = pending.subarray(0, length)
        pending = pending.subarray(length)
        return taken
      }
      if (size > maxPreambleBytes) throw new NoTls('odd', `said more than ${maxPreambleBytes} bytes in plain text`)
      if (end) throw end
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  return {
    send: (bytes) => {
      const raw = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
      sent.push(raw)
      socket.write(raw)
    },
    line: async () => {
      const raw = await next((bytes) => {
        const at = bytes.indexOf(0x0a)
        if ((at < 0 ? bytes.length : at) > maxLineBytes) throw new NoTls('odd', 'sent a line without an end')
        return at < 0 ? undefined : at + 1
      })
      return raw.toString('latin1').replace(/\r?\n$/, '')
    },
    take: (count) => next((bytes) => (bytes.length < count ? undefined : count)),
    tag: async () => {
      const raw = await next((bytes) => {
        const at = bytes.indexOf(0x3e)
        if ((at < 0 ? bytes.length : at) > maxLineBytes) throw new NoTls('odd', 'sent a tag without an end')
        return at < 0 ? undefined : at + 1
      })
      return raw.toString('latin1')
    },
    rest: () => pending,
    get sent() {
      return Buffer.concat(sent)
    },
    get received() {
      return Buffer.concat(received).subarray(0, maxPreambleBytes)
    },
    leave: () => {
      signal.removeEventListener('abort', expired)
      socket.off('readable', read).off('end', closed).off('close', closed).off('error', failed)
      // Nobody can be given back what came before an end that was seen already.
      if (pending.length > 0 && !socket.readableEnded) socket.unshift(pending)
    },
  }
}
