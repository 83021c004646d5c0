import type { Exception, ResolvedException } from '../model/finding.ts'
import type { Instant } from '../model/time.ts'

/** How an exception stands at a moment, before it is known whether a finding needs it. */
export function stateAt(exception: Exception, asOf: Instant): 'active' | 'expired' | 'not-yet' {
  if (asOf < exception.approvedOn) return 'not-yet'
  return asOf < exception.expiresOn ? 'active' : 'expired'
}

/** The exception that speaks about a finding: an active one before an expired one before one to come; null where none does. */
export function exceptionFor(
  exceptions: readonly Exception[],
  control: string,
  component: string,
  asOf: Instant,
): ResolvedException | null {
  const about = exceptions
    .filter((each) => each.control === control && (each.component === null || each.component === component))
    .map((each) => ({ ...each, state: stateAt(each, asOf) }))
  const best = (state: ResolvedException['state']) =>
    about.filter((each) => each.state === state).reduce<ResolvedException | null>(laterExpiry, null)
  return best('active') ?? best('expired') ?? best('not-yet')
}

/** Every exception with its state; an active one that no failing finding needs is `unused`. */
export function resolveExceptions(
  exceptions: readonly Exception[],
  asOf: Instant,
  used: ReadonlySet<string>,
): readonly ResolvedException[] {
  return exceptions.map((exception) => {
    const state = stateAt(exception, asOf)
    return { ...exception, state: state === 'active' && !used.has(exception.id) ? 'unused' : state }
  })
}

function laterExpiry(a: ResolvedException | null, b: ResolvedException): ResolvedException {
  return a === null || b.expiresOn > a.expiresOn ? b : a
}
