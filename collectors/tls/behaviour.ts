import { createAsk } from './ask.ts'
import type { ClientIdentity } from './conversation/client-identity.ts'
import { surveySessions } from './conversation/survey.ts'
import { createHold } from './conversation/talk.ts'
import type { Wire } from './exchange.ts'
import { knownFrom } from './features/known.ts'
import { surveyFeatures } from './features/survey.ts'
import type { Pacer } from './pacer.ts'
import type { Conversation, Exchange } from './transcript.ts'
import { surveyWeaknesses } from './weaknesses/survey.ts'

/** What is kept of what was said about features and weaknesses. */
export type Kept = { readonly features: Exchange[]; readonly conversations: Conversation[] }

/**
 * Asks about features and weaknesses, all at once, given what the inventory showed. The exchanges are kept apart from
 * those of the inventory, so that an odd hello never decides what the server offers.
 */
export async function surveyBehaviour(
  wire: Wire,
  pacer: Pacer,
  inventory: readonly Exchange[],
  serverName: string | undefined,
  { features, conversations }: Kept,
  identity?: ClientIdentity,
): Promise<void> {
  const known = knownFrom(inventory)
  const hold = createHold(wire, pacer, conversations)
  const surveys = [
    surveyFeatures(createAsk(wire, pacer, features, inventory), known, serverName),
    surveySessions(hold, known, serverName, identity),
    surveyWeaknesses(hold, known, serverName, identity),
  ]
  const results = await Promise.allSettled(surveys)
  const failed = results.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
}
