import pino from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Stamping } from '../../../src/app/stamp-ledger.ts'
import { instant } from '../../../src/model/time.ts'
import { retryAfterMs, stampingRetries, type Untimed } from '../../../src/schedule/stamping.ts'

const log = pino({ level: 'silent' })
const pending: Stamping = { state: 'pending', size: 4, reason: 'nobody answers' }
const stamped: Stamping = {
  state: 'stamped',
  size: 4,
  time: instant('2026-09-09T02:00:00Z'),
  authority: 'CN=TSA',
  clockAheadMs: null,
}

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** Answers as told, one after the other, the last one for ever; counts how often it was asked. */
function retries(...answers: readonly (Stamping | Error)[]) {
  const told: (Untimed | null)[] = []
  let asked = 0
  const made = stampingRetries(
    async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)]
      if (answer instanceof Error) throw answer
      return answer ?? { state: 'none' }
    },
    { log, tell: (untimed) => told.push(untimed) },
  )
  return { ...made, told, asked: () => asked }
}

test('what is pending is asked for again, later and later, until an authority stamps it', async () => {
  const { saw, asked, told, stop } = retries(pending, pending, pending, pending, stamped)
  saw(pending)
  expect(told).toEqual([{ entries: 4, reason: 'nobody answers' }])
  for (const [index, delay] of [...retryAfterMs, retryAfterMs.at(-1) ?? 0].entries()) {
    await vi.advanceTimersByTimeAsync(delay - 1)
    expect(asked()).toBe(index)
    await vi.advanceTimersByTimeAsync(1)
    expect(asked()).toBe(index + 1)
  }
  expect(told.at(-1)).toBeNull()
  await vi.advanceTimersByTimeAsync(86_400_000)
  expect(asked()).toBe(5)
  await stop()
})

test('a store that fails beside a stamp that is pending leaves one question to ask, not two', async () => {
  const { saw, start, asked, stop } = retries(new Error('locked'), pending)
  saw(pending)
  start()
  await vi.advanceTimersByTimeAsync(retryAfterMs[0] ?? 0)
  expect(asked()).toBe(1)
  await vi.advanceTimersByTimeAsync((retryAfterMs[1] ?? 0) - (retryAfterMs[0] ?? 0))
  expect(asked()).toBe(2)
  await stop()
})

test('what an earlier process left pending is asked for at the start, and a failing store is tried again', async () => {
  const { start, asked, told, stop } = retries(new Error('locked'), stamped)
  start()
  await vi.advanceTimersByTimeAsync(0)
  expect([asked(), told]).toEqual([1, []])
  await vi.advanceTimersByTimeAsync(retryAfterMs[0] ?? 0)
  expect([asked(), told]).toEqual([2, [null]])
  await stop()
})

test('a stamp that a run brought meanwhile ends the waiting, and so does stopping', async () => {
  const { saw, asked, stop } = retries(pending)
  saw(pending)
  saw(stamped)
  await vi.advanceTimersByTimeAsync(86_400_000)
  expect(asked()).toBe(0)
  saw(pending)
  await stop()
  await vi.advanceTimersByTimeAsync(86_400_000)
  expect(asked()).toBe(0)
})
