import type { TargetCoverage } from '../model/assessment.ts'
import type { Control } from '../model/control.ts'
import type { Disposition, Exception, Finding, ResolvedException } from '../model/finding.ts'
import type { JsonObject } from '../model/json.ts'
import { riskLevel } from '../model/risk.ts'
import type { Instant } from '../model/time.ts'
import type { CollectionUnit } from './collections.ts'
import { exceptionFor } from './exceptions.ts'
import { type Folded, fold } from './fold.ts'
import type { Judger } from './judger.ts'
import type { Parts } from './parts.ts'
import type { TargetHistory } from './population.ts'
import { reasonOf } from './reason.ts'
import { reperform } from './reperform.ts'
import { resolve } from './resolve.ts'
import { parametersOf } from './rule.ts'
import { sentence } from './sentence.ts'
import { readTarget, type TimelinePoint } from './target-state.ts'

/** What all findings of an assessment share. */
export type FindingContext = {
  readonly asOf: Instant
  readonly timeZone: string
  readonly exceptions: readonly Exception[]
  /** Collections of the period by target, oldest first. */
  readonly collections: ReadonlyMap<string, readonly CollectionUnit[]>
  readonly coverage: ReadonlyMap<string, TargetCoverage>
  readonly judger: (control: Control, parameters: JsonObject) => Judger
  readonly parts: Parts
}

/** The finding of a control for a component, from the targets that feed it. */
export function findingOf(
  control: Control,
  component: string,
  targets: readonly TargetHistory[],
  given: JsonObject,
  context: FindingContext,
): { readonly finding: Finding; readonly timeline: readonly TimelinePoint[] } {
  const parameters = parametersOf(control, given)
  const judge = context.judger(control, parameters)
  const states = targets.map(({ id, target, current }) => {
    const reading = { control, judge, parts: context.parts, validForMs: target.validForMs }
    return { state: readTarget(id, context.collections.get(id) ?? [], reading), current }
  })
  const folded = fold(states, judge, context.asOf)
  const about = exceptionFor(context.exceptions, control.id, component, context.asOf)
  const disposition = dispositionOf(folded, about)
  // An exception has nothing to say of what does not fail.
  const exception = folded.outcome === 'not-satisfied' && disposition !== 'closed' ? about : null
  const { outcome, freshness } = folded
  const finding: Finding = {
    ...identityOf(control, component),
    ...{ outcome, freshness, disposition, exception, parameters },
    standing: resolve({ outcome, freshness, disposition }),
    reason: reasonOf(folded, disposition, exception, context.timeZone),
    decisions: folded.decisions,
    healed: folded.healed,
    history: folded.history,
    firstFailed: folded.firstFailed,
    lastFailed: folded.lastFailed,
    lastCollected: folded.lastCollected,
    reperform: commandsFor(control, folded, targets, parameters),
    coverage: coverageOfTargets(targets, context.coverage),
  }
  return { finding, timeline: states.flatMap(({ state }) => state.timeline) }
}

/** The finding of a control that the configuration excludes for a component. */
export function excludedFinding(control: Control, component: string, reason: string): Finding {
  const axes = { outcome: 'not-applicable', freshness: 'missing', disposition: 'open' } as const
  return {
    ...identityOf(control, component),
    ...axes,
    standing: resolve(axes),
    reason: sentence(`Excluded by the configuration: ${reason}`),
    ...{ decisions: [], healed: [], history: [], reperform: [] },
    ...{ firstFailed: null, lastFailed: null, lastCollected: null, exception: null },
    parameters: parametersOf(control, {}),
    coverage: { expected: 0, collected: 0 },
  }
}

function identityOf(control: Control, component: string): Pick<Finding, 'id' | 'control' | 'component' | 'risk'> {
  const { area, likelihood, impact } = control.risk
  const risk = { area, likelihood, impact, level: riskLevel(likelihood, impact) }
  return { id: `${control.id}@${component}`, control: control.id, component, risk }
}

function dispositionOf({ outcome, closed }: Folded, exception: ResolvedException | null): Disposition {
  if (closed) return 'closed'
  return outcome === 'not-satisfied' && exception?.state === 'active' ? 'excepted' : 'open'
}

/** The commands for the observation that decided; for the target itself where there is none. */
function commandsFor(
  control: Control,
  { standing }: Folded,
  targets: readonly TargetHistory[],
  params: JsonObject,
): readonly string[] {
  const entry = standing.find((each) => each.entry.kind === control.rule.kind)?.entry
  const subject = entry?.subject ?? targets[0]?.target.subject ?? ''
  return control.reperform.map((command) => reperform(command, { subject, facts: entry?.facts ?? {}, params }))
}

function coverageOfTargets(
  targets: readonly TargetHistory[],
  coverage: FindingContext['coverage'],
): Finding['coverage'] {
  const each = targets.flatMap(({ id }) => coverage.get(id) ?? [])
  return {
    expected: each.reduce((sum, { expected }) => sum + expected, 0),
    collected: each.reduce((sum, { collected }) => sum + collected, 0),
  }
}
