import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { testControl } from '../../../src/assess/catalogue-test.ts'
import { checkControl, judge } from '../../../src/assess/rule.ts'
import type { Rule } from '../../../src/model/control.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { instant } from '../../../src/model/time.ts'
import { control, offered } from './story.ts'

const subject = 'api.example.test:443'
const seen = (facts: JsonObject, kind = 'tls.protocol') => ({ kind, subject, facts })
const protocol = (name: string, answer: string) => seen(offered(name, answer).facts)
const completed = seen({ leftOut: [] }, 'collection.completed')
const failed = seen({ code: 'timeout', message: 'no answer within 20 s', leftOut: [] }, 'collection.failed')

describe('a rule over every observation', () => {
  test('is satisfied where each one holds, and shows only the facts that it read', () => {
    const verdict = judge(control(), [protocol('TLSv1.0', 'no'), protocol('TLSv1.2', 'yes'), completed], {})
    expect(verdict.outcome).toBe('satisfied')
    expect(verdict.decisions.map(({ facts }) => facts)).toEqual([{ protocol: 'TLSv1.0', offered: 'no' }])
    expect(verdict.reason).toBe('Protocol TLSv1.0 is refused by api.example.test:443.')
  })

  test('is not satisfied by one that fails, which comes first', () => {
    const verdict = judge(control(), [protocol('TLSv1.0', 'no'), protocol('TLSv1.1', 'yes'), completed], {})
    expect(verdict.outcome).toBe('not-satisfied')
    expect(verdict.decisions.map(({ outcome }) => outcome)).toEqual(['not-satisfied', 'satisfied'])
  })

  test('is not measured where one could not be determined, with the reason given beside the fact', () => {
    const unknown = seen({ protocol: 'TLSv1.1', offered: 'undetermined', reason: 'the connection was reset' })
    const verdict = judge(control(), [protocol('TLSv1.0', 'no'), unknown, completed], {})
    expect(verdict.outcome).toBe('not-measured')
    expect(verdict.reason).toContain('the connection was reset')
  })

  test('fails for what fails, whatever else could not be determined', () => {
    const verdict = judge(control(), [protocol('TLSv1.0', 'yes'), protocol('TLSv1.1', 'undetermined')], {})
    expect(verdict.outcome).toBe('not-satisfied')
  })
})

describe('a rule over some observation', () => {
  const some = control({ quantifier: 'some' })

  test('is satisfied by one that holds, which comes first', () => {
    const verdict = judge(some, [protocol('TLSv1.0', 'yes'), protocol('TLSv1.1', 'no'), completed], {})
    expect(verdict.outcome).toBe('satisfied')
    expect(verdict.decisions[0]?.facts.protocol).toBe('TLSv1.1')
  })

  test('is not satisfied where each one fails', () => {
    expect(judge(some, [protocol('TLSv1.0', 'yes'), protocol('TLSv1.1', 'yes')], {}).outcome).toBe('not-satisfied')
  })

  test('is not measured where one fails and the other is unknown', () => {
    expect(judge(some, [protocol('TLSv1.0', 'yes'), protocol('TLSv1.1', 'undetermined')], {}).outcome).toBe(
      'not-measured',
    )
  })
})

describe('a collection that failed', () => {
  test('is an error with its message', () => {
    const verdict = judge(control(), [failed], {})
    expect(verdict.outcome).toBe('error')
    expect(verdict.reason).toContain('no answer within 20 s')
    expect(verdict.decisions[0]?.facts).toEqual({ code: 'timeout', message: 'no answer within 20 s' })
  })

  test('never passes on what it saw before it failed', () => {
    expect(judge(control(), [protocol('TLSv1.0', 'no'), failed], {}).outcome).toBe('error')
    expect(judge(control({ quantifier: 'some' }), [protocol('TLSv1.0', 'no'), failed], {}).outcome).toBe('error')
  })

  test('does not hide what it saw failing', () => {
    expect(judge(control(), [protocol('TLSv1.0', 'yes'), failed], {}).outcome).toBe('not-satisfied')
  })
})

describe('where nothing matches', () => {
  const absences = ['not-measured', 'not-applicable', 'satisfied', 'not-satisfied'] as const

  test.each(absences)('the rule says what that means: %s', (absent) => {
    expect(judge(control({ absent }), [protocol('TLSv1.2', 'yes'), completed], {}).outcome).toBe(absent)
  })

  test('probes that were left out are named', () => {
    const leftOut = [{ probe: 'rate-limit', reason: 'needs the class staging' }]
    const verdict = judge(control(), [seen({ leftOut }, 'collection.completed')], {})
    expect(verdict.reason).toContain('rate-limit (needs the class staging)')
  })

  test('a probe that was left out is named only where it would have brought observations of the rule’s kind', () => {
    const { kind } = control().rule
    const reasonFor = (of: string) => {
      const leftOut = [{ probe: 'burst', reason: 'not asked for', kind: of }]
      return judge(control(), [seen({ leftOut }, 'collection.completed')], {}).reason
    }
    expect(reasonFor(kind)).toContain('burst (not asked for)')
    expect(reasonFor('gateway.rate-limit')).not.toMatch(/burst|Left out/)
  })
})

describe('an expression that cannot be evaluated', () => {
  const outcomeOf = (rule: Partial<Rule>, facts: JsonObject) =>
    judge(control({ where: undefined, undetermined: undefined, ...rule }), [seen(facts)], {})

  test('is an error that names the missing fact', () => {
    const verdict = outcomeOf({ expect: 'facts.chain.length > 1' }, { chain: {} })
    expect(verdict.outcome).toBe('error')
    expect(verdict.reason).toContain('"chain.length" is missing')
  })

  test('is an error that names the fact of another type', () => {
    const verdict = outcomeOf({ expect: 'facts.daysRemaining >= 14' }, { daysRemaining: null })
    expect(verdict.outcome).toBe('error')
    expect(verdict.reason).toContain('"daysRemaining" is null')
  })

  test('is an error where it comes to something else than true or false', () => {
    expect(outcomeOf({ expect: 'facts.offered' }, { offered: 'no' }).outcome).toBe('error')
  })

  test('is no error where what is known decides', () => {
    expect(outcomeOf({ expect: 'facts.a == 1 || facts.missing == 1' }, { a: 1 }).outcome).toBe('satisfied')
  })

  test('is an error where the rule itself is not sound', () => {
    expect(outcomeOf({ expect: 'facts.offered ==' }, { offered: 'no' }).outcome).toBe('error')
  })

  test('of a sentence falls back to the facts, and the outcome stands', () => {
    const verdict = outcomeOf({ expect: 'facts.bits >= 2048', failure: '"bits: " + facts.bits' }, { bits: 1024 })
    expect(verdict.outcome).toBe('not-satisfied')
    expect(verdict.reason).toContain('bits is 1024')
  })
})

describe('numbers', () => {
  const holds = (expect: string, facts: JsonObject, parameters: JsonObject = {}) =>
    judge(
      control(
        { where: undefined, undetermined: undefined, expect },
        { parameters: { least: { default: 1, description: '' } } },
      ),
      [seen(facts)],
      parameters,
    ).outcome

  test.each([
    ['facts.n >= params.least', { n: 5 }, { least: 5 }],
    ['facts.n >= params.least', { n: 5.5 }, { least: 5 }],
    ['facts.n > params.least', { n: 5 }, { least: 4.5 }],
    ['facts.n == 5', { n: 5 }, {}],
    ['type(facts.n) == int', { n: 5 }, {}],
    ['type(facts.n) == double', { n: 5.5 }, {}],
    ['facts.n >= params.least', { n: 1 }, {}],
  ])('%s with %j and %j', (expression, facts, parameters) => {
    expect(holds(expression, facts, parameters)).toBe('satisfied')
  })
})

test('a rule reads when the observation was collected', () => {
  const rule = {
    where: undefined,
    undetermined: undefined,
    expect: 'timestamp(facts.notAfter) - collected > duration("240h")',
  }
  const at = (collected: string) =>
    judge(control(rule), [{ ...seen({ notAfter: '2026-07-31T00:00:00.000Z' }), collected: instant(collected) }], {})
      .outcome
  expect(at('2026-07-01T00:00:00Z')).toBe('satisfied')
  expect(at('2026-07-30T00:00:00Z')).toBe('not-satisfied')
})

test('names that objects inherit are not facts', () => {
  const rule = { where: undefined, undetermined: undefined, expect: 'has(facts.constructor) || has(facts.__proto__)' }
  expect(judge(control(rule), [seen({})], {}).outcome).toBe('not-satisfied')
})

describe('checkControl', () => {
  const problems = (rule: Partial<Rule>) => checkControl(control(rule)).map(({ where }) => where)

  test('finds nothing in a sound control', () => expect(checkControl(control())).toEqual([]))

  test.each([
    ['syntax', { expect: 'facts.offered == ' }, 'rule.expect'],
    ['an unknown variable', { where: 'fact.protocol == "x"' }, 'rule.where'],
    ['a result that is no answer', { expect: '"yes"' }, 'rule.expect'],
    ['a sentence that is no text', { failure: '1 + 1' }, 'rule.failure'],
    ['a regular expression', { expect: 'facts.protocol.matches("(a+)+$")' }, 'rule.expect'],
    ['deep nesting', { expect: 'facts.a.all(x, facts.b.all(y, facts.c.all(z, x == z)))' }, 'rule.expect'],
    ['an unknown parameter', { undetermined: 'facts.days < params.least' }, 'rule.undetermined'],
    ['types that never compare', { success: '"a" + 1' }, 'rule.success'],
  ])('finds %s', (_, rule, where) => expect(problems(rule)).toEqual([where]))

  test('finds a command that names an unknown parameter', () => {
    expect(checkControl(control({}, { reperform: ['curl {url}', 'test {params.least}'] }))).toMatchObject([
      { where: 'reperform[1]' },
    ])
  })
})

test('a control’s examples are tried as collections of their own', () => {
  const example = {
    title: 'offered',
    observations: [protocol('TLSv1.0', 'yes')],
    parameters: {},
    outcome: 'not-satisfied' as const,
  }
  const results = testControl(control({}, { examples: [example, { ...example, outcome: 'satisfied' }] }))
  expect(results.map(({ passed }) => passed)).toEqual([true, false])
})

describe('laws', () => {
  const rules: Partial<Rule>[] = [
    {},
    { where: undefined, expect: 'facts.a.b.exists(x, x.c > 3) && size(facts) > 1', failure: 'string(facts.a)' },
    {
      where: undefined,
      expect: 'facts.a > 3 || facts.b.startsWith("x")',
      success: 'text(facts)',
      failure: 'text(facts)',
    },
    { where: '"a" in facts', quantifier: 'some', expect: 'timestamp(facts.a) < collected' },
  ]

  test('judging never throws, whatever the facts', () => {
    const facts = fc.dictionary(
      fc.oneof(fc.constantFrom('a', 'b', 'protocol', 'offered', '__proto__'), fc.string()),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(fc.constantFrom(...rules), facts, fc.string(), (rule, value, name) => {
        const verdict = judge(control(rule), [{ kind: 'tls.protocol', subject: name, facts: value as JsonObject }], {})
        return verdict.decisions.every(({ reason }) => reason.length < 700)
      }),
      { numRuns: 400 },
    )
  })

  test('facts nested without end are an error, not a crash', () => {
    let facts: JsonObject = {}
    for (let level = 0; level < 5_000; level++) facts = { a: facts }
    expect(judge(control(), [seen(facts)], {}).outcome).toBe('error')
  })

  test('the order of observations does not change the outcome', () => {
    const answers = fc.array(fc.constantFrom('yes', 'no', 'undetermined', null), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(answers, fc.constantFrom('every', 'some'), (list, quantifier) => {
        const all = list.map((offeredAs) => seen({ protocol: 'TLSv1.0', offered: offeredAs }))
        const rule = control({ quantifier: quantifier as Rule['quantifier'] })
        return judge(rule, all, {}).outcome === judge(rule, all.toReversed(), {}).outcome
      }),
    )
  })
})
