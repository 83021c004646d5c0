import { expect, test } from 'vitest'
import { plansFrom } from '../../../src/assess/plans.ts'
import { ledger, night, period, target } from './story.ts'

test('plans are read from the recorded configurations, oldest first', () => {
  const book = ledger()
  book.configure(night(3), [target('shop/gateway/b')])
  book.configure(period.from, [target('shop/gateway/a')])
  expect(plansFrom(book.entries).map(({ targets }) => targets.map(({ id }) => id))).toEqual([
    ['shop/gateway/a'],
    ['shop/gateway/b'],
  ])
})

test('a configuration that cannot be read is refused, with the entry named', () => {
  const book = ledger()
  book.write({ kind: 'configuration.recorded', collected: night(1), run: 'x', facts: { targets: [{ id: 1 }] } })
  expect(() => plansFrom(book.entries)).toThrow(
    expect.objectContaining({ code: 'AFD_ASSESS_CONFIGURATION', subject: 'entry 0' }),
  )
})
