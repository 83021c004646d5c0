import { clearRecord, isFlightOver, olderHello } from '../conversation/older-client.ts'
import { recordTypes, splitRecords } from '../conversation/records.ts'
import { mostTelling, type Script } from '../conversation/talk.ts'
import type { VersionFacts } from '../inventory/facts.ts'
import { alertName } from '../registry/alerts.ts'
import type { Conversation } from '../transcript.ts'
import { concat } from '../wire/bytes.ts'
import { readReply } from '../wire/reply.ts'
import { type Verdict, verdict } from './weakness.ts'

/**
 * Two ChangeCipherSpec before any key was agreed on (CVE-2014-0224): a sound server refuses the first; one with the flaw
 * takes it, sets keys made of nothing, and cannot open the second.
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
      talk.send(concat(early, early))
      await talk.receive((received) => splitRecords(received).length > 0)
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
  if (turns.length < 2) return verdict('tested', 'undetermined', `no handshake could be begun (${end})`)
  const alert = splitRecords(turns[1]?.received ?? new Uint8Array()).find(({ type }) => type === recordTypes.alert)
  const description = alert?.content[1]
  if (description !== undefined && opening.includes(description)) {
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
  if (end === 'closed' || alwaysReset) {
    return verdict('tested', 'not-vulnerable', 'the server ended the connection at an early ChangeCipherSpec')
  }
  return verdict('tested', 'undetermined', `the server did not answer an early ChangeCipherSpec (${end})`)
}
