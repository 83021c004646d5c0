import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AssessmentInput } from '../../../src/assess/assess.ts'
import { compare, kindOf } from '../../../src/assess/compare.ts'
import { type Assessment, type Change, isWorse } from '../../../src/model/assessment.ts'
import type { Control } from '../../../src/model/control.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { instant } from '../../../src/model/time.ts'
import { type Brought, control, exception, judged, ledger, night, period, protocols, target } from './story.ts'

const gateway = target()
const certificate = control(
  {
    kind: 'tls.certificate',
    where: undefined,
    undetermined: 'facts.trusted == "undetermined"',
    expect: 'facts.trusted == "yes" && facts.daysRemaining >= params.least && facts.problems.size() == 0',
    failure: 'subject + " has a bad certificate"',
    success: 'subject + " has a good certificate"',
  },
  { parameters: { least: { default: 14, description: 'Days' } } },
)

function one(
  brought: Brought | null,
  rest: Partial<AssessmentInput> = {},
  options: { version?: number; targets?: readonly (typeof gateway)[] } = {},
): Assessment {
  const book = ledger()
  const each = target(gateway.id, { emits: ['tls.protocol', 'tls.certificate'] })
  book.configure(period.from, options.targets ?? [each])
  if (brought !== null) book.run(night(10), [[each, brought]], options)
  return judged(book, rest)
}

function chain(trusted: string, daysRemaining: number, problems: string[] = [], extra: JsonObject = {}): Brought {
  return {
    observations: [
      {
        kind: 'tls.certificate',
        subject: 'api.example.test:443',
        facts: { trusted, daysRemaining, problems, ...extra },
      },
    ],
  }
}

const certificates = (controls: readonly Control[] = [certificate]): Partial<AssessmentInput> => ({
  catalogue: { controls },
})

function change(before: Assessment, after: Assessment): Change {
  const [first, ...others] = compare(before, after).changes
  if (!first || others.length > 0) throw new Error(`expected one change, found ${others.length + 1}`)
  return first
}

const paths = ({ facts }: Change) => facts.map(({ path, before, after }) => [path, before, after])

test.each([
  ['holding', 'failing', 'regressed'],
  ['failing', 'holding', 'fixed'],
  ['failing', 'failing', 'persisting'],
  ['holding', 'holding', 'unchanged'],
  ['unknown', 'failing', 'new'],
  ['unknown', 'holding', 'new'],
  ['unknown', 'unknown', 'unchanged'],
  ['failing', 'unknown', 'no-longer-measured'],
  ['holding', 'unknown', 'no-longer-measured'],
  ['none', 'failing', 'new'],
  ['none', 'unknown', 'new'],
  ['holding', 'none', 'no-longer-measured'],
] as const)('%s, then %s, is %s', (before, after, kind) => {
  expect(kindOf(before, after)).toBe(kind)
})

test('only what regressed, or is new and does not hold, is for the worse', () => {
  expect(isWorse({ change: 'regressed', after: 'not-satisfied' })).toBe(true)
  expect(isWorse({ change: 'new', after: 'not-satisfied' })).toBe(true)
  expect(isWorse({ change: 'new', after: 'excepted' })).toBe(true)
  expect(isWorse({ change: 'new', after: 'satisfied' })).toBe(false)
  expect(isWorse({ change: 'persisting', after: 'not-satisfied' })).toBe(false)
})

describe('the facts that moved a finding', () => {
  test('are named, with the part of the subject that they are about', () => {
    const fixed = change(one(protocols('yes', 'yes')), one(protocols('no', 'yes')))
    expect(fixed).toMatchObject({ change: 'persisting', cause: 'target' })
    const all = change(one(protocols('yes', 'no')), one(protocols('no', 'no')))
    expect(all).toMatchObject({ change: 'fixed', cause: 'target' })
    expect(all.facts).toEqual([
      {
        kind: 'tls.protocol',
        subject: 'api.example.test:443',
        part: 'TLSv1.0',
        path: 'offered',
        before: 'yes',
        after: 'no',
      },
    ])
    expect(all.reason).toBe('offered of api.example.test:443 (TLSv1.0) was yes and is no.')
  })

  test('are only those that decided, not what varies from night to night', () => {
    const fixed = change(
      one(chain('no', 80, [], { serial: '1' }), certificates()),
      one(chain('yes', 30, [], { serial: '2' }), certificates()),
    )
    expect(fixed).toMatchObject({ change: 'fixed', cause: 'target' })
    expect(paths(fixed)).toEqual([['trusted', 'no', 'yes']])
  })

  test('are the varying ones where they decide', () => {
    const regressed = change(one(chain('yes', 80), certificates()), one(chain('yes', 3), certificates()))
    expect(regressed.change).toBe('regressed')
    expect(paths(regressed)).toEqual([['daysRemaining', 80, 3]])
  })

  test('are all that had to change together', () => {
    const fixed = change(one(chain('no', 3, ['expired']), certificates()), one(chain('yes', 90), certificates()))
    expect(paths(fixed)).toEqual([
      ['daysRemaining', 3, 90],
      ['problems', ['expired'], []],
      ['trusted', 'no', 'yes'],
    ])
  })

  const counted = { ...certificate, rule: { ...certificate.rule, undetermined: 'facts.records == 0' } }

  test.each([
    ['had to change together', chain('no', 3, [], { records: 1 }), chain('yes', 90, [], { records: 2 })],
    ['each would have been enough', chain('yes', 90, [], { records: 1 }), chain('no', 3, [], { records: 2 })],
  ])('are all that %s, and no other', (_, before, after) => {
    const moved = change(one(before, certificates([counted])), one(after, certificates([counted])))
    expect(moved.facts.map(({ path }) => path)).toEqual(['daysRemaining', 'trusted'])
  })

  test('are also told where a finding fails as before, for another reason', () => {
    const persisting = change(one(chain('no', 60), certificates()), one(chain('yes', 3), certificates()))
    expect(persisting).toMatchObject({ change: 'persisting', cause: 'target' })
    expect(paths(persisting)).toEqual([
      ['daysRemaining', 60, 3],
      ['trusted', 'no', 'yes'],
    ])
  })

  test('are not those that only say whether the rule applies', () => {
    const persisting = change(
      one(chain('no', 60, [], { records: 10 }), certificates([counted])),
      one(chain('no', 60, [], { records: 11 }), certificates([counted])),
    )
    expect(persisting).toMatchObject({ change: 'persisting', cause: 'none', facts: [] })
  })

  test('are not told where nothing moved', () => {
    expect(change(one(chain('yes', 90), certificates()), one(chain('yes', 60), certificates()))).toMatchObject({
      change: 'unchanged',
      cause: 'none',
      facts: [],
    })
  })

  test('are not taken for a change of the target where the collector changed meanwhile', () => {
    const warning = expect.stringMatching(/^Collector tls went from version 1 to 2/)
    const fixed = change(one(protocols('yes')), one(protocols('no'), {}, { version: 2 }))
    expect(fixed).toMatchObject({ change: 'fixed', cause: 'collector', reason: warning, facts: [{ path: 'offered' }] })
    const lost = change(one(protocols('no')), one(protocols('undetermined'), {}, { version: 2 }))
    expect(lost).toMatchObject({ change: 'no-longer-measured', cause: 'collector', reason: warning })
    const found = change(one(protocols('undetermined')), one(protocols('no'), {}, { version: 2 }))
    expect(found).toMatchObject({ change: 'new', cause: 'collector', reason: warning })
    const persisting = change(
      one(chain('no', 60, ['expired']), certificates()),
      one(chain('no', 60, ['revoked']), certificates(), { version: 2 }),
    )
    expect(persisting).toMatchObject({ change: 'persisting', cause: 'collector', reason: warning })
  })

  test('are the target’s where the same version found them otherwise undetermined', () => {
    expect(change(one(protocols('no')), one(protocols('undetermined')))).toMatchObject({
      change: 'no-longer-measured',
      cause: 'evidence',
    })
  })
})

test('a subject that newly fails beside one that still does is named', () => {
  const two = (list: readonly string[]): Brought => ({
    observations: list.map((subject) => ({
      kind: 'tls.certificate',
      subject,
      facts: { trusted: 'no', daysRemaining: 60, problems: [] },
    })),
  })
  const more = change(one(two(['a:443']), certificates()), one(two(['a:443', 'b:443']), certificates()))
  expect(more).toMatchObject({
    change: 'persisting',
    cause: 'population',
    reason: 'Observed for the first time: b:443.',
  })
})

describe('other causes', () => {
  test('the rule', () => {
    const strict = control({ where: 'facts.protocol in ["TLSv1.0", "TLSv1.1", "TLSv1.2"]' })
    const regressed = change(one(protocols('no')), one(protocols('no'), { catalogue: { controls: [strict] } }))
    expect(regressed).toMatchObject({ change: 'regressed', cause: 'rule', facts: [] })
    const expectation = control({ expect: 'facts.offered != "no"' })
    expect(
      change(one(protocols('no')), one(protocols('no'), { catalogue: { controls: [expectation] } })),
    ).toMatchObject({ change: 'regressed', cause: 'rule', facts: [] })
  })

  test('the parameters', () => {
    const given: Partial<AssessmentInput> = {
      ...certificates(),
      scope: () => ({ applies: true, parameters: { least: 90 } }),
    }
    const regressed = change(one(chain('yes', 60), certificates()), one(chain('yes', 58), given))
    expect(regressed).toMatchObject({ change: 'regressed', cause: 'parameters', facts: [] })
    expect(regressed.reason).toContain('least was 14 and is 90')
  })

  test('the parameters for one subject and the facts for another: the facts are named, the parameters noted', () => {
    const two = (trusted: string): Brought => ({
      observations: [
        { kind: 'tls.certificate', subject: 'a:443', facts: { trusted: 'yes', daysRemaining: 60, problems: [] } },
        { kind: 'tls.certificate', subject: 'b:443', facts: { trusted, daysRemaining: 99, problems: [] } },
      ],
    })
    const given: Partial<AssessmentInput> = {
      ...certificates(),
      scope: () => ({ applies: true, parameters: { least: 90 } }),
    }
    const regressed = change(one(two('yes'), certificates()), one(two('no'), given))
    expect(regressed).toMatchObject({ change: 'regressed', cause: 'target' })
    expect(regressed.facts).toMatchObject([{ subject: 'b:443', path: 'trusted' }])
    expect(regressed.reason).toContain('least was 14 and is 90')
  })

  test('the sentences of a rule are no cause', () => {
    const reworded = control({ failure: '"Bad: " + subject' })
    expect(change(one(protocols('yes')), one(protocols('yes'), { catalogue: { controls: [reworded] } }))).toMatchObject(
      { change: 'persisting', cause: 'none' },
    )
  })

  test('a control that is new in the catalogue, or gone', () => {
    const empty: Partial<AssessmentInput> = { catalogue: { controls: [] } }
    expect(change(one(protocols('yes'), empty), one(protocols('yes')))).toMatchObject({
      change: 'new',
      cause: 'rule',
      before: null,
    })
    expect(change(one(protocols('yes')), one(protocols('yes'), empty))).toMatchObject({
      change: 'no-longer-measured',
      cause: 'rule',
      after: null,
    })
  })

  test('a target that is new in the plan, or gone', () => {
    const none = one(null, {}, { targets: [] })
    expect(change(none, one(protocols('yes')))).toMatchObject({ change: 'new', cause: 'population' })
    expect(change(one(protocols('yes')), none)).toMatchObject({ change: 'no-longer-measured', cause: 'population' })
  })

  test('evidence that is missing, failed or grown old', () => {
    expect(change(one(protocols('no')), one(null))).toMatchObject({ change: 'no-longer-measured', cause: 'evidence' })
    const failed = change(one(protocols('no')), one({ failed: 'no answer' }))
    expect(failed).toMatchObject({ change: 'no-longer-measured', cause: 'evidence' })
    expect(failed.reason).toContain('no answer')
    expect(change(one(null), one(protocols('yes')))).toMatchObject({ change: 'new', cause: 'evidence' })
  })

  test('a control that the configuration excludes now', () => {
    const excluded: Partial<AssessmentInput> = { scope: () => ({ applies: false, reason: 'decommissioned' }) }
    const gone = change(one(protocols('yes')), one(protocols('yes'), excluded))
    expect(gone).toMatchObject({ change: 'no-longer-measured', cause: 'population' })
    expect(gone.reason).toContain('decommissioned')
  })

  test('an exception that was granted, or that ended', () => {
    const accepted: Partial<AssessmentInput> = { exceptions: [exception()] }
    expect(change(one(protocols('yes')), one(protocols('yes'), accepted))).toMatchObject({
      change: 'persisting',
      cause: 'exception',
      after: 'excepted',
    })
    const over: Partial<AssessmentInput> = { exceptions: [exception({ expiresOn: instant('2026-07-02T00:00:00Z') })] }
    expect(change(one(protocols('yes'), accepted), one(protocols('yes'), over))).toMatchObject({
      change: 'persisting',
      cause: 'exception',
      after: 'not-satisfied',
    })
    expect(change(one(protocols('yes'), accepted), one(protocols('no')))).toMatchObject({
      change: 'fixed',
      cause: 'target',
      before: 'excepted',
    })
  })
})

describe('laws', () => {
  const answer = fc.constantFrom('yes', 'no', 'undetermined')
  const any = fc.option(fc.tuple(answer, answer))
  const drawn = (of: [string, string] | null) => one(of && protocols(...of))

  test('a period beside itself moved nothing', () => {
    fc.assert(
      fc.property(any, (of) => {
        const assessment = drawn(of)
        const { changes } = compare(assessment, assessment)
        return changes.every(
          (each) =>
            ['unchanged', 'persisting'].includes(each.change) && each.cause === 'none' && each.facts.length === 0,
        )
      }),
    )
  })

  test('the other way round, fixed is regressed and new is no longer measured', () => {
    const opposite = {
      fixed: 'regressed',
      regressed: 'fixed',
      new: 'no-longer-measured',
      'no-longer-measured': 'new',
      persisting: 'persisting',
      unchanged: 'unchanged',
    }
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [there, back] = [change(drawn(a), drawn(b)), change(drawn(b), drawn(a))]
        expect(back.change).toBe(opposite[there.change])
      }),
    )
  })

  test('counts add up to the changes', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        const { changes, counts } = compare(drawn(a), drawn(b))
        return Object.values(counts).reduce((sum, count) => sum + count, 0) === changes.length
      }),
    )
  })
})
