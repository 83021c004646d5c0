import { describe, expect, test } from 'vitest'
import { inWords, sentence } from '../../../src/assess/sentence.ts'
import { summarise } from '../../../src/assess/summary.ts'
import { instant } from '../../../src/model/time.ts'
import { control, exception, judged, ledger, night, period, protocols, systemOf, target } from './story.ts'

const gateway = target()

/** One control for each answer: what it makes of TLS 1.0. */
function summary(
  answers: readonly ('held' | 'failed' | 'excepted' | 'unknown' | 'excluded')[],
  now = instant('2026-07-20T00:00:00Z'),
) {
  const book = ledger()
  book.configure(period.from, [gateway])
  book.run(night(10), [[gateway, protocols('no')]])
  const rules = {
    held: {},
    excluded: {},
    failed: { expect: 'facts.offered == "yes"' },
    excepted: { expect: 'facts.offered == "yes"' },
    unknown: { expect: 'facts.missing' },
  }
  const controls = answers.map((answer, index) => control(rules[answer], { id: `${answer}-${index}` }))
  return summarise(
    judged(book, {
      now,
      catalogue: { controls },
      scope: ({ id }) =>
        id.startsWith('excluded') ? { applies: false, reason: 'x' } : { applies: true, parameters: {} },
      exceptions: controls
        .filter(({ id }) => id.startsWith('excepted'))
        .map(({ id }) => exception({ id, control: id })),
    }),
  )
}

describe('the lead sentence', () => {
  test.each([
    [['held'], 'The one control held.'],
    [['held', 'held', 'excluded'], 'Both controls held.'],
    [['held', 'held', 'held'], 'All three controls held.'],
    [['failed'], 'No control held. One did not, at high risk.'],
    [['held', 'held', 'failed'], 'Two of three controls held. One did not, at high risk.'],
    [
      ['held', 'failed', 'failed', 'excepted', 'unknown'],
      'One of five controls held. Two did not, all of them at high risk; one was accepted as an exception; and one could not be determined.',
    ],
    [['unknown', 'unknown'], 'No control held. Two could not be determined.'],
    [['excluded'], 'No control was measured.'],
    [[], 'No control was measured.'],
  ] as const)('of %j', (answers, expected) => {
    expect(summary(answers).sentence).toBe(expected)
  })

  test('says that a running period is not over', () => {
    expect(summary(['held', 'failed'], instant('2026-07-10T12:00:00Z')).sentence).toBe(
      'One of two controls held so far. One did not, at high risk.',
    )
  })
})

test('the verdict is failed before undetermined before held', () => {
  expect(summary(['held', 'failed', 'unknown']).verdict).toBe('failed')
  expect(summary(['held', 'unknown']).verdict).toBe('undetermined')
  expect(summary(['held', 'excepted']).verdict).toBe('held')
  expect(summary(['excluded']).verdict).toBe('empty')
})

test.each([
  ['yes', 'no'],
  ['no', 'yes'],
])('a control stands as its worst finding does: %s and %s', (first, second) => {
  const api = target('shop/api/tls')
  const book = ledger()
  book.configure(period.from, [gateway, api])
  book.run(night(10), [
    [gateway, protocols(first)],
    [api, protocols(second)],
  ])
  const { controls, findings } = summarise(judged(book, { systems: [systemOf('gateway', 'api')] }))
  expect(controls).toMatchObject({ total: 1, notSatisfied: 1 })
  expect(findings).toMatchObject({ total: 2, held: 1, notSatisfied: 1 })
})

test('figures are given by objective', () => {
  const { objectives, controls, findings, coverage } = summary(['held', 'failed', 'excluded'])
  expect(objectives.confidentiality).toEqual({
    total: 3,
    held: 1,
    notSatisfied: 1,
    excepted: 0,
    undetermined: 0,
    notApplicable: 1,
  })
  expect(objectives.availability.total).toBe(0)
  expect(controls).toEqual(findings)
  expect(coverage).toBe(0.1)
})

test.each([
  [0, 'no'],
  [1, 'one'],
  [19, 'nineteen'],
  [20, 'twenty'],
  [43, 'forty-three'],
  [99, 'ninety-nine'],
  [100, '100'],
  [1200, '1,200'],
])('%d in words is %s', (count, words) => {
  expect(inWords(count)).toBe(words)
})

test('a sentence is one line, ends with a full stop and is never endless', () => {
  expect(sentence(' a\n b ')).toBe('a b.')
  expect(sentence('Really?')).toBe('Really?')
  expect(sentence('x'.repeat(5000)).length).toBeLessThanOrEqual(601)
  expect(sentence('some words '.repeat(500))).toMatch(/ (?:some|words)…$/)
})
