import type { RecordProtocol } from './registry/protocols.ts'

/** What an exchange was made for; the facts are read from the bytes, this says which conclusions a refusal allows. */
export type Purpose = 'cipher-suites' | 'order' | 'groups' | 'handshake' | 'certificate' | 'sslv2'

/** How an exchange ended. `answered`: the bytes wanted are there. `stopped`: our own time was over. */
export type End = 'answered' | 'closed' | 'reset' | 'timeout' | 'refused' | 'unreachable' | 'too-large' | 'stopped'

/** One connection: the bytes sent and received, and how it ended. */
export type Exchange = {
  readonly purpose: Purpose
  /** The version that is asked for; null for SSLv2 and for hellos that offer several. */
  readonly protocol: RecordProtocol | null
  /** From 1; every attempt at a question sends the same bytes. */
  readonly attempt: number
  /** Whether no other connection of ours to the server was open meanwhile, nor shortly before. */
  readonly alone: boolean
  readonly sent: Uint8Array
  readonly received: Uint8Array
  readonly end: End
  /** The TLS 1.3 server handshake traffic secret (RFC 8446 section 7.1), so that the encrypted part can be read again. */
  readonly serverTraffic?: Uint8Array
}

/** Everything that was said on the wire in one collection. */
export type Transcript = { readonly exchanges: readonly Exchange[] }

/** The transcript as compact JSON, bytes in hexadecimal, which no redaction of secret-shaped text can mistake for a secret. */
export function writeTranscript(transcript: Transcript): string {
  const exchanges = transcript.exchanges.map(({ sent, received, serverTraffic, ...rest }) => ({
    ...rest,
    sent: Buffer.from(sent).toString('hex'),
    received: Buffer.from(received).toString('hex'),
    ...(serverTraffic ? { serverTraffic: Buffer.from(serverTraffic).toString('hex') } : {}),
  }))
  return JSON.stringify({ version: 1, exchanges })
}

/** Reads a transcript that `writeTranscript` wrote; throws SyntaxError or TypeError for anything else. */
export function readTranscript(text: string): Transcript {
  const { version, exchanges } = JSON.parse(text) as { version: number; exchanges: readonly Record<string, unknown>[] }
  if (version !== 1 || !Array.isArray(exchanges)) throw new TypeError('not a TLS transcript of version 1')
  return {
    exchanges: exchanges.map(({ sent, received, serverTraffic, ...rest }) => ({
      ...(rest as Omit<Exchange, 'sent' | 'received' | 'serverTraffic'>),
      sent: Buffer.from(String(sent), 'hex'),
      received: Buffer.from(String(received), 'hex'),
      ...(serverTraffic === undefined ? {} : { serverTraffic: Buffer.from(String(serverTraffic), 'hex') }),
    })),
  }
}
