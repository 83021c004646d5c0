import { DateTime } from 'luxon'
import type { Finding, ResolvedException } from '../model/finding.ts'
import { type Instant, millis } from '../model/time.ts'
import type { Folded } from './fold.ts'
import { sentence } from './sentence.ts'
import { together } from './verdict.ts'

/** Why a finding is what it is, as a few plain sentences; days are the organisation's. */
export function reasonOf(
  folded: Folded,
  disposition: Finding['disposition'],
  exception: ResolvedException | null,
  timeZone: string,
): string {
  const day = (at: Instant): string => dayInWords(at, timeZone)
  return [
    evidence(folded, day),
    history(folded, day),
    age(folded, day),
    trouble(folded, day),
    acceptance(disposition, exception, day),
  ]
    .filter((part) => part !== '')
    .join(' ')
}

/** `3 July 2026`. */
export function dayInWords(at: Instant, timeZone: string): string {
  return DateTime.fromMillis(millis(at), { zone: timeZone, locale: 'en-GB' }).toFormat('d LLLL yyyy')
}

type Day = (at: Instant) => string

function evidence({ standing, decisions }: Folded, day: Day): string {
  const worst = standing[0]
  if (!worst) return 'No evidence was collected within the period.'
  const deciding = decisions.filter((_, index) => standing[index]?.outcome === worst.outcome)
  // Beside one that was enough, those that were not say nothing.
  const own = deciding.filter(({ outcome }) => outcome === worst.outcome)
  const said = together(own.length > 0 ? own : deciding)
  return worst.outcome === 'error' ? `${day(worst.at)}: ${said}` : said
}

function history({ closed, healed, firstFailed, lastFailed }: Folded, day: Day): string {
  if (!closed || firstFailed === null || lastFailed === null) return ''
  const [first, last] = [day(firstFailed), day(lastFailed)]
  const when = first === last ? `on ${first}` : `from ${first} to ${last}`
  const before = healed[0] ? `: ${healed[0].reason}` : ''
  return sentence(`It failed earlier in the period, ${when}${before}`)
}

function age({ freshness, lastCollected, expires }: Folded, day: Day): string {
  if (freshness !== 'stale' || lastCollected === null || expires === null) return ''
  return `The evidence is stale: the newest is of ${day(lastCollected)} and counted until ${day(expires)}.`
}

function trouble({ trouble: newest, lastCollected }: Folded, day: Day): string {
  if (!newest || lastCollected === null) return ''
  const when = `A later collection, of ${day(newest.collected)}, concluded nothing`
  return `${when}, so the evidence of ${day(lastCollected)} stands: ${newest.reason}`
}

function acceptance(disposition: Finding['disposition'], exception: ResolvedException | null, day: Day): string {
  if (!exception) return ''
  const { id, approver, reason, approvedOn, expiresOn } = exception
  if (disposition === 'excepted') return sentence(`Accepted by ${approver} until ${day(expiresOn)} (${id}): ${reason}`)
  if (exception.state === 'expired') return `Exception ${id} expired on ${day(expiresOn)} and counts for nothing.`
  if (exception.state === 'not-yet') return `Exception ${id} begins on ${day(approvedOn)} and counts for nothing yet.`
  return ''
}
