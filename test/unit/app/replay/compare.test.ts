import { describe, expect, test } from 'vitest'
import { compareObservation } from '../../../../src/app/replay/compare.ts'
import type { Observation } from '../../../../src/model/evidence.ts'
import type { Derived } from '../../../../src/model/replay.ts'
import { start } from '../../../helpers/ledger.ts'

const recorded: Observation = {
  kind: 'test.thing',
  subject: 'thing',
  methods: ['TEST'],
  collected: start,
  facts: { open: 'yes', list: [{ bits: 2048 }, 2], nested: { 'a-b': null } },
  evidence: ['a'],
}

function compare(change: Partial<Derived>, was: Observation['facts'] = recorded.facts) {
  return compareObservation({ ...recorded, facts: was }, { ...recorded, open: {}, ...change })
}

test('what is the same differs nowhere, in whatever order names stand', () => {
  const facts = { nested: { 'a-b': null }, list: [{ bits: 2048 }, 2], open: 'yes' }
  expect(compare({ facts })).toEqual({ differences: [], open: {} })
})

test('each difference has its own path, with what stands on either side', () => {
  const facts = { open: 'no', list: [{ bits: 1024 }, 2], nested: { 'a-b': null, more: 1 } }
  expect(compare({ facts }).differences).toEqual([
    { path: 'facts.open', recorded: 'yes', recomputed: 'no' },
    { path: 'facts.list[0].bits', recorded: 2048, recomputed: 1024 },
    { path: 'facts.nested.more', recomputed: 1 },
  ])
  expect(compare({ facts: {} }, { only: { 'a"b': 1 } }).differences).toEqual([
    { path: 'facts.only', recorded: { 'a"b': 1 } },
  ])
})

test('subject, methods and moment count like facts', () => {
  const paths = compare({ subject: 'other', methods: ['EXAMINE'], collected: undefined }).differences.map(
    ({ path }) => path,
  )
  expect(paths).toEqual(['subject', 'methods[0]'])
})

test('what is open is not compared, and nothing beside it is spared', () => {
  const { differences, open } = compare({ facts: { open: 'no', list: [], nested: {} }, open: { list: 'why' } })
  expect(differences.map(({ path }) => path)).toEqual(['facts.open', 'facts.nested["a-b"]'])
  expect(open).toEqual({ 'facts.list': 'why' })
})

describe('a redacted text', () => {
  const paths = (was: string, is: string) => Object.keys(compare({ facts: { text: is } }, { text: was }).open)

  test('is open where it may be the other with a secret taken out, on either side', () => {
    expect(paths('key=[redacted:secret] end', 'key=abc end')).toEqual(['facts.text'])
    expect(paths('key=abc end', 'key=[redacted:secret] end')).toEqual(['facts.text'])
    expect(paths('[redacted:a]-[redacted:b]', 'x-y-z')).toEqual(['facts.text'])
  })

  test('differs where it cannot be, so that it hides no other text', () => {
    expect(paths('key=[redacted:secret] end', 'key=abc other')).toEqual([])
    expect(paths('TLSv1.[redacted:secret]', 'SSLv3')).toEqual([])
    expect(compare({ facts: { n: 5 } }, { n: '[redacted:secret]' }).differences).toHaveLength(1)
  })
})
