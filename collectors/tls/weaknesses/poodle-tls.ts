import type { OlderOffer } from '../conversation/older-client.ts'
import { shakeOlder } from '../conversation/older-client.ts'
import { readOlder } from '../conversation/older-reader.ts'
import type { Script } from '../conversation/talk.ts'
import { alertName } from '../registry/alerts.ts'
import type { Conversation } from '../transcript.ts'
import { type Verdict, verdict } from './weakness.ts'

/**
 * A handshake whose Finished is right but for the bytes of its CBC padding (CVE-2014-8730): a server that looks at them,
 * as TLS asks, refuses it; `variant` right sends it undamaged, so that a refusal has no other cause.
 */
export function poodleTlsScript(offer: OlderOffer, variant: 'right' | 'damaged'): Script {
  return {
    topic: 'poodle-tls',
    variant,
    protocol: offer.protocol,
    speak: async (talk) => {
      const session = await shakeOlder(talk, offer, variant === 'damaged' ? 'padding' : undefined)
      return session?.secrets
    },
  }
}

/** What the server made of the damaged padding. */
export function poodleTls(conversations: readonly Conversation[]): Verdict {
  const of = (variant: string) => conversations.findLast((each) => each.variant === variant)
  const [right, damaged] = [of('right'), of('damaged')]
  const reading = damaged && readOlder(damaged)
  if (!damaged || !reading || damaged.turns.length < 2) {
    return verdict('tested', 'undetermined', 'no handshake with a CBC cipher suite could be held')
  }
  if (reading.finished) return verdict('tested', 'vulnerable', 'the server took a record whose CBC padding was wrong')
  if (!right || !readOlder(right).finished) {
    return verdict('tested', 'undetermined', 'the server ended a handshake with a CBC cipher suite even without damage')
  }
  if (reading.alert) {
    const name = alertName(reading.alert.description)
    return verdict('tested', 'not-vulnerable', `the server refused a record with wrong CBC padding with ${name}`)
  }
  // The undamaged one went through, so that even a reset is an answer.
  if (damaged.end === 'closed' || damaged.end === 'reset') {
    return verdict('tested', 'not-vulnerable', 'the server ended the connection at a record with wrong CBC padding')
  }
  return verdict('tested', 'undetermined', `the server did not answer a record with wrong CBC padding (${damaged.end})`)
}
