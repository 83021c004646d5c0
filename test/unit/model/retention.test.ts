import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { System } from '../../../src/model/plan.ts'
import {
  type ArtefactUse,
  inForce,
  type LegalHold,
  type Now,
  type RetentionPolicy,
  rule,
} from '../../../src/model/retention.ts'
import { endOfTerm, parseTerm, type Term, termEnds } from '../../../src/model/term.ts'
import { type Instant, instant, later } from '../../../src/model/time.ts'

const start = instant('2026-01-10T08:00:00Z')
const day = 86_400_000
const endOf = termEnds('UTC')
const at = (days: number) => later(start, days * day)
const now = (days: number): Now => ({ earliest: at(days), latest: at(days) })

const system = (id: string, data: readonly string[]): System => ({
  ...{ id, name: id, owner: null, description: null, data },
  components: [],
})
const systems = [system('shop', ['personal']), system('wiki', [])]

function policy(id: string, keep: string, change: Partial<RetentionPolicy> = {}): RetentionPolicy {
  const all = { data: null, collector: null, mediaType: null, component: null }
  return { id, ...all, keep: parseTerm(keep) as Term, basis: 'a law', ...change }
}

function hold(id: string, change: Partial<LegalHold> = {}): LegalHold {
  const open = { component: null, collected: null, from: at(-100), until: null }
  return { id, reason: 'a claim', approver: 'counsel', ...open, ...change }
}

function use(change: Partial<ArtefactUse> = {}): ArtefactUse {
  const collected = change.collected ?? start
  return {
    entry: 1,
    component: 'shop/api',
    collector: 'auth',
    mediaType: 'text/plain',
    collected,
    since: collected,
    ...change,
  }
}

const ruled = (
  uses: readonly ArtefactUse[],
  policies: readonly RetentionPolicy[],
  days: number,
  holds: readonly LegalHold[] = [],
) => rule(uses, { policies, holds }, { systems, endOf, now: now(days) })

test('nothing is ever due unless a policy says so', () => {
  expect(ruled([use()], [], 100_000)).toEqual({ state: 'ungoverned' })
})

test('an artefact is due when its term is over, and not before', () => {
  expect(ruled([use()], [policy('p', '30d')], 30)).toMatchObject({ state: 'kept', policy: 'p' })
  expect(ruled([use()], [policy('p', '30d')], 31)).toEqual({
    ...{ state: 'due', policy: 'p', since: instant('2026-02-10T00:00:00Z') },
  })
})

test('a policy speaks of a data class, a collector, a media type and a component, and all of them must fit', () => {
  const due = (change: Partial<RetentionPolicy>, changed: Partial<ArtefactUse> = {}) =>
    ruled([use(changed)], [policy('p', '1d', change)], 10).state === 'due'
  expect(due({ data: 'personal' })).toBe(true)
  expect(due({ data: 'personal' }, { component: 'wiki/pages' })).toBe(false)
  expect(due({ collector: 'auth' })).toBe(true)
  expect(due({ collector: 'tls' })).toBe(false)
  expect(due({ mediaType: 'text/*' }, { mediaType: 'text/plain; charset=utf-8' })).toBe(true)
  expect(due({ mediaType: 'text/plain' }, { mediaType: 'Text/Plain' })).toBe(true)
  expect(due({ mediaType: 'text/plain' }, { mediaType: 'text/plainer' })).toBe(false)
  expect(due({ component: 'shop' })).toBe(true)
  expect(due({ component: 'shop/api' })).toBe(true)
  expect(due({ component: 'shop/ap' })).toBe(false)
  expect(due({ component: 'shop', collector: 'tls' })).toBe(false)
})

test('of several policies the one that keeps longest decides', () => {
  const policies = [policy('short', '10d'), policy('long', '1y'), policy('middle', '3mo')]
  expect(ruled([use()], policies, 200)).toMatchObject({ state: 'kept', policy: 'long' })
  expect(ruled([use()], policies, 400)).toMatchObject({ state: 'due', policy: 'long' })
})

test('an artefact that entries share goes only when none of them must keep it', () => {
  const shared = [use({ entry: 1 }), use({ entry: 2, collected: at(50) })]
  expect(ruled(shared, [policy('p', '30d')], 60)).toMatchObject({
    state: 'kept',
    until: instant('2026-04-01T00:00:00Z'),
  })
  expect(ruled(shared, [policy('p', '30d')], 81)).toMatchObject({ state: 'due' })
  // One of them is of a component that no policy speaks of.
  const other = [use(), use({ entry: 3, component: 'wiki/pages' })]
  expect(ruled(other, [policy('p', '30d', { data: 'personal' })], 999)).toEqual({ state: 'ungoverned' })
})

test('what Affidavit wrote of its own work is not spoken of by any policy', () => {
  expect(ruled([use({ component: null, collector: 'affidavit' })], [policy('all', '1d')], 999)).toEqual({
    state: 'ungoverned',
  })
})

test('a legal hold wins over every policy', () => {
  const held = (change: Partial<LegalHold>, uses = [use()]) =>
    ruled(uses, [policy('p', '1d')], 10, [hold('H', change)]).state === 'held'
  expect(held({})).toBe(true)
  expect(held({ component: 'shop' })).toBe(true)
  expect(held({ component: 'shop/api' })).toBe(true)
  expect(held({ component: 'wiki' })).toBe(false)
  expect(held({ collected: { from: start, to: at(1) } })).toBe(true)
  expect(held({ collected: { from: at(1), to: at(2) } })).toBe(false)
  // One entry under hold is enough to keep what several share.
  expect(held({ component: 'wiki' }, [use(), use({ entry: 2, component: 'wiki/pages' })])).toBe(true)
})

test('a hold is in force from its first moment to its last, and open-ended ones until they are lifted', () => {
  expect(inForce(hold('H', { from: at(5) }), now(4))).toBe(false)
  expect(inForce(hold('H', { from: at(5) }), now(5))).toBe(true)
  expect(inForce(hold('H', { until: at(5) }), now(5))).toBe(true)
  expect(inForce(hold('H', { until: at(5) }), { earliest: later(at(5), 1), latest: at(6) })).toBe(false)
  expect(inForce(hold('H'), now(100_000))).toBe(true)
})

test('a clock that disagrees with the ledger neither ends a term nor lifts a hold, and begins one at the earlier word', () => {
  // The machine's clock says day 500, the newest entry is of day 5.
  const apart: Now = { earliest: at(5), latest: at(500) }
  const context = { systems, endOf, now: apart }
  expect(rule([use()], { policies: [policy('p', '30d')], holds: [] }, context)).toMatchObject({ state: 'kept' })
  expect(inForce(hold('H', { until: at(100) }), apart)).toBe(true)
  expect(inForce(hold('H', { from: at(100) }), apart)).toBe(true)
})

test('an entry whose clock was set back is as old as what the ledger had before it', () => {
  const setBack = use({ collected: instant('1970-01-01T00:00:00Z'), since: at(20) })
  expect(ruled([setBack], [policy('p', '30d')], 40)).toMatchObject({ state: 'kept' })
  expect(ruled([setBack], [policy('p', '30d')], 51)).toMatchObject({ state: 'due' })
  // Nor does it escape a hold on the time at which it was really collected.
  const onTime = hold('H', { collected: { from: at(19), to: at(21) } })
  expect(ruled([setBack], [policy('p', '30d')], 51, [onTime])).toMatchObject({ state: 'held', holds: ['H'] })
})

const component = fc.constantFrom('shop/api', 'shop/log', 'shop/api', 'wiki/pages', null)
const scope = fc.constantFrom('shop', 'shop/api', 'wiki', null)
const days = fc.integer({ min: 0, max: 60 })
const anyUse = fc
  .record({ component, collected: days.map(at), back: days })
  .map(({ back, ...rest }) => use({ ...rest, since: later(rest.collected, back * day) }))
const anyPolicy = fc
  .record({
    component: fc.constantFrom('shop', null, null),
    data: fc.constantFrom('personal', null, null),
    keep: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ keep, ...rest }) => policy(`p${keep}`, `${keep}d`, rest))
const anyHold = fc
  .record({
    component: scope,
    from: days.map(at),
    until: fc.option(fc.integer({ min: 60, max: 160 }).map(at)),
    collected: fc.option(fc.tuple(days, days).map(([from, length]) => ({ from: at(from), to: at(from + length) }))),
  })
  .map((change) => hold('H', change))

test('whatever the policies say, nothing is due that a hold covers, or that one of its entries must keep', () => {
  fc.assert(
    fc.property(
      ...[fc.array(anyUse, { minLength: 1, maxLength: 4 }), fc.array(anyPolicy, { minLength: 1, maxLength: 3 })],
      ...[fc.array(anyHold, { maxLength: 3 }), days, days],
      (uses, policies, holds, a, b) => {
        const moment: Now = { earliest: at(Math.min(a, b) + 90), latest: at(Math.max(a, b) + 90) }
        const ruling = rule(uses, { policies, holds }, { systems, endOf, now: moment })
        if (ruling.state !== 'due') return
        for (const each of uses) {
          const held = holds.some(
            ({ component: of, collected, from, until }) =>
              from <= moment.latest &&
              (until === null || until >= moment.earliest) &&
              (of === null || each.component === of || each.component?.startsWith(`${of}/`)) &&
              (collected === null || inside(each.collected, collected) || inside(each.since, collected)),
          )
          expect(held).toBe(false)
          const speaking = policies.filter(
            ({ component: of, data }) =>
              (of === null || each.component === of || each.component?.startsWith(`${of}/`)) &&
              (data === null || each.component?.startsWith('shop/')),
          )
          expect(speaking).not.toHaveLength(0)
          for (const { keep } of speaking) {
            expect(endOfTerm(each.since, keep, 'UTC') <= moment.earliest).toBe(true)
          }
        }
      },
    ),
    { numRuns: 2000 },
  )
})

function inside(moment: Instant, { from, to }: { readonly from: Instant; readonly to: Instant }): boolean {
  return from <= moment && moment < to
}
