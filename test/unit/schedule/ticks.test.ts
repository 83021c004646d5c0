import pino from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Clock, instant } from '../../../src/model/time.ts'
import { startTicks, type Tick } from '../../../src/schedule/ticks.ts'

const hour = 3_600_000
const clock: Clock = { now: () => instant(Date.now()) }

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-10T00:30:00Z') })
})

afterEach(() => {
  vi.useRealTimers()
})

/** The ticks of a schedule, and the slots that were logged as passed. */
function ticksOf(cron: string, catchUpMs: number) {
  const ticks: Tick[] = []
  const passed: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void passed.push(JSON.parse(line).slot) })
  const task = startTicks({ id: 'nightly', cron, timeZone: 'UTC' }, { clock, log, catchUpMs }, (tick) =>
    ticks.push(tick),
  )
  return { ticks, passed, [Symbol.asyncDispose]: async () => void (await task.destroy()) }
}

/** Timers stand still while a machine sleeps, and its clock does not. */
async function sleep(until: string): Promise<void> {
  vi.setSystemTime(new Date(until))
  await vi.advanceTimersByTimeAsync(2 * hour)
}

test('a slot is told of as it comes', async () => {
  await using nightly = ticksOf('0 2 * * *', 36 * hour)
  await vi.advanceTimersByTimeAsync(1.5 * hour - 1)
  expect(nightly.ticks).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(nightly.ticks).toEqual([{ slot: '2026-11-10T02:00:00.000Z', late: false }])
})

test('a slot that a busy process sees some seconds later is on time, even where nothing is caught up', async () => {
  await using nightly = ticksOf('0 2 * * *', 0)
  vi.setSystemTime(new Date('2026-11-10T00:30:20Z'))
  await vi.advanceTimersByTimeAsync(2 * hour)
  expect(nightly).toMatchObject({ ticks: [{ slot: '2026-11-10T02:00:00.000Z', late: false }], passed: [] })
})

test('a slot that passed while the machine slept is caught up, labelled as late', async () => {
  await using nightly = ticksOf('0 2 * * *', 36 * hour)
  await sleep('2026-11-10T07:00:00Z')
  expect(nightly).toMatchObject({ ticks: [{ slot: '2026-11-10T02:00:00.000Z', late: true }], passed: [] })
})

test('of several that passed only the newest is', async () => {
  await using days = ticksOf('0 2 * * *', 36 * hour)
  await sleep('2026-11-12T07:00:00Z')
  expect(days.ticks).toEqual([{ slot: '2026-11-12T02:00:00.000Z', late: true }])
  expect(days.passed).toEqual(['2026-11-10T02:00:00.000Z', '2026-11-11T02:00:00.000Z'])
})

test('one that is older than what is caught up is logged and left out', async () => {
  await using nightly = ticksOf('0 2 * * *', hour)
  await sleep('2026-11-10T12:00:00Z')
  expect(nightly).toMatchObject({ ticks: [], passed: ['2026-11-10T02:00:00.000Z'] })
})
