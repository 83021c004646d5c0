import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { instant, later } from '../../../src/model/time.ts'
import {
  control,
  day,
  exception,
  hour,
  judged,
  ledger,
  night,
  offered,
  only,
  period,
  protocols,
  systemOf,
  target,
} from './story.ts'

const gateway = target()

/** One answer a night from the first on: what TLS 1.0 was, or a failure. */
function nights(answers: readonly string[], targets = gateway) {
  const book = ledger()
  book.configure(later(period.from, -day), [targets])
  answers.forEach((answer, index) => {
    book.run(night(index + 1), [[targets, answer === 'failed' ? { failed: 'no answer' } : protocols(answer)]])
  })
  return book
}

describe('over a period', () => {
  test('what held each night is satisfied', () => {
    const finding = only(judged(nights(Array(10).fill('no'))))
    expect(finding).toMatchObject({
      outcome: 'satisfied',
      freshness: 'fresh',
      disposition: 'open',
      standing: 'satisfied',
    })
    expect(finding.decisions).toHaveLength(2)
    expect(finding.history).toHaveLength(10)
    expect(finding.coverage).toEqual({ expected: 10, collected: 10 })
  })

  test('what fails on the last night is open', () => {
    const finding = only(judged(nights([...Array(8).fill('no'), 'yes', 'yes'])))
    expect(finding).toMatchObject({ outcome: 'not-satisfied', disposition: 'open', standing: 'not-satisfied' })
    expect(finding.decisions[0]).toMatchObject({
      outcome: 'not-satisfied',
      facts: { protocol: 'TLSv1.0', offered: 'yes' },
    })
    expect(finding.firstFailed).toBe(later(night(9), 1000))
    expect(finding.reperform).toEqual(['openssl s_client -connect api.example.test:443 -tls1'])
  })

  test('what failed and holds again is closed, its outcome not rewritten', () => {
    const finding = only(judged(nights(['no', 'yes', 'yes', ...Array(7).fill('no')])))
    expect(finding).toMatchObject({ outcome: 'not-satisfied', disposition: 'closed', standing: 'closed' })
    expect(finding.healed.map(({ facts }) => facts)).toEqual([{ protocol: 'TLSv1.0', offered: 'yes' }])
    expect([finding.firstFailed, finding.lastFailed]).toEqual([later(night(2), 1000), later(night(3), 1000)])
    expect(finding.reason).toContain('from 2 July 2026 to 3 July 2026')
  })

  test('each part of a subject that healed is told once', () => {
    const book = nights([])
    for (const at of [1, 2, 3]) book.run(night(at), [[gateway, protocols('yes', 'yes')]])
    for (const at of [4, 10]) book.run(night(at), [[gateway, protocols('no', 'no')]])
    expect(only(judged(book)).healed.map(({ part }) => part)).toEqual(['TLSv1.0', 'TLSv1.1'])
  })

  test('a night of failure does not overwrite what was concluded before', () => {
    const finding = only(judged(nights([...Array(9).fill('no'), 'failed']), { now: later(night(10), hour) }))
    expect(finding).toMatchObject({ outcome: 'satisfied', freshness: 'fresh', standing: 'satisfied' })
    expect(finding.reason).toContain('no answer')
    expect(finding.history.at(-1)?.outcome).toBe('error')
  })

  test('nights of failure are an error once nothing concluded is fresh', () => {
    const finding = only(judged(nights([...Array(7).fill('no'), 'failed', 'failed', 'failed'])))
    expect(finding).toMatchObject({ outcome: 'error', freshness: 'stale', standing: 'undetermined' })
  })

  test('a failure lasts through nights that brought nothing', () => {
    const finding = only(judged(nights([...Array(6).fill('no'), 'yes', 'failed', 'failed', 'failed'])))
    expect(finding).toMatchObject({ outcome: 'not-satisfied', freshness: 'stale', standing: 'not-satisfied' })
  })

  test('what could not be determined tonight does not unsay what was determined yesterday, part by part', () => {
    const book = nights(Array(8).fill('no'))
    book.run(night(9), [[gateway, protocols('no', 'yes')]])
    book.run(night(10), [[gateway, protocols('no', 'undetermined')]])
    const finding = only(judged(book))
    expect(finding).toMatchObject({ outcome: 'not-satisfied', disposition: 'open' })
    expect(finding.decisions[0]).toMatchObject({ part: 'TLSv1.1', outcome: 'not-satisfied' })
  })

  test('a part that heals while another cannot be determined stays open until all is known', () => {
    const book = nights([])
    book.run(night(9), [[gateway, protocols('yes', 'undetermined')]])
    book.run(night(10), [[gateway, protocols('no', 'undetermined')]])
    expect(only(judged(book))).toMatchObject({ outcome: 'not-satisfied', disposition: 'open' })
  })

  test('old evidence does not satisfy', () => {
    const finding = only(judged(nights(['no', 'no'])))
    expect(finding).toMatchObject({ outcome: 'satisfied', freshness: 'stale', standing: 'undetermined' })
    expect(finding.reason).toContain('stale')
  })

  test('evidence that expires at the very moment of judgement is stale', () => {
    const book = nights(['no'])
    const expires = later(night(1), 1000 + gateway.validForMs)
    expect(only(judged(book, { now: later(expires, -1) })).freshness).toBe('fresh')
    expect(only(judged(book, { now: expires })).freshness).toBe('stale')
  })

  test('no evidence is missing, not satisfied', () => {
    const finding = only(judged(nights([])))
    expect(finding).toMatchObject({ outcome: 'not-measured', freshness: 'missing', standing: 'undetermined' })
    expect(finding.coverage).toEqual({ expected: 10, collected: 0 })
  })

  test('evidence from before the period does not count in it', () => {
    const book = nights([])
    book.run(later(period.from, -hour), [[gateway, protocols('no')]])
    expect(only(judged(book)).freshness).toBe('missing')
  })

  test('evidence from after the period does not count in it', () => {
    const book = nights(Array(10).fill('no'))
    book.run(later(period.to, hour), [[gateway, protocols('yes')]])
    expect(only(judged(book)).standing).toBe('satisfied')
  })

  test('a collection counts where it ended', () => {
    const book = nights(Array(10).fill('no'))
    book.run(later(period.to, -1000), [[gateway, protocols('yes')]])
    expect(only(judged(book)).standing).toBe('satisfied')
  })

  test('what was recorded at the very moment of judgement counts', () => {
    const book = ledger()
    book.configure(night(1), [gateway])
    book.run(later(night(1), -1000), [[gateway, protocols('yes')]], { slot: null })
    expect(only(judged(book, { now: night(1) })).standing).toBe('not-satisfied')
  })

  test('a target that was planned at the very moment of judgement is part of it', () => {
    const book = ledger()
    book.configure(night(1), [gateway])
    expect(only(judged(book, { now: night(1) })).freshness).toBe('missing')
  })

  test('a collection that was cut off neither passes nor replaces anything, but shows what it saw failing', () => {
    const cut = (tls10: string) => {
      const book = nights(Array(9).fill('no'))
      book.run(night(10), [[gateway, { cut: true, observations: [offered('TLSv1.0', tls10)] }]], {
        ends: 'interrupted',
      })
      return only(judged(book, { now: later(night(10), hour) }))
    }
    expect(cut('no')).toMatchObject({ standing: 'satisfied' })
    expect(cut('no').history.at(-1)?.outcome).toBe('error')
    expect(cut('yes').standing).toBe('not-satisfied')
    expect(cut('yes').decisions.map(({ part }) => part)).toEqual(['TLSv1.0', 'TLSv1.1'])
  })
})

describe('subjects', () => {
  const certificates = control({
    kind: 'tls.certificate',
    where: undefined,
    undetermined: undefined,
    expect: 'facts.trusted == "yes"',
    failure: 'subject + " is not trusted"',
    success: 'subject + " is trusted"',
  })
  const both = target(gateway.id, { emits: ['tls.certificate'] })
  const chain = (subject: string, trusted: string) => ({ kind: 'tls.certificate', subject, facts: { trusted } })

  test('one that the newest collection no longer reports does not linger', () => {
    const book = ledger()
    book.configure(period.from, [both])
    book.run(night(9), [[both, { observations: [chain('a:443', 'no'), chain('b:443', 'yes')] }]])
    book.run(night(10), [[both, { observations: [chain('b:443', 'yes')] }]])
    const finding = only(judged(book, { catalogue: { controls: [certificates] } }))
    expect(finding).toMatchObject({ outcome: 'not-satisfied', disposition: 'closed' })
    expect(finding.decisions.map(({ subject }) => subject)).toEqual(['b:443'])
    expect(finding.healed.map(({ subject }) => subject)).toEqual(['a:443'])
  })
})

describe('several targets of a component', () => {
  const other = target('shop/gateway/other', { subject: 'admin.example.test:443' })

  function each(first: string, second: string | null) {
    const book = ledger()
    book.configure(period.from, [gateway, other])
    book.run(night(10), [
      [gateway, protocols(first)],
      ...(second === null ? [] : [[other, protocols(second)] as const]),
    ])
    return only(judged(book))
  }

  test('fail where one fails', () => expect(each('no', 'yes').standing).toBe('not-satisfied'))
  test('hold where all hold', () => expect(each('no', 'no').standing).toBe('satisfied'))
  test('are not satisfied where one was never measured', () => {
    expect(each('no', null)).toMatchObject({ outcome: 'not-measured', freshness: 'missing', standing: 'undetermined' })
  })
  test('are not satisfied where one could not be determined', () => {
    expect(each('no', 'undetermined')).toMatchObject({ outcome: 'not-measured', standing: 'undetermined' })
  })
})

test('a failure is as fresh as the freshest evidence of it', () => {
  const other = target('shop/gateway/other')
  const book = ledger()
  book.configure(period.from, [gateway, other])
  book.run(night(5), [[gateway, protocols('yes')]])
  book.run(night(10), [[other, protocols('yes')]])
  expect(only(judged(book))).toMatchObject({ outcome: 'not-satisfied', freshness: 'fresh' })
})

test('where some observation is enough, the reason speaks of the one that held', () => {
  const book = nights(['yes'])
  book.run(night(10), [[gateway, protocols('yes', 'no')]])
  const finding = only(judged(book, { catalogue: { controls: [control({ quantifier: 'some' })] } }))
  expect(finding).toMatchObject({
    standing: 'satisfied',
    reason: 'Protocol TLSv1.1 is refused by api.example.test:443.',
  })
  expect(finding.decisions.map(({ part }) => part)).toEqual(['TLSv1.1', 'TLSv1.0'])
})

describe('targets that leave the plan', () => {
  function moved(before: string, after: string | null, replacement = target('shop/gateway/new')) {
    const book = ledger()
    book.configure(period.from, [gateway])
    book.run(night(5), [[gateway, protocols(before)]])
    book.configure(later(night(5), hour), [replacement])
    if (after !== null) book.run(night(10), [[replacement, protocols(after)]])
    return only(judged(book))
  }

  test('do not take their failures with them', () => {
    expect(moved('yes', 'no', target('shop/gateway/new', { subject: 'elsewhere:443' }))).toMatchObject({
      standing: 'not-satisfied',
    })
  })

  test('let go of a failure when another target sees the same subject hold', () => {
    expect(moved('yes', 'no')).toMatchObject({ outcome: 'not-satisfied', disposition: 'closed' })
  })

  test('keep a failure that is newer than what the other target saw', () => {
    const twin = target('shop/gateway/new')
    const book = ledger()
    book.configure(period.from, [gateway, twin])
    book.run(night(8), [[twin, protocols('no')]])
    book.run(night(9), [[gateway, protocols('yes')]])
    book.configure(later(night(9), hour), [twin])
    expect(only(judged(book, { now: later(night(9), 2 * hour) }))).toMatchObject({ standing: 'not-satisfied' })
  })

  test('do not keep the finding from being as fresh as what is left', () => {
    expect(moved('no', 'no')).toMatchObject({ standing: 'satisfied' })
  })

  test('leave evidence that grows old where nothing is left', () => {
    const book = ledger()
    book.configure(period.from, [gateway])
    book.run(night(5), [[gateway, protocols('no')]])
    book.configure(later(night(5), hour), [])
    expect(only(judged(book))).toMatchObject({ freshness: 'stale', standing: 'undetermined' })
  })
})

describe('a rule for which nothing was there to judge', () => {
  const silent = { observations: [offered('TLSv1.3', 'yes')] }
  const with_ = (absent: 'not-applicable' | 'satisfied' | 'not-satisfied', now = later(night(10), hour)) => {
    const book = ledger()
    book.configure(period.from, [gateway])
    book.run(night(10), [[gateway, silent]])
    return only(judged(book, { now, catalogue: { controls: [control({ absent })] } }))
  }

  test.each(['not-applicable', 'satisfied', 'not-satisfied'] as const)('is %s where the rule says so', (absent) => {
    const finding = with_(absent)
    expect(finding.standing).toBe(absent)
    expect(finding.decisions[0]).toMatchObject({ kind: 'collection.completed' })
  })

  test('ages like the target’s evidence where the collection’s own entry does not say', () => {
    const book = ledger()
    book.configure(period.from, [gateway])
    book.run(night(1), [[gateway, silent]])
    const entries = book.entries.map((entry) =>
      entry.kind === 'collection.completed' ? { ...entry, expires: null } : entry,
    )
    expect(
      only(judged({ ...book, entries }, { catalogue: { controls: [control({ absent: 'satisfied' })] } })).standing,
    ).toBe('undetermined')
  })

  test('is no longer known to be not applicable once that is long ago', () => {
    expect(with_('not-applicable', later(night(10), hour)).standing).toBe('not-applicable')
    const book = ledger()
    book.configure(period.from, [gateway])
    book.run(night(1), [[gateway, silent]])
    expect(only(judged(book, { catalogue: { controls: [control({ absent: 'not-applicable' })] } })).standing).toBe(
      'undetermined',
    )
  })
})

describe('exceptions', () => {
  const failing = nights(Array(10).fill('yes'))
  const standing = (rest: Parameters<typeof exception>[0]) => {
    const assessment = judged(failing, { exceptions: [exception(rest)] })
    return { ...only(assessment), listed: assessment.exceptions[0]?.state }
  }

  test('accept a failure without rewriting its outcome', () => {
    expect(standing({})).toMatchObject({
      outcome: 'not-satisfied',
      disposition: 'excepted',
      standing: 'excepted',
      listed: 'active',
    })
    expect(standing({ component: 'shop/gateway' }).standing).toBe('excepted')
  })

  test.each([
    ['expired at the moment of judgement', { expiresOn: period.to }, 'expired'],
    ['not yet begun', { approvedOn: later(period.to, 1) }, 'not-yet'],
    ['for another component', { component: 'shop/api' }, 'unused'],
    ['for another control', { control: 'TLS-02' }, 'unused'],
  ])('count for nothing where they are %s', (_, rest, listed) => {
    expect(standing(rest)).toMatchObject({ disposition: 'open', standing: 'not-satisfied', listed })
  })

  test('begin on the moment of approval', () => {
    expect(standing({ approvedOn: period.to }).standing).toBe('excepted')
  })

  test('that expired are told of', () => {
    const finding = standing({ expiresOn: instant('2026-07-05T00:00:00Z') })
    expect(finding.exception?.state).toBe('expired')
    expect(finding.reason).toContain('Exception EX-1 expired on 5 July 2026 and counts for nothing.')
  })

  test('that nothing needs are unused', () => {
    const assessment = judged(nights(Array(10).fill('no')), { exceptions: [exception()] })
    expect(only(assessment).exception).toBeNull()
    expect(assessment.exceptions.map(({ state }) => state)).toEqual(['unused'])
  })

  test('do not make up for what could not be determined', () => {
    expect(only(judged(nights([]), { exceptions: [exception()] })).standing).toBe('undetermined')
  })
})

describe('scope', () => {
  test('a control that the configuration excludes is shown with the reason', () => {
    const assessment = judged(nights(['yes']), {
      scope: () => ({ applies: false, reason: 'TLS ends at the provider' }),
    })
    expect(only(assessment)).toMatchObject({
      standing: 'not-applicable',
      reason: 'Excluded by the configuration: TLS ends at the provider.',
    })
    expect(assessment.unmeasured).toEqual([])
  })

  test('a control that no target feeds is listed as unmeasured', () => {
    const unfed = control({ kind: 'log.source' }, { id: 'LOG-01' })
    const assessment = judged(nights([]), { catalogue: { controls: [unfed] } })
    expect(assessment.findings).toEqual([])
    expect(assessment.unmeasured).toMatchObject([{ control: 'LOG-01', system: 'shop' }])
  })

  test('parameters of the configuration stand over the defaults', () => {
    const rule = { where: undefined, undetermined: undefined, expect: 'facts.protocol in params.allowed' }
    const parameters = { allowed: { default: ['TLSv1.3'], description: '' } }
    const controls = [control(rule, { parameters })]
    const given = (allowed: string[] | null) =>
      only(
        judged(nights(['no', ...Array(9).fill('no')]), {
          catalogue: { controls },
          scope: () => ({ applies: true, parameters: (allowed ? { allowed } : {}) as JsonObject }),
        }),
      )
    expect(given(null)).toMatchObject({ standing: 'not-satisfied', parameters: { allowed: ['TLSv1.3'] } })
    expect(given(['TLSv1.0', 'TLSv1.1', 'TLSv1.2'])).toMatchObject({ standing: 'satisfied' })
  })

  test('evidence of a target that no plan names is not passed over', () => {
    const book = ledger()
    book.run(night(10), [[gateway, protocols('yes')]])
    expect(only(judged(book)).standing).toBe('not-satisfied')
  })

  test('components come in the order of the configuration, controls in that of the catalogue', () => {
    const api = target('shop/api/tls')
    const book = ledger()
    book.configure(period.from, [api, gateway])
    const controls = [control({}, { id: 'B-01' }), control({}, { id: 'A-01' })]
    const assessment = judged(book, { systems: [systemOf('gateway', 'api')], catalogue: { controls } })
    expect(assessment.findings.map(({ id }) => id)).toEqual([
      'B-01@shop/gateway',
      'B-01@shop/api',
      'A-01@shop/gateway',
      'A-01@shop/api',
    ])
  })
})

describe('the trend', () => {
  test('counts what stood after each run, and carries over what a run did not look at', () => {
    const other = target('shop/api/tls')
    const book = ledger()
    book.configure(period.from, [gateway, other])
    book.run(night(1), [[gateway, protocols('no')]])
    book.run(night(2), [
      [gateway, protocols('yes')],
      [other, protocols('no')],
    ])
    book.run(later(night(2), hour), [[gateway, { failed: 'no answer' }]], { slot: null })
    const { trend } = judged(book, { systems: [systemOf('gateway', 'api')] })
    expect(trend.map(({ satisfied, notSatisfied, undetermined }) => [satisfied, notSatisfied, undetermined])).toEqual([
      [1, 0, 1],
      [1, 1, 0],
      [1, 1, 0],
    ])
  })

  test('does not count what has grown old by the time of a run', () => {
    const other = target('shop/api/tls')
    const book = ledger()
    book.configure(period.from, [gateway, other])
    book.run(night(1), [
      [gateway, protocols('no')],
      [other, protocols('no')],
    ])
    book.run(night(5), [[other, protocols('no')]])
    const { trend } = judged(book, { systems: [systemOf('gateway', 'api')] })
    expect(trend.map(({ satisfied, undetermined }) => [satisfied, undetermined])).toEqual([
      [2, 0],
      [1, 1],
    ])
  })

  test('leaves out findings whose targets were not there yet', () => {
    const other = target('shop/api/tls')
    const book = ledger()
    book.configure(period.from, [gateway])
    book.run(night(1), [[gateway, protocols('no')]])
    book.configure(later(night(1), hour), [gateway, other])
    book.run(night(2), [[gateway, protocols('no')]])
    const { trend } = judged(book, { systems: [systemOf('gateway', 'api')] })
    expect(trend.map(({ satisfied, undetermined }) => [satisfied, undetermined])).toEqual([
      [1, 0],
      [1, 1],
    ])
  })
})
