import type { Instant } from '../model/time.ts'
import type { CollectionUnit } from './collections.ts'
import type { Plan, RecordedTarget } from './plans.ts'

/** A target with the stretches of [from, to) during which one schedule of it was in force. */
export type TargetHistory = {
  readonly id: string
  /** As the newest plan within the interval knows it. */
  readonly target: RecordedTarget
  readonly spans: readonly Span[]
  /** Whether it is still in the plan in force at the end. */
  readonly current: boolean
}

/** [from, to) during which a target stood in the plan unchanged. */
export type Span = { readonly from: Instant; readonly to: Instant; readonly target: RecordedTarget }

/** Who was in the plan when, within [from, to); targets in the order of their first mention. */
export function populationOver(plans: readonly Plan[], from: Instant, to: Instant): readonly TargetHistory[] {
  const spans = new Map<string, Span[]>()
  plans.forEach((plan, index) => {
    const start = plan.from > from ? plan.from : from
    const next = plans[index + 1]?.from
    const end = next !== undefined && next < to ? next : to
    if (start >= end) return
    for (const target of plan.targets) {
      const known = spans.get(target.id) ?? []
      const last = known.at(-1)
      const joined = last && last.to === start && sameExpectation(last.target, target)
      spans.set(
        target.id,
        joined
          ? [...known.slice(0, -1), { from: last.from, to: end, target }]
          : [...known, { from: start, to: end, target }],
      )
    }
  })
  return [...spans].flatMap(([id, list]) => {
    const last = list.at(-1)
    return last ? [{ id, target: last.target, spans: list, current: last.to === to }] : []
  })
}

function sameExpectation(a: RecordedTarget, b: RecordedTarget): boolean {
  return a.schedule?.cron === b.schedule?.cron && a.schedule?.timeZone === b.schedule?.timeZone
}

/** The population with targets added that no plan names but of which there is evidence: no evidence is passed over. */
export function withObserved(
  population: readonly TargetHistory[],
  collections: readonly CollectionUnit[],
  from: Instant,
  to: Instant,
): readonly TargetHistory[] {
  const known = new Set(population.map(({ id }) => id))
  const others = Map.groupBy(
    collections.filter(({ target }) => !known.has(target)),
    ({ target }) => target,
  )
  const observed = [...others].map(([id, units]): TargetHistory => {
    const entries = units.flatMap(({ observations }) => observations)
    const target: RecordedTarget = {
      id,
      component: units[0]?.component ?? '',
      collector: units[0]?.collector ?? '',
      subject: units[0]?.end?.subject ?? entries[0]?.subject ?? id,
      emits: [...new Set(entries.map(({ kind }) => kind))],
      ...{ schedule: null, validForMs: 0 },
    }
    return { id, target, spans: [{ from, to, target }], current: false }
  })
  return [...population, ...observed]
}
