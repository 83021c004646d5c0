import { type Instant, millis } from '../../../src/model/time.ts'

/** The longest validity in days by date of issue, CA/Browser Forum Baseline Requirements section 6.3.2, newest first. */
const rules: readonly (readonly [issuedFrom: string, days: number])[] = [
  ['2029-03-15T00:00:00.000Z', 47],
  ['2027-03-15T00:00:00.000Z', 100],
  ['2026-03-15T00:00:00.000Z', 200],
  ['2020-09-01T00:00:00.000Z', 398],
  ['2018-03-01T00:00:00.000Z', 825],
  ['2015-04-01T00:00:00.000Z', 1_187],
]

/** The longest lifetime in days that a certificate issued then may have; null before there was a rule. */
export function lifetimeLimitDays(notBefore: Instant): number | null {
  return rules.find(([from]) => notBefore >= from)?.[1] ?? null
}

/**
 * Days of validity, a begun day counting as one. The Baseline Requirements (section 1.6.1) include both ends and so
 * count one second more; that second is not held against a certificate of exactly so many days.
 */
export function validityDays(notBefore: Instant, notAfter: Instant): number {
  return Math.ceil((millis(notAfter) - millis(notBefore)) / 86_400_000)
}
