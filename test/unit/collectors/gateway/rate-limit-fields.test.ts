import { expect, test } from 'vitest'
import {
  announcedQuota,
  quotaUsedUp,
  rateLimitFields,
  retryAfterSeconds,
} from '../../../../collectors/gateway/rate-limit-fields.ts'

const now = '2026-09-09T02:00:00.000Z'

test('fields of the draft and of older conventions are named, and others are not', () => {
  const headers = {
    'x-ratelimit-limit-minute': ['5'],
    ratelimit: ['"default";r=1;t=2'],
    'x-rate-limit-remaining': ['4'],
    'ratelimit-policy': ['"default";q=40;w=5'],
    'x-ratelimited': ['no'],
    date: [now],
  }
  expect(rateLimitFields(headers)).toEqual([
    'ratelimit',
    'ratelimit-policy',
    'x-rate-limit-remaining',
    'x-ratelimit-limit-minute',
  ])
})

test('Retry-After is read in seconds and as a date against the server’s own clock', () => {
  expect(retryAfterSeconds({ 'retry-after': ['120'] }, now)).toBe(120)
  const date = ['Wed, 09 Sep 2026 03:00:00 GMT']
  expect(retryAfterSeconds({ date, 'retry-after': ['Wed, 09 Sep 2026 03:00:30 GMT'] }, now)).toBe(30)
  expect(retryAfterSeconds({ 'retry-after': ['Wed, 09 Sep 2026 02:00:45 GMT'] }, now)).toBe(45)
  expect(retryAfterSeconds({ 'retry-after': ['Wed, 09 Sep 2026 01:00:00 GMT'] }, now)).toBe(0)
  expect(retryAfterSeconds({ 'retry-after': ['soon'] }, now)).toBeNull()
  expect(retryAfterSeconds({}, now)).toBeNull()
})

test.each([
  [{ 'ratelimit-policy': ['"burst";q=100;w=60, "daily";q=1000;w=86400'] }, 100],
  [{ ratelimit: ['limit=50, remaining=49, reset=30'] }, 50],
  [{ 'x-ratelimit-limit': ['200, 200;w=60'] }, 200],
  [{ 'x-ratelimit-limit-minute': ['5'], 'x-ratelimit-limit-hour': ['300'] }, 5],
  [{ 'x-ratelimit-limit': ['many'] }, null],
  [{}, null],
])('%j announces a quota of %s', (headers, quota) => {
  expect(announcedQuota(headers as Record<string, readonly string[]>)).toBe(quota)
})

test.each([
  [{ ratelimit: ['"default";r=0;t=5'] }, true],
  [{ ratelimit: ['"default";r=10;t=0'] }, false],
  [{ 'x-ratelimit-remaining': ['0'] }, true],
  [{ 'x-ratelimit-remaining': ['10'] }, false],
  [{}, false],
])('%j says that the quota is used up: %s', (headers, used) => {
  expect(quotaUsedUp(headers as Record<string, readonly string[]>)).toBe(used)
})
