import { expect, test } from 'vitest'
import type { RunRecord } from '../../../src/model/assessment.ts'
import type { Schedule } from '../../../src/model/schedule.ts'
import { instant } from '../../../src/model/time.ts'
import { missedSlots } from '../../../src/schedule/catch-up.ts'

const nightly: Schedule = { id: 'nightly', cron: '0 2 * * *', timeZone: 'UTC' }
const now = instant('2026-09-09T09:30:00Z')
const within = { now, withinMs: 36 * 3_600_000 }

function run(slot: string | null, state: RunRecord['state'] = 'finished'): RunRecord {
  const at = slot === null ? null : instant(slot)
  const started = instant('2026-09-01T00:00:00Z')
  return { run: 'r', slot: at, late: false, started, finished: null, state, targets: 1, completed: 1, failed: 0 }
}

test('the newest slot that no run belongs to is caught up, and only that one', () => {
  const missed = missedSlots([nightly], [run('2026-09-05T02:00:00Z')], within)
  expect(missed).toEqual([{ schedule: nightly, slot: '2026-09-09T02:00:00.000Z' }])
})

test('a slot whose run finished is not caught up; one whose run was interrupted is', () => {
  expect(missedSlots([nightly], [run('2026-09-09T02:00:00Z')], within)).toEqual([])
  expect(missedSlots([nightly], [run('2026-09-09T02:00:00Z', 'interrupted')], within)).toHaveLength(1)
})

test('a slot that is too old stays a gap', () => {
  expect(missedSlots([nightly], [run('2026-09-05T02:00:00Z')], { now, withinMs: 3_600_000 })).toEqual([])
})

test('a new ledger has missed nothing', () => {
  expect(missedSlots([nightly], [], within)).toEqual([])
})

test('a run by hand does not stand in for a slot', () => {
  expect(missedSlots([nightly], [run(null)], within)).toHaveLength(1)
})
