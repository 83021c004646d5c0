import { clearRecord, isFlightOver, olderHello } from '../conversation/older-client.ts'
import { recordTypes, splitRecords } from '../conversation/records.ts'
import { mostTelling, type Script } from '../conversation/talk.ts'
import type { VersionFacts } from '../inventory/facts.ts'
import { alertName } from '../registry/alerts.ts'
import type { Conversation } from '../transcript.ts'
import { readReply } from '../wire/reply.ts'
import { type Verdict, verdict } from './weakness.ts'

/**
 * A ChangeCipherSpec before any key was agreed on (CVE-2014-0224): a sound server refuses it; one with the flaw takes it
 * without a word, sets keys made of nothing, and cannot open the second one, which is sent only then.
 */
export function ccsScript({ protocol, suites }: VersionFacts, serverName: string | undefined): Script {
  return {
    topic: 'ccs-injection',
    variant: null,
    protocol,
    speak: async (talk) => {
      talk.send(olderHello({ protocol, cipherSuites: suites.slice(0, 24), serverName }).record)
      const first = readReply(await talk.receive((received) => isFlightOver(readReply(received))))
      if (!first.serverHello || first.alert) return undefined
      const early = clearRecord(recordTypes.changeCipherSpec, protocol, [1])
      const isAnswered = (received: Uint8Array): boolean => splitRecords(received).length > 0
      talk.send(early)
      if (await talk.listen(isAnswered, talk.patienceMs)) return undefined
      talk.send(early)
      await talk.receive(isAnswered)
      return undefined
    },
  }
}

/** Alerts of a server that tried to open what it was sent. */
const opening: readonly number[] = [20, 21]

/** What the server made of them. */
export function ccsInjection(conversations: readonly Conversation[]): Verdict {
  const { conversation, alwaysReset } = mostTelling(conversations)
  const { turns, end } = conversation ?? { turns: [], end: 'stopped' }
  const [, first, second] = turns
  if (!first) return verdict('tested', 'undetermined', `no handshake could be begun (${end})`)
  // Older recordings sent both in one breath.
  const last = second ?? (first.sent.length > oneRecordBytes ? first : undefined)
  const refusal = second ? alertTo(first) : undefined
  const description = refusal ?? alertTo(last ?? first)
  if (refusal === undefined && last && description !== undefined && opening.includes(description)) {
    const name = alertName(description)
    return verdict(
      'tested',
      'vulnerable',
      `the server took a ChangeCipherSpec before the key exchange, then answered ${name}`,
    )
  }
  if (description !== undefined) {
    return verdict(
      'tested',
      'not-vulnerable',
      `the server refused an early ChangeCipherSpec with ${alertName(description)}`,
    )
  }
  if (end !== 'closed' && !alwaysReset) {
    return verdict('tested', 'undetermined', `the server did not answer an early ChangeCipherSpec (${end})`)
  }
  if (second) {
    return verdict('tested', 'undetermined', 'the server ended the connection only at a second early ChangeCipherSpec')
  }
  return verdict('tested', 'not-vulnerable', 'the server ended the connection at an early ChangeCipherSpec')
}

/** A ChangeCipherSpec with its header. */
const oneRecordBytes = 6

function alertTo({ received }: Conversation['turns'][number]): number | undefined {
  return splitRecords(received).find(({ type }) => type === recordTypes.alert)?.content[1]
}
