import type { Conversation } from '../transcript.ts'
import { concat } from '../wire/bytes.ts'
import { readClientHello } from '../wire/client-hello.ts'
import { type Alert, alertIn, type HandshakeMessage, type Reply, readMessages, readReply } from '../wire/reply.ts'
import { createCipher, keyBlockOf } from './older-cipher.ts'
import { aroundSwitch, recordTypes, splitRecords } from './records.ts'

/** What a conversation in a version before TLS 1.3 shows. */
export type OlderReading = {
  /** The server's answer to the first hello. */
  readonly first: Reply
  /** The handshake messages that came in the clear, in all turns. */
  readonly clear: readonly HandshakeMessage[]
  /** Whether the server's Finished came and opened, so that both sides agree on the keys. */
  readonly finished: boolean
  /** Handshake messages that came sealed after that Finished. */
  readonly after: readonly HandshakeMessage[]
  /** The first alert that ended the handshake, or came sealed after it; close_notify and warnings too. */
  readonly alert: Alert | null
}

/** Reads a conversation again; pure, and total over any bytes. */
export function readOlder({ turns, protocol, secrets }: Conversation): OlderReading {
  const all = concat(...turns.map(({ received }) => received))
  const { clear, sealed } = aroundSwitch(splitRecords(all))
  const first = readReply(turns[0]?.received ?? new Uint8Array())
  const clientRandom = randomOf(turns[0]?.sent ?? new Uint8Array())
  const { serverHello } = first
  const suite = serverHello?.cipherSuite ?? -1
  const { keyBlock, master } = secrets
  const serverRandom = serverHello?.random
  // Older recordings hold the master secret.
  const made = master && clientRandom && serverRandom && { protocol, suite, master, clientRandom, serverRandom }
  const keys = keyBlock ?? (made && keyBlockOf(made))
  const cipher = keys && serverHello ? createCipher(protocol, suite, keys) : undefined
  const opened = cipher ? sealed.map((record) => ({ type: record.type, content: cipher.open(record) })) : []
  const stream = (records: readonly { type: number; content: Uint8Array | null }[]): HandshakeMessage[] =>
    readMessages(
      concat(...records.flatMap(({ type, content }) => (type === recordTypes.handshake && content ? [content] : []))),
    ).messages
  const [finished, ...after] = stream(opened)
  const alerts = [...clear, ...opened].flatMap(({ type, content }) =>
    type === recordTypes.alert ? (alertIn(content) ?? []) : [],
  )
  return {
    first,
    clear: stream(clear),
    finished: finished?.type === finishedType && finished.body.length === 12,
    after,
    alert: alerts.find(({ fatal, description }) => fatal || description !== unrecognizedName) ?? null,
  }
}

const finishedType = 20
/** A server that does not know the name says so and goes on. */
const unrecognizedName = 112

function randomOf(hello: Uint8Array): Uint8Array | undefined {
  return readClientHello(hello) ? hello.subarray(11, 43) : undefined
}
