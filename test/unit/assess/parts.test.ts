import { expect, test } from 'vitest'
import { partsOf } from '../../../src/assess/parts.ts'
import type { Entry } from '../../../src/model/evidence.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { ledger, night, target } from './story.ts'

/** The parts found for the observations of several collections of one target. */
function parts(...collections: readonly (readonly JsonObject[])[]): readonly (readonly (string | undefined)[])[] {
  const book = ledger()
  const units = collections.map((facts, index) => {
    const from = book.entries.length
    book.run(night(index + 1), [[target(), { observations: facts.map((each) => ({ facts: each })) }]])
    return book.entries.slice(from).filter(({ kind }: Entry) => kind === 'tls.protocol')
  })
  const of = partsOf(units)
  return units.map((entries) => entries.map((entry) => of(entry).part))
}

test('one observation a collection needs nothing to tell it apart', () => {
  expect(parts([{ protocol: 'TLSv1.2' }], [{ protocol: 'TLSv1.3' }])).toEqual([[undefined], [undefined]])
})

test('the text that differs within each collection tells observations apart', () => {
  const night1 = [
    { protocol: 'TLSv1.0', offered: 'yes' },
    { protocol: 'TLSv1.2', offered: 'no' },
  ]
  expect(parts(night1, night1.toReversed())).toEqual([
    ['TLSv1.0', 'TLSv1.2'],
    ['TLSv1.2', 'TLSv1.0'],
  ])
})

test('what stays the same from night to night is preferred to what does not', () => {
  const night1 = [
    { keyType: 'RSA', serial: '1' },
    { keyType: 'EC', serial: '2' },
  ]
  const night2 = [
    { keyType: 'RSA', serial: '3' },
    { keyType: 'EC', serial: '4' },
  ]
  expect(parts(night1, night2)).toEqual([
    ['RSA', 'EC'],
    ['RSA', 'EC'],
  ])
})

test('two facts together tell apart what neither does alone', () => {
  const facts = ['a', 'b'].flatMap((path) => ['normal', 'error'].map((response) => ({ path, response })))
  expect(parts(facts)).toEqual([['a normal', 'a error', 'b normal', 'b error']])
})

test('an answer tells nothing apart; where nothing does, the order counts', () => {
  expect(parts([{ offered: 'yes' }, { offered: 'no' }])).toEqual([['#1', '#2']])
})
