import { expect, test } from 'vitest'
import { type Shot, verdictOf } from '../../../../collectors/gateway/rate-limit-verdict.ts'
import type { HttpExchange } from '../../../../src/collect/contract.ts'
import { CollectionError } from '../../../../src/model/errors.ts'

const answered = (status: number, headers: Record<string, readonly string[]> = {}): HttpExchange => ({
  status,
  headers,
  body: new Uint8Array(),
  truncated: false,
  durationMs: 1,
  evidence: 'http-001.txt',
  header: (name) => headers[name]?.[0],
  text: () => '',
  json: () => null,
})
const shots = (...results: readonly Shot['result'][]): readonly Shot[] =>
  results.map((result, index) => ({ ordinal: index + 1, result }))
const ok = answered(200)

test('the first 429 is the limit, whatever else the burst met', () => {
  const verdict = verdictOf(shots(ok, ok, answered(502), answered(429), answered(429)))
  expect([verdict.limited, verdict.firstLimited, verdict.by?.ordinal]).toEqual(['yes', 4, 4])
})

test('requests that were sent later and passed earlier do not change where the limit lies', () => {
  const limited = answered(429)
  expect(verdictOf(shots(ok, limited, ok, ok, limited)).firstLimited).toBe(4)
  expect(verdictOf(shots(ok, ok, ok, limited, limited)).firstLimited).toBe(4)
})

test('a 503 is a limit only where it says that the quota is used up', () => {
  expect(verdictOf(shots(ok, answered(503, { 'x-ratelimit-remaining': ['0'] }))).limited).toBe('yes')
  expect(verdictOf(shots(ok, answered(503, { 'retry-after': ['10'] }))).limited).toBe('undetermined')
})

test.each<[string, Shot['result']]>([
  ['a failing server', answered(500)],
  ['a reset connection', new CollectionError('reset', 'the server reset the connection')],
  ['the collection’s own budget', new CollectionError('budget', 'the limit of 10 requests is reached')],
  ['another status than at first', answered(403)],
])('%s leaves it undetermined', (_, result) => {
  expect(verdictOf(shots(ok, ok, result)).limited).toBe('undetermined')
})

test('refusals without a limit leave it undetermined, since accepted requests may be limited', () => {
  expect(verdictOf(shots(answered(401), answered(401))).limited).toBe('undetermined')
})

test('an announced limit above what was sent leaves it undetermined, one below does not', () => {
  const announcing = (quota: number) => answered(200, { 'ratelimit-limit': [String(quota)] })
  expect(verdictOf(shots(announcing(100), announcing(100))).limited).toBe('undetermined')
  expect(verdictOf(shots(announcing(1), announcing(1))).limited).toBe('no')
})

test('answers without a limit are none', () => {
  expect(verdictOf(shots(ok, answered(200), answered(200))).limited).toBe('no')
})
