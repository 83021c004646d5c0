import type { JsonObject } from '../../../src/model/json.ts'
import { type Evidence, keyOf } from '../evidence.ts'
import { openCase } from '../inventory/case.ts'
import type { Conversation, FeaturePurpose, Topic } from '../transcript.ts'
import { type Finding, inferred, undetermined } from './feature.ts'
import type { Known } from './known.ts'

/** What the facts about features rest on. */
export type Heard = {
  readonly known: Known
  /** Every exchange, those of the inventory too. */
  readonly evidence: readonly Evidence[]
  readonly conversations: readonly Conversation[]
}

/** The last exchange of a purpose: one that the server chose in where there is one. */
export function evidenceOf({ evidence }: Heard, purpose: FeaturePurpose): Evidence | undefined {
  const all = evidence.filter(({ exchange }) => exchange.purpose === purpose)
  return all.findLast(({ verdict }) => verdict.kind === 'chosen') ?? all.at(-1)
}

/** Tells the exchanges whose hello was refused, by an alert or by closing without one though there was room. */
export function refusals({ evidence }: Heard): (each: Evidence) => boolean {
  const { dismissed } = openCase(evidence.map(({ exchange }) => exchange))
  return ({ exchange, verdict }) => verdict.kind === 'refused' || dismissed.has(keyOf(exchange))
}

/** Why a question for versions before TLS 1.3 was not asked, as a finding; `ifTls13` is what TLS 1.3 has in its place. */
export function withoutOlder({ known }: Heard, ifTls13: 'yes' | 'no', details: JsonObject = {}): Finding | null {
  if (known.older) return null
  if (!known.onlyTls13) return undetermined('no version before TLS 1.3 was found to ask about it', details)
  const reason =
    ifTls13 === 'yes'
      ? 'only TLS 1.3 is offered, which has this protection built in'
      : 'only TLS 1.3 is offered, which does not have it'
  return inferred(ifTls13 === 'yes', reason, details)
}

/** The conversations on a topic, in the order in which they were held. */
export function conversationsOn({ conversations }: Heard, topic: Topic): readonly Conversation[] {
  return conversations.filter((each) => each.topic === topic)
}
