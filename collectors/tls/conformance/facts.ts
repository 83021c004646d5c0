import type { JsonObject } from '../../../src/model/json.ts'
import type { Instant } from '../../../src/model/time.ts'
import { gradeFacts } from './grade.ts'
import { postureOf } from './posture.ts'
import { conformanceFacts, type Profile } from './profile.ts'
import { bsiProfile } from './profiles/bsi.ts'
import { mozillaProfiles } from './profiles/mozilla.ts'
import { nistProfile } from './profiles/nist.ts'
import { pciProfile } from './profiles/pci.ts'

/** Every profile that a server is held against. */
export const profiles: readonly Profile[] = [...mozillaProfiles, nistProfile, pciProfile, bsiProfile]

type KindFacts = { readonly kind: string; readonly facts: JsonObject }

/** `tls.conformance` for every profile, and `tls.grade`, from the facts of the same collection. Pure. */
export function policyFacts(all: readonly KindFacts[], at: Instant): readonly KindFacts[] {
  const posture = postureOf(all, at)
  return [
    ...profiles.map((profile) => ({ kind: 'tls.conformance', facts: conformanceFacts(profile, posture) })),
    { kind: 'tls.grade', facts: gradeFacts(posture) },
  ]
}
