import type { JsonObject } from '../../../src/model/json.ts'
import type { Check } from './checks.ts'
import type { Posture } from './posture.ts'

/** A published set of requirements, in the version that its id names. */
export type Profile = {
  /** `mozilla-intermediate-6.0`: the name, and the version of the text. */
  readonly id: string
  readonly title: string
  /** Where the text stands. */
  readonly source: string
  readonly checks: readonly Check[]
}

/**
 * The facts of `tls.conformance` for one profile: a known deviation settles it, otherwise one open requirement leaves it
 * undetermined. Pure.
 */
export function conformanceFacts({ id, source, checks }: Profile, posture: Posture): JsonObject {
  const remarks = checks.flatMap((check) => check(posture))
  const of = (kind: string): readonly string[] => [
    ...new Set(remarks.filter((each) => each.kind === kind).map(({ text }) => text)),
  ]
  const deviations = of('deviation')
  const undetermined = of('undetermined')
  return {
    profile: id,
    conforms: deviations.length > 0 ? 'no' : undetermined.length > 0 ? 'undetermined' : 'yes',
    deviations,
    undetermined,
    advice: of('advice'),
    source,
  }
}
