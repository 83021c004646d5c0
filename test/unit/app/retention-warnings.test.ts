import { expect, test } from 'vitest'
import { retentionWarnings } from '../../../src/app/retention-warnings.ts'
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
const messages = (policies: readonly RetentionPolicy[], holds: readonly LegalHold[] = [], every = periods) =>
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
