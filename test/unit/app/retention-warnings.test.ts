import { expect, test } from 'vitest'
import { retentionWarnings } from '../../../src/app/retention-warnings.ts'
import type { Config } from '../../../src/config/config.ts'
import type { LegalHold, RetentionPolicy } from '../../../src/model/retention.ts'
import { parseTerm, type Term } from '../../../src/model/term.ts'
import { instant, startOfDay } from '../../../src/model/time.ts'

const timeZone = 'Europe/Zurich'
const organisation = { name: 'Example Retail Ltd', timeZone }
const now = instant('2026-11-10T12:00:00Z')
const periods = { every: 'quarter' as const, list: [] }

const policy = (keep: string): RetentionPolicy => ({
  ...{ id: `keep-${keep}`, data: null, collector: null, mediaType: null, component: null, basis: 'a law' },
  keep: parseTerm(keep) as Term,
})
const hold = (until: string | null): LegalHold => ({
  ...{ id: 'H-1', reason: 'a claim', approver: 'counsel', component: null, collected: null },
  from: instant('2026-01-01T00:00:00Z'),
  until: until === null ? null : instant(until),
})
const messages = (
  policies: readonly RetentionPolicy[],
  holds: readonly LegalHold[] = [],
  every: Config['periods'] = periods,
) =>
  retentionWarnings({ organisation, periods: every, retention: { policies, holds, schedule: null } }, now).map(
    ({ message }) => message,
  )

test('a policy that ends within an assessment period is warned about, one that outlives it is not', () => {
  expect(messages([policy('30d')])).toMatchObject([
    expect.stringContaining('shorter than the assessment period 2026-Q4'),
  ])
  expect(messages([policy('91d')])).toHaveLength(0)
  expect(messages([policy('3mo'), policy('7y')])).toHaveLength(0)
  const listed = { id: '2026', from: startOfDay('2026-01-01', timeZone), to: startOfDay('2027-01-01', timeZone) }
  expect(messages([policy('200d')], [], { every: 'quarter', list: [listed] as never[] })).toHaveLength(1)
})

test('where periods are listed, one of the calendar counts only while reports are of it, and is said to be none of them', () => {
  const [from, to] = [startOfDay('2026-03-01', timeZone), startOfDay('2026-04-01', timeZone)]
  const listed = { every: null, list: [{ id: 'March', from, to }] }
  const [message, ...others] = messages([policy('40d')], [], listed)
  expect(message).toContain('2026-Q4, which reports are of because periods.list has none for today')
  expect(others).toHaveLength(0)
  // 2025-Q4 is longer than 2026-Q1.
  const warnings = (given: typeof periods | typeof listed) =>
    retentionWarnings(
      { organisation, periods: given, retention: { policies: [policy('90d')], holds: [], schedule: null } },
      instant('2026-02-10T12:00:00Z'),
    )
  expect(warnings(periods)).toHaveLength(1)
  expect(warnings(listed)).toHaveLength(0)
})

test('a hold that is over is warned about', () => {
  expect(messages([], [hold('2026-10-31T22:59:59.999Z')])).toMatchObject([
    expect.stringContaining('ended on 2026-10-31'),
  ])
  expect(messages([], [hold(null), hold('2026-12-31T22:59:59.999Z')])).toHaveLength(0)
})

test('a schedule without a policy has nothing to apply', () => {
  const retention = { policies: [], holds: [], schedule: 'monthly' }
  expect(retentionWarnings({ organisation, periods, retention }, now)).toHaveLength(1)
})
