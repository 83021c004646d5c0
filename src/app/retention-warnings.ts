import { type Config, periodAt, periodBefore } from '../config/config.ts'
import type { Period } from '../model/period.ts'
import { inForce } from '../model/retention.ts'
import { endOfTerm } from '../model/term.ts'
import { dayOf, type Instant } from '../model/time.ts'

type RetentionConfig = Pick<Config, 'retention' | 'periods' | 'organisation'>

/** Policies that take raw bytes away before a report of their period can be issued, and holds that hold no more. */
export function retentionWarnings(
  config: RetentionConfig,
  now: Instant,
): readonly { readonly message: string; readonly hint: string }[] {
  const { policies, holds, schedule } = config.retention
  const { timeZone } = config.organisation
  const periods = reportedPeriods(config, now)
  const listed = new Set(config.periods.list.map(({ id }) => id))
  const named = (id: string) =>
    listed.size === 0 || listed.has(id) ? id : `${id}, which reports are of because periods.list has none for today`
  return [
    ...policies.flatMap(({ id, keep }) => {
      const short = periods.find(({ from, to }) => endOfTerm(from, keep, timeZone) < to)
      if (!short) return []
      return [
        {
          message: `the policy "${id}" keeps raw bytes for ${keep.text} only, shorter than the assessment period ${named(short.id)}: its report will rest on evidence whose bytes are gone`,
          hint: 'findings stay, because facts are kept; an auditor cannot look at the raw bytes behind them any more',
        },
      ]
    }),
    ...holds
      .filter((hold) => hold.until !== null && hold.until < now && !inForce(hold, { earliest: now, latest: now }))
      .map(({ id, until }) => ({
        message: `the legal hold "${id}" ended on ${dayOf(until ?? now, timeZone)}: it keeps nothing any more`,
        hint: 'what it kept goes when its policy says so; take the hold out when you have made sure',
      })),
    ...(schedule !== null && policies.length === 0
      ? [{ message: 'retention.schedule is set, but there is no policy to apply', hint: 'give it policies:' }]
      : []),
  ]
}

/** Those that reports may be asked of: the listed ones, today's, and the calendar's one before it where that is followed. */
function reportedPeriods(config: RetentionConfig, now: Instant): readonly Period[] {
  const current = periodAt(config, now)
  const before = config.periods.every === null ? undefined : periodBefore(config, current)
  return [...config.periods.list, current, ...(before ? [before] : [])]
}
