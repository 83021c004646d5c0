import type { RecordProtocol } from './registry/protocols.ts'
import type { Preamble } from './starttls/talk.ts'

/** What an exchange was made for; the facts are read from the bytes, this says which conclusions a refusal allows. */
export type Purpose =
  | 'cipher-suites'
  | 'order'
  | 'groups'
  | 'shared-key'
  | 'handshake'
  | 'certificate'
  | 'sslv2'
  | FeaturePurpose

/** What one hello finds out about a feature. */
export const featurePurposes = [
  'extensions',
  'compression',
  'encrypt-then-mac',
  'fallback',
  'alpn',
  'dh-parameters',
  'signature',
  'grease',
  'long-hello',
  'future-version',
] as const
export type FeaturePurpose = (typeof featurePurposes)[number]

/** Whether an exchange was about a feature, so that it says nothing about versions, suites and groups. */
export function isAboutFeature({ purpose }: { readonly purpose: Purpose }): boolean {
  return (featurePurposes as readonly string[]).includes(purpose)
}

/** What a conversation of several steps was held for. */
export type Topic =
  | 'session'
  | 'resumption-id'
  | 'resumption-ticket'
  | 'tls13-session'
  | 'tls13-resumption'
  | 'renegotiation'
  | 'heartbleed'
  | 'ccs-injection'
  | 'ticketbleed'
  | 'robot'
  | 'poodle-tls'

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
  /** How many connections of ours to the server were open when this one was opened, itself included. */
  readonly open?: number
  /** The IP address that was reached; absent where none was. */
  readonly address?: string
  /** When its connection was opened and when it was over, counted in openings and ends of all exchanges of a collection. */
  readonly began?: number
  readonly ended?: number
  readonly sent: Uint8Array
  readonly received: Uint8Array
  readonly end: End
  /** The TLS 1.3 server handshake traffic secret (RFC 8446 section 7.1), so that the encrypted part can be read again. */
  readonly serverTraffic?: Uint8Array
  /** What was said in plain text before `sent` (STARTTLS); where it holds trouble, `sent` never left. */
  readonly preamble?: Preamble
}

/** One connection on which more than one message of ours was sent. */
export type Conversation = {
  readonly topic: Topic
  /** Which of several conversations on the topic; null where there is one. */
  readonly variant: string | null
  readonly protocol: RecordProtocol
  /** Each: what was sent, and what came until the next was sent. */
  readonly turns: readonly { readonly sent: Uint8Array; readonly received: Uint8Array }[]
  readonly end: End
  /** Whether the target's client certificate was at hand in it. */
  readonly certified?: true
  /** Secrets of this session alone, which was ours and carried no data, so that the encrypted part can be read again. */
  readonly secrets: { readonly [name: string]: Uint8Array }
  /** What was said in plain text before the first turn (STARTTLS). */
  readonly preamble?: Preamble
}

/** Everything that was said on the wire in one collection. */
export type Transcript = {
  readonly exchanges: readonly Exchange[]
  readonly conversations?: readonly Conversation[]
}

/** The transcript as compact JSON, bytes in hexadecimal, which no redaction of secret-shaped text can mistake for a secret. */
export function writeTranscript({ exchanges, conversations = [] }: Transcript): string {
  return JSON.stringify({
    version: 1,
    exchanges: exchanges.map(({ sent, received, serverTraffic, preamble, ...rest }) => ({
      ...rest,
      ...(preamble ? { preamble: writePreamble(preamble) } : {}),
      sent: hex(sent),
      received: hex(received),
      ...(serverTraffic ? { serverTraffic: hex(serverTraffic) } : {}),
    })),
    conversations: conversations.map(({ turns, secrets, preamble, ...rest }) => ({
      ...rest,
      ...(preamble ? { preamble: writePreamble(preamble) } : {}),
      turns: turns.map(({ sent, received }) => ({ sent: hex(sent), received: hex(received) })),
      secrets: Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, hex(secret)])),
    })),
  })
}

/** Reads a transcript that `writeTranscript` wrote; throws SyntaxError or TypeError for anything else. */
export function readTranscript(text: string): Transcript {
  const { version, exchanges, conversations = [] } = JSON.parse(text) as Written
  if (version !== 1 || !Array.isArray(exchanges) || !Array.isArray(conversations)) {
    throw new TypeError('not a TLS transcript of version 1')
  }
  return {
    exchanges: exchanges.map(({ sent, received, serverTraffic, preamble, ...rest }) => ({
      ...(rest as Omit<Exchange, 'sent' | 'received' | 'serverTraffic' | 'preamble'>),
      ...(preamble === undefined ? {} : { preamble: readPreamble(preamble) }),
      sent: unhex(sent),
      received: unhex(received),
      ...(serverTraffic === undefined ? {} : { serverTraffic: unhex(serverTraffic) }),
    })),
    conversations: conversations.map(({ turns, secrets, preamble, ...rest }) => ({
      ...(rest as Omit<Conversation, 'turns' | 'secrets' | 'preamble'>),
      ...(preamble === undefined ? {} : { preamble: readPreamble(preamble) }),
      turns: (turns as readonly Record<string, unknown>[]).map(({ sent, received }) => ({
        sent: unhex(sent),
        received: unhex(received),
      })),
      secrets: Object.fromEntries(Object.entries(secrets as object).map(([name, secret]) => [name, unhex(secret)])),
    })),
  }
}

type Written = {
  readonly version: number
  readonly exchanges: readonly Record<string, unknown>[]
  /** Absent in transcripts that were recorded before there were any. */
  readonly conversations?: readonly Record<string, unknown>[]
}

function writePreamble({ sent, received, trouble }: Preamble): object {
  return { sent: hex(sent), received: hex(received), trouble }
}

function readPreamble(value: unknown): Preamble {
  const { sent, received, trouble } = value as Record<'sent' | 'received', unknown> & Pick<Preamble, 'trouble'>
  return { sent: unhex(sent), received: unhex(received), trouble }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function unhex(text: unknown): Uint8Array {
  return Buffer.from(String(text), 'hex')
}
