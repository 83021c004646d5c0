import { type Assessment, type Change, type ChangeKind, type Comparison, changeKinds } from '../model/assessment.ts'
import type { Control } from '../model/control.ts'
import type { Finding, Standing } from '../model/finding.ts'
import { type Cause, causeOf, type Side } from './cause.ts'
import { fails, holds } from './resolve.ts'

/** Two periods side by side: how each finding stands at their ends, what moved it, and nothing that did not. */
export function compare(before: Assessment, after: Assessment): Comparison {
  const was = sidesOf(before)
  const is = sidesOf(after)
  const ids = [...new Set([...is.keys(), ...was.keys()])]
  const changes = ids.map((id) => changeOf(id, was.get(id) ?? none(before), is.get(id) ?? none(after)))
  const count = (kind: ChangeKind): number => changes.filter(({ change }) => change === kind).length
  return {
    before: before.period,
    after: after.period,
    changes,
    counts: Object.fromEntries(changeKinds.map((kind) => [kind, count(kind)])) as Comparison['counts'],
  }
}

type State = 'failing' | 'holding' | 'unknown' | 'none'

function changeOf(id: string, before: Side, after: Side): Change {
  const finding = after.finding ?? before.finding
  const change = kindOf(stateOf(before.finding), stateOf(after.finding))
  const cause: Cause = causeOf(change, before, after)
  return {
    finding: id,
    control: finding?.control ?? '',
    component: finding?.component ?? '',
    change,
    before: before.finding?.standing ?? null,
    after: after.finding?.standing ?? null,
    ...cause,
  }
}

/** What a move from one state to another is called. */
export function kindOf(before: State, after: State): ChangeKind {
  if (before === 'none') return 'new'
  if (after === 'none') return 'no-longer-measured'
  if (before === 'unknown') return after === 'unknown' ? 'unchanged' : 'new'
  if (after === 'unknown') return 'no-longer-measured'
  if (before === after) return after === 'failing' ? 'persisting' : 'unchanged'
  return after === 'failing' ? 'regressed' : 'fixed'
}

function stateOf(finding: Finding | null): State {
  if (!finding) return 'none'
  return ofStanding(finding.standing)
}

function ofStanding(standing: Standing): State {
  if (fails(standing)) return 'failing'
  return holds(standing) ? 'holding' : 'unknown'
}

function sidesOf(assessment: Assessment): ReadonlyMap<string, Side> {
  const controls = new Map(assessment.controls.map((control): [string, Control] => [control.id, control]))
  return new Map(
    assessment.findings.map((finding) => {
      const control = controls.get(finding.control) ?? null
      return [finding.id, { assessment, finding, control }]
    }),
  )
}

function none(assessment: Assessment): Side {
  return { assessment, finding: null, control: null }
}
