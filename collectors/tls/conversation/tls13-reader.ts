import { sealedWith } from '../handshake/flight.ts'
import type { Conversation } from '../transcript.ts'
import { concat, readBytes } from '../wire/bytes.ts'
import { readExtensions } from '../wire/client-hello.ts'
import {
  type Alert,
  alertIn,
  guarded,
  type HandshakeMessage,
  handshakeTypes,
  type Reply,
  readMessages,
  readReply,
  type SealedRecord,
} from '../wire/reply.ts'
import { recordTypes } from './records.ts'
import { openTls13 } from './tls13-keys.ts'

/** A session ticket of TLS 1.3, RFC 8446 section 4.6.1. */
export type Ticket = {
  readonly lifetimeSeconds: number
  readonly ageAdd: number
  readonly nonce: Uint8Array
  readonly ticket: Uint8Array
  /** Bytes of early data that the server takes; 0 where it takes none. */
  readonly maxEarlyData: number
}

/** What a TLS 1.3 conversation shows. */
export type Tls13Reading = {
  readonly reply: Reply
  /** The server's encrypted first flight. */
  readonly flight: readonly HandshakeMessage[]
  /** Whether the server's Finished came. */
  readonly finished: boolean
  readonly tickets: readonly Ticket[]
  /** The first alert after our Finished, or instead of the handshake. */
  readonly alert: Alert | null
}

/** Reads a conversation again; pure, and total over any bytes. */
export function readTls13({ turns, secrets }: Conversation): Tls13Reading {
  const reply = readReply(concat(...turns.map(({ received }) => received)))
  const suite = sealedWith[reply.serverHello?.cipherSuite ?? -1]
  const { serverHandshake, serverApplication } = secrets
  const handshake = suite && serverHandshake ? openTls13(suite, serverHandshake, reply.sealed) : []
  const rest: readonly SealedRecord[] = reply.sealed.slice(handshake.length)
  const application = suite && serverApplication ? openTls13(suite, serverApplication, rest) : []
  const flight = messagesIn(handshake)
  const alert = [...handshake, ...application].find(({ type }) => type === recordTypes.alert)?.content
  return {
    reply,
    flight,
    finished: flight.some(({ type }) => type === handshakeTypes.finished),
    tickets: messagesIn(application).flatMap(({ type, body }) => (type === newSessionTicket ? readTicket(body) : [])),
    alert: alertIn(alert ?? null) ?? reply.alert,
  }
}

/** NewSessionTicket, in all versions. */
export const newSessionTicket = 4

function messagesIn(records: readonly { readonly type: number; readonly content: Uint8Array }[]): HandshakeMessage[] {
  const handshake = records.filter(({ type }) => type === recordTypes.handshake)
  return readMessages(concat(...handshake.map(({ content }) => content))).messages
}

function readTicket(body: Uint8Array): Ticket[] {
  const ticket = guarded(() => {
    const reader = readBytes(body)
    const lifetimeSeconds = reader.u16() * 65_536 + reader.u16()
    const ageAdd = reader.u16() * 65_536 + reader.u16()
    const nonce = reader.vector(1)
    const bytes = reader.vector(2)
    const early = readExtensions(reader.vector(2)).find(({ type }) => type === earlyData)
    const maxEarlyData = early ? readBytes(early.data).u16() * 65_536 + readBytes(early.data.subarray(2)).u16() : 0
    return { lifetimeSeconds, ageAdd, nonce, ticket: bytes, maxEarlyData }
  })
  return ticket ? [ticket] : []
}

const earlyData = 42
