import type { JsonObject } from '../../src/model/json.ts'
import { type ChainContext, chainFacts } from './certificate/facts.ts'
import { shownChains } from './certificate/shown.ts'
import { policyFacts } from './conformance/facts.ts'
import { readEvidence } from './evidence.ts'
import { allFeatures } from './features/facts.ts'
import { knownFrom } from './features/known.ts'
import { negotiatedFacts } from './inventory/negotiated.ts'
import { protocolFacts } from './inventory/protocol-facts.ts'
import type { Setting } from './setting.ts'
import type { Transcript } from './transcript.ts'
import { allWeaknesses } from './weaknesses/facts.ts'

/** Facts of one observation kind. */
export type KindFacts = { readonly kind: string; readonly facts: JsonObject }

/**
 * Everything that a transcript shows, as the collector reports it: the collector itself calls this with what it has just
 * heard, so that recorded bytes lead to the same facts at any later time. Pure.
 */
export function replay(
  { exchanges, conversations = [] }: Transcript,
  context: ChainContext & {
    /** Every address of the host; where absent, it is not told whether there are others. */
    readonly addresses?: readonly string[]
  },
): KindFacts[] {
  const known = knownFrom(exchanges)
  const all = known.case
  const heard = { known, evidence: exchanges.map(readEvidence), conversations }
  const negotiated = negotiatedFacts(all.evidence, context.addresses)
  const seen: KindFacts[] = [
    ...protocolFacts(all).map((facts) => ({ kind: 'tls.protocol', facts })),
    ...shownChains(heard.evidence).map(({ chain, ...showing }) => ({
      kind: 'tls.certificate',
      facts: chainFacts(chain, context, showing),
    })),
    { kind: 'tls.negotiated', facts: negotiated },
    ...allFeatures(heard).map((facts) => ({ kind: 'tls.feature', facts })),
    ...allWeaknesses(heard).map((facts) => ({ kind: 'tls.weakness', facts })),
  ]
  return [...seen, ...policyFacts(seen, context.at)]
}

/** What the collector yields, but for the names of the artefacts: the facts of a transcript, dated, with their subject. */
export function observe(
  transcript: Transcript,
  { subject, starttls, addresses, chains }: Setting,
  told: Required<Pick<ChainContext, 'answers' | 'logs'>>,
) {
  const how: JsonObject = starttls === null ? {} : { starttls }
  return replay(transcript, { ...chains, ...told, addresses }).map(({ kind, facts }) => ({
    kind,
    subject,
    methods: ['TEST'] as const,
    collected: chains.at,
    facts: { ...facts, ...how },
  }))
}
