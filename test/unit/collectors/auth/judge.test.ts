import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../../collectors/auth/ask.ts'
import { type Evidence, isErrorBody, judge } from '../../../../collectors/auth/judge.ts'
import { CollectionError } from '../../../../src/model/errors.ts'

type Answered = Extract<Answer, { kind: 'answer' }>

function answer(status: number, body = '', changed: Partial<Answered> = {}): Answered {
  return {
    kind: 'answer',
    status,
    contentType: 'application/json',
    body: Buffer.from(body),
    text: body,
    challenge: false,
    cacheControl: null,
    evidence: [],
    ...changed,
  }
}

const nothing: Answer = {
  kind: 'failure',
  reason: 'connection refused',
  evidence: [],
  error: new CollectionError('refused', 'connection refused'),
}
const data = answer(200, '{"orders":[1]}')
const missing = answer(404, '{"error":"not found"}')

function verdict(probe: Answer, changed: Partial<Evidence> = {}) {
  return judge({ probe, before: data, after: data, stray: missing, expect: null, noControl: null, ...changed })
}

const anyAnswer: fc.Arbitrary<Answer> = fc.oneof(
  fc.constant(nothing),
  fc
    .tuple(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.string(), fc.json()), fc.boolean())
    .map(([status, body, challenge]) => answer(status, body, { challenge: status === 401 && challenge })),
)

describe('laws', () => {
  test('a refusal never rests on a control that was tried and failed', () => {
    const bad = anyAnswer.filter(
      (control) => control.kind === 'failure' || control.status < 200 || control.status > 299,
    )
    fc.assert(
      fc.property(anyAnswer, bad, anyAnswer, (probe, before, stray) => {
        expect(verdict(probe, { before, after: before, stray }).refused).not.toBe('yes')
      }),
    )
  })

  test('without any control, only a 401 with a challenge is a refusal', () => {
    fc.assert(
      fc.property(anyAnswer, anyAnswer, (probe, stray) => {
        const { refused } = verdict(probe, { before: null, after: null, stray, noControl: 'none is given' })
        if (refused === 'yes') expect(probe).toMatchObject({ status: 401, challenge: true })
      }),
    )
  })

  test('no answer, a rate limit and a failure of the server decide nothing', () => {
    const empty = fc.constantFrom(nothing, ...[408, 425, 429, 500, 502, 503, 504].map((status) => answer(status)))
    fc.assert(
      fc.property(empty, fc.option(anyAnswer), (probe, before) => {
        expect(verdict(probe, { before, after: before }).refused).toBe('undetermined')
      }),
    )
  })

  test('the very answer that the valid credential gets is never a refusal', () => {
    fc.assert(
      fc.property(anyAnswer, anyAnswer, (both, stray) => {
        expect(verdict(both, { before: both, after: both, stray }).refused).not.toBe('yes')
      }),
    )
  })
})

test.each([400, 401, 403, 404, 405, 302, 303])('%d is a refusal where the valid credential is answered', (status) => {
  expect(verdict(answer(status))).toMatchObject({ refused: 'yes', sameBody: 'no' })
})

test('a denial counts only while the valid credential is still answered afterwards', () => {
  expect(verdict(answer(401), { after: answer(429) }).refused).toBe('undetermined')
  expect(verdict(answer(401), { after: nothing }).refused).toBe('undetermined')
})

test('an acceptance counts whatever became of the valid credential afterwards', () => {
  expect(verdict(data, { after: answer(429) })).toMatchObject({ refused: 'no', sameBody: 'yes' })
})

test('a valid credential that gets an error body in a 200 is no control', () => {
  const before = answer(200, '{"error":"expired"}')
  expect(verdict(answer(401), { before, after: before }).refused).toBe('undetermined')
})

test('a valid credential that gets what every path gets is no control', () => {
  const page = answer(200, '<h1>Welcome</h1>', { contentType: 'text/html' })
  expect(verdict(answer(401), { before: page, after: page, stray: page }).refused).toBe('undetermined')
})

test('data is told from errors where the valid credential itself gets nothing', () => {
  expect(verdict(data, { before: answer(403), after: answer(403) }).refused).toBe('no')
  expect(verdict(answer(200, '{"error":"x"}'), { before: answer(403), after: answer(403) }).refused).toBe(
    'undetermined',
  )
  expect(verdict(answer(200, ''), { before: answer(403), after: answer(403) }).refused).toBe('undetermined')
})

test('an answer of another shape that is no error decides nothing', () => {
  expect(verdict(answer(200, '{"hint":"try /v2"}')).refused).toBe('undetermined')
  expect(verdict(answer(200, '{"orders":[]}')).refused).toBe('no')
})

test('pages that differ in a nonce only are the same page', () => {
  const page = (nonce: string) =>
    answer(200, `<script nonce="${nonce}"></script><h1>Hi</h1>`, { contentType: 'text/html' })
  expect(verdict(page('abc'), { stray: page('def') })).toMatchObject({ refused: 'yes' })
})

test.each([
  ['{"error":"denied"}', true],
  ['{"errors":[{"message":"denied"}]}', true],
  ['{"success":false}', true],
  ['{"statusCode":401,"message":"Unauthorized"}', true],
  ['<p>Please log in</p>', true],
  ['<input type=password>', true],
  ['{"orders":[]}', false],
  ['{"error":null,"orders":[]}', false],
  ['{"error":false}', false],
  ['{"status":"ok"}', false],
  ['{"code":200}', false],
  ['["forbidden"]', false],
  ['', false],
])('%s is an error body: %s', (text, expected) => {
  expect(isErrorBody({ text, contentType: 'text/plain' })).toBe(expected)
})

test('a problem document is an error body whatever stands in it', () => {
  expect(isErrorBody({ text: '{}', contentType: 'application/problem+json; charset=utf-8' })).toBe(true)
})
