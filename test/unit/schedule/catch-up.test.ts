import { expect, test } from 'vitest'
import type { Schedule } from '../../../src/model/schedule.ts'
import { instant } from '../../../src/model/time.ts'
import { isRetentionMissed, missedSlots, type SlotRun } from '../../../src/schedule/catch-up.ts'

const nightly: Schedule = { id: 'nightly', cron: '0 2 * * *', timeZone: 'UTC' }
const now = instant('2026-09-09T09:30:00Z')
const within = { now, withinMs: 36 * 3_600_000 }

const duty = { schedule: nightly, targets: ['api/gateway/tls', 'api/gateway/gateway'] }

function run(slot: string | null, { finished = true, targets = ['api/gateway/tls'] } = {}): SlotRun {
  return { slot: slot === null ? null : instant(slot), finished, targets }
}

test('the newest slot that no run belongs to is caught up, and only that one', () => {
  const missed = missedSlots([duty], [run('2026-09-05T02:00:00Z')], within)
  expect(missed).toEqual([{ schedule: nightly, slot: '2026-09-09T02:00:00.000Z' }])
})

test('a slot whose run finished is not caught up; one whose run was interrupted is', () => {
  expect(missedSlots([duty], [run('2026-09-09T02:00:00Z')], within)).toEqual([])
  expect(missedSlots([duty], [run('2026-09-09T02:00:00Z', { finished: false })], within)).toHaveLength(1)
})

test('the run of one schedule does not stand in for another that has its slot at the same moment', () => {
  const weekly = { schedule: { ...nightly, id: 'weekly' }, targets: ['api/log/log-retention'] }
  const missed = missedSlots([duty, weekly], [run('2026-09-09T02:00:00Z')], within)
  expect(missed.map(({ schedule }) => schedule.id)).toEqual(['weekly'])
})

test('a schedule that no target follows has missed nothing', () => {
  expect(missedSlots([{ ...duty, targets: [] }], [run(null)], within)).toEqual([])
})

test('a slot that is too old stays a gap', () => {
  expect(missedSlots([duty], [run('2026-09-05T02:00:00Z')], { now, withinMs: 3_600_000 })).toEqual([])
})

test('a new ledger has missed nothing', () => {
  expect(missedSlots([duty], [], within)).toEqual([])
})

test('a run by hand does not stand in for a slot', () => {
  expect(missedSlots([duty], [run(null)], within)).toHaveLength(1)
})

test('retention is caught up for a young slot that nothing says was done, under a configuration that stood at the slot', () => {
  const slot = instant('2026-09-09T02:00:00Z')
  const standing = { applied: false, configuredSince: instant('2026-09-01T02:00:00Z') }
  expect(isRetentionMissed(slot, standing, within)).toBe(true)
  expect(isRetentionMissed(slot, { ...standing, configuredSince: slot }, within)).toBe(true)
  expect(isRetentionMissed(slot, { ...standing, applied: true }, within)).toBe(false)
  expect(isRetentionMissed(slot, { ...standing, configuredSince: null }, within)).toBe(false)
  expect(isRetentionMissed(slot, { ...standing, configuredSince: now }, within)).toBe(false)
  expect(isRetentionMissed(slot, standing, { now, withinMs: 3_600_000 })).toBe(false)
})
