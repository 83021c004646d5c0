import type { Disposition, Freshness, Outcome, Standing } from '../model/finding.ts'

/** The three axes of a finding. */
export type Axes = { readonly outcome: Outcome; readonly freshness: Freshness; readonly disposition: Disposition }

/**
 * The one label of a finding, here and nowhere else. What cannot be relied on never counts as satisfied; what failed
 * stays failed however old the evidence is, until newer evidence holds or someone accepts it.
 */
export function resolve({ outcome, freshness, disposition }: Axes): Standing {
  switch (outcome) {
    case 'satisfied':
      return freshness === 'fresh' ? 'satisfied' : 'undetermined'
    case 'not-satisfied':
      return ofFailure(freshness, disposition)
    case 'error':
    case 'not-measured':
      return 'undetermined'
    case 'not-applicable':
      return 'not-applicable'
    default:
      return outcome satisfies never
  }
}

function ofFailure(freshness: Freshness, disposition: Disposition): Standing {
  switch (disposition) {
    case 'open':
      return 'not-satisfied'
    case 'excepted':
      return 'excepted'
    case 'closed':
      return freshness === 'fresh' ? 'closed' : 'undetermined'
    default:
      return disposition satisfies never
  }
}

/** Whether a finding holds at the assessment's moment. */
export function holds(standing: Standing): boolean {
  return standing === 'satisfied' || standing === 'closed'
}

/** Whether a finding fails at the assessment's moment, accepted or not. */
export function fails(standing: Standing): boolean {
  return standing === 'not-satisfied' || standing === 'excepted'
}
