import type { Gap } from '../model/assessment.ts'
import type { Instant } from '../model/time.ts'
import type { TargetHistory } from './population.ts'
import type { ResolvedSlot } from './slots.ts'

type Stretch = Omit<Gap, 'target' | 'component'>

/** Slots without evidence, neighbours of one kind merged; and the stretches in which a target was not in the plan. */
export function gapsOf(
  history: TargetHistory,
  slots: readonly ResolvedSlot[],
  from: Instant,
  asOf: Instant,
  firstPlan: Instant | null,
): readonly Gap[] {
  const place = { target: history.id, component: history.target.component }
  const all = [...outside(history, from, asOf, firstPlan), ...missed(slots, asOf)]
  return all
    .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
    .map((stretch) => ({ ...place, ...stretch }))
}

function missed(slots: readonly ResolvedSlot[], asOf: Instant): readonly Stretch[] {
  const gaps: Stretch[] = []
  let open = ''
  slots.forEach(({ slot, state, cause, explanation }, index) => {
    if (state === 'collected' || state === 'late') return
    const to = slots[index + 1]?.slot ?? asOf
    const last = gaps.at(-1)
    // A message may name a duration or a port that differs from night to night: the first one speaks for the gap.
    if (last && last.to === slot && cause === open) {
      gaps[gaps.length - 1] = { ...last, to, slots: last.slots + 1 }
    } else {
      gaps.push({ from: slot, to, slots: 1, state, explanation })
    }
    open = cause
  })
  return gaps
}

function outside(history: TargetHistory, from: Instant, asOf: Instant, firstPlan: Instant | null): readonly Stretch[] {
  const nothing = { slots: 0, state: 'missing' } as const
  const gaps: Stretch[] = []
  let at = from
  for (const span of history.spans) {
    if (span.from > at)
      gaps.push({ ...nothing, from: at, to: span.from, explanation: absence(at, span.from, from, firstPlan) })
    at = span.to
  }
  if (at < asOf)
    gaps.push({
      ...nothing,
      from: at,
      to: asOf,
      explanation: 'The target had left the plan: nothing was expected of it.',
    })
  return gaps
}

function absence(at: Instant, to: Instant, from: Instant, firstPlan: Instant | null): string {
  if (at !== from) return 'The target was out of the plan for a time: nothing was expected of it.'
  if (firstPlan !== null && to <= firstPlan) return 'Not yet configured: Affidavit had recorded no plan.'
  return 'Not yet configured: the target had not entered the plan.'
}
