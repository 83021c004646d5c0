import { expect, test } from 'vitest'
import { resolve } from '../../../src/assess/resolve.ts'
import { dispositions, freshnesses, outcomes, type Standing } from '../../../src/model/finding.ts'

/** outcome/freshness to the standing of open, excepted and closed. */
const table: Record<string, readonly [Standing, Standing, Standing]> = {
  'satisfied/fresh': ['satisfied', 'satisfied', 'satisfied'],
  'satisfied/stale': ['undetermined', 'undetermined', 'undetermined'],
  'satisfied/missing': ['undetermined', 'undetermined', 'undetermined'],
  'not-satisfied/fresh': ['not-satisfied', 'excepted', 'closed'],
  'not-satisfied/stale': ['not-satisfied', 'excepted', 'undetermined'],
  'not-satisfied/missing': ['not-satisfied', 'excepted', 'undetermined'],
  'error/fresh': ['undetermined', 'undetermined', 'undetermined'],
  'error/stale': ['undetermined', 'undetermined', 'undetermined'],
  'error/missing': ['undetermined', 'undetermined', 'undetermined'],
  'not-measured/fresh': ['undetermined', 'undetermined', 'undetermined'],
  'not-measured/stale': ['undetermined', 'undetermined', 'undetermined'],
  'not-measured/missing': ['undetermined', 'undetermined', 'undetermined'],
  'not-applicable/fresh': ['not-applicable', 'not-applicable', 'not-applicable'],
  'not-applicable/stale': ['not-applicable', 'not-applicable', 'not-applicable'],
  'not-applicable/missing': ['not-applicable', 'not-applicable', 'not-applicable'],
}

const combinations = outcomes.flatMap((outcome) =>
  freshnesses.flatMap((freshness) => dispositions.map((disposition) => ({ outcome, freshness, disposition }))),
)

test('every combination of the three axes has a row in the table', () => {
  expect(Object.keys(table).length * dispositions.length).toBe(combinations.length)
})

test.each(combinations)('$outcome, $freshness, $disposition', (axes) => {
  const row = table[`${axes.outcome}/${axes.freshness}`]
  expect(resolve(axes)).toBe(row?.[dispositions.indexOf(axes.disposition)])
})

test('nothing that is not fresh holds', () => {
  const holding = combinations.filter((axes) => ['satisfied', 'closed'].includes(resolve(axes)))
  expect(new Set(holding.map(({ freshness }) => freshness))).toEqual(new Set(['fresh']))
})
