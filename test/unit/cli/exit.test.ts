import { expect, test } from 'vitest'
import { tallyCode } from '../../../src/cli/exit.ts'
import type { Tally } from '../../../src/model/assessment.ts'
import { standings } from '../../../src/model/finding.ts'

const none = Object.fromEntries(standings.map((standing) => [standing, 0])) as Tally

test('only what was judged and holds, or is excepted, exits with 0', () => {
  expect(tallyCode({ ...none, satisfied: 3, excepted: 1, closed: 1 })).toBe(0)
  expect(tallyCode({ ...none, satisfied: 3, 'not-satisfied': 1 })).toBe(1)
  expect(tallyCode({ ...none, satisfied: 3, undetermined: 1 })).toBe(1)
})

test('a period in which nothing was judged does not exit like one in which all holds', () => {
  expect(tallyCode(none)).toBe(1)
  expect(tallyCode({ ...none, 'not-applicable': 5 })).toBe(1)
})
