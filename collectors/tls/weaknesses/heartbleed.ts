import { clearRecord, handshakeMessage, isFlightOver, olderHello } from '../conversation/older-client.ts'
import { recordTypes, splitRecords } from '../conversation/records.ts'
import { mostTelling, type Script } from '../conversation/talk.ts'
import type { VersionFacts } from '../inventory/facts.ts'
import type { Conversation } from '../transcript.ts'
import { concat } from '../wire/bytes.ts'
import { extensionTypes } from '../wire/client-hello.ts'
import { handshakeTypes, readReply } from '../wire/reply.ts'
import { type Verdict, verdict } from './weakness.ts'

/** RFC 6520. */
const heartbeatExtension = 15
/** The type, the length and the payload of a heartbeat message stand before its padding. */
const headBytes = 3

/**
 * A heartbeat that claims one byte of payload and brings none (CVE-2014-0160): a server with the flaw answers with one
 * byte of its memory, which is not kept. A message that no server may accept follows in the same breath, so that its
 * alert shows that the heartbeat was passed over.
 */
export function heartbleedScript({ protocol, suites }: VersionFacts, serverName: string | undefined): Script {
  const offer = {
    protocol,
    cipherSuites: suites.slice(0, 24),
    serverName,
    extensions: [
      { type: extensionTypes.renegotiationInfo, data: Uint8Array.of(0) },
      { type: heartbeatExtension, data: Uint8Array.of(1) },
    ],
  }
  return {
    topic: 'heartbleed',
    variant: null,
    protocol,
    conceal: withoutHeartbeats,
    speak: async (talk) => {
      talk.send(olderHello(offer).record)
      const first = readReply(await talk.receive((received) => isFlightOver(readReply(received))))
      if (!first.serverHello || !speaksHeartbeat(first)) return undefined
      talk.send(
        concat(
          clearRecord(recordTypes.heartbeat, protocol, [1, 0, 1]),
          clearRecord(recordTypes.handshake, protocol, handshakeMessage(handshakeTypes.finished, new Uint8Array(12))),
        ),
      )
      await talk.receive((received) =>
        splitRecords(received).some(({ type }) => type === recordTypes.heartbeat || type === recordTypes.alert),
      )
      return undefined
    },
  }
}

function speaksHeartbeat({ serverHello }: ReturnType<typeof readReply>): boolean {
  return serverHello?.extensions.some(({ type }) => type === heartbeatExtension) ?? false
}

/** Blanks what heartbeats carry, whole records and cut ones. */
function withoutHeartbeats(received: Uint8Array): Uint8Array {
  const kept = Uint8Array.from(received)
  for (let at = 0; at + 5 <= kept.length; ) {
    const length = (kept[at + 3] ?? 0) * 256 + (kept[at + 4] ?? 0)
    if (kept[at] === recordTypes.heartbeat) kept.fill(0, at + 5 + headBytes, at + 5 + length)
    at += 5 + length
  }
  return kept
}

/** What the server made of the heartbeat. */
export function heartbleed(conversations: readonly Conversation[]): Verdict {
  const { conversation, alwaysReset } = mostTelling(conversations)
  const { turns, end } = conversation ?? { turns: [], end: 'stopped' }
  const first = readReply(turns[0]?.received ?? new Uint8Array())
  if (!first.serverHello) return verdict('tested', 'undetermined', `no handshake could be begun (${end})`)
  if (!speaksHeartbeat(first)) return verdict('tested', 'not-vulnerable', 'the server does not take heartbeats')
  const records = splitRecords(turns[1]?.received ?? new Uint8Array())
  const answer = records.find(({ type }) => type === recordTypes.heartbeat)
  // Type 2, payload of the length that was claimed and never sent.
  if (answer && answer.content[0] === 2 && answer.content.length > headBytes) {
    return verdict('tested', 'vulnerable', 'the server answered a heartbeat with memory that it was not sent')
  }
  if (records.some(({ type }) => type === recordTypes.alert) || end === 'closed' || alwaysReset) {
    return verdict('tested', 'not-vulnerable', 'the server did not answer a heartbeat that claims more than it brings')
  }
  return verdict('tested', 'undetermined', `the server answered neither the heartbeat nor what followed (${end})`)
}
