import type { JsonObject } from '../../src/model/json.ts'
import { type ChainContext, chainFacts } from './certificate/facts.ts'
import { shownChains } from './certificate/shown.ts'
import { policyFacts } from './conformance/facts.ts'
import { openCase } from './inventory/facts.ts'
import { negotiatedFacts } from './inventory/negotiated.ts'
import { protocolFacts } from './inventory/protocol-facts.ts'
import type { Transcript } from './transcript.ts'

/** Facts of one observation kind. */
export type KindFacts = { readonly kind: string; readonly facts: JsonObject }

/**
 * Everything that a transcript shows, as the collector reports it: the collector itself calls this with what it has just
 * heard, so that recorded bytes lead to the same facts at any later time. Pure.
 */
export function replay({ exchanges }: Transcript, context: ChainContext): KindFacts[] {
  const all = openCase(exchanges)
  const negotiated = negotiatedFacts(all.evidence)
  const seen: KindFacts[] = [
    ...protocolFacts(all).map((facts) => ({ kind: 'tls.protocol', facts })),
    ...shownChains(all.evidence).map(({ chain, ...showing }) => ({
      kind: 'tls.certificate',
      facts: chainFacts(chain, context, showing),
    })),
    { kind: 'tls.negotiated', facts: negotiated },
  ]
  return [...seen, ...policyFacts(seen, context.at)]
}
