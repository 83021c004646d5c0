import type { Assessment, LedgerState, Unmeasured } from '../model/assessment.ts'
import type { Catalogue, Control } from '../model/control.ts'
import type { Sha256 } from '../model/digest.ts'
import type { Entry } from '../model/evidence.ts'
import type { Exception, Finding } from '../model/finding.ts'
import type { JsonObject } from '../model/json.ts'
import { type Period, within } from '../model/period.ts'
import type { System } from '../model/plan.ts'
import { type Instant, later } from '../model/time.ts'
import { collectionsFrom } from './collections.ts'
import { coverageOf } from './coverage.ts'
import { resolveExceptions, stateAt } from './exceptions.ts'
import { excludedFinding, type FindingContext, findingOf } from './finding-of.ts'
import { inventoryOf } from './inventory.ts'
import { judgers } from './judger.ts'
import { partsOf } from './parts.ts'
import type { Plan } from './plans.ts'
import { populationOver, type TargetHistory, withObserved } from './population.ts'
import { runsFrom } from './runs.ts'
import { tallyOf } from './summary.ts'
import { type FindingTimeline, trendOf } from './trend.ts'

/** Whether a control applies to a component, with the parameters that differ from its defaults, or why it does not. */
export type ControlScope = (
  control: Control,
  component: string,
) => { readonly applies: true; readonly parameters: JsonObject } | { readonly applies: false; readonly reason: string }

/** Everything that an assessment is computed from; what is not in it has no say. */
export type AssessmentInput = {
  readonly organisation: string
  readonly timeZone: string
  readonly period: Period
  readonly now: Instant
  readonly systems: readonly System[]
  readonly catalogue: Catalogue
  readonly scope: ControlScope
  readonly exceptions: readonly Exception[]
  /** Oldest first, as `plansFrom` yields them; the one in force when the period begins among them. */
  readonly plans: readonly Plan[]
  /**
   * In ledger order. Evidence counts in the period in which its collection ended; entries outside may be among them, and
   * those shortly after the period tell of slots that were caught up late.
   */
  readonly entries: readonly Entry[]
  readonly ledger: LedgerState
  readonly catalogueDigest: Sha256
}

/** Judges a period: pure, and the same for the same input. docs/decisions/period-semantics.md says why it judges so. */
export function assess(input: AssessmentInput): Assessment {
  const { period, now, timeZone, plans } = input
  const running = now < period.to
  const asOf = running ? now : period.to
  // Half-open, yet what was recorded at this very moment counts.
  const until = running ? later(now, 1) : period.to
  const entries = input.entries.filter(({ collected }) => collected <= now)
  const collections = collectionsFrom(entries)
  const inPeriod = collections.filter(({ at }) => within(period, at))
  const runs = runsFrom(entries)
  const planned = populationOver(plans, period.from, until)
  const population = withObserved(planned, inPeriod, period.from, until)
  const coverage = coverageOf({
    ...{ period, asOf, until, now, timeZone, population: planned, collections, runs, entries },
    firstPlan: plans[0]?.from ?? null,
  })
  const context: FindingContext = {
    ...{ asOf, timeZone, exceptions: input.exceptions },
    collections: Map.groupBy(inPeriod, ({ target }) => target),
    coverage: new Map(coverage.targets.map((target) => [target.target, target])),
    judger: judgers(),
    parts: partsOf(inPeriod.map(({ observations }) => observations)),
  }

  const findings: Finding[] = []
  const timelines: FindingTimeline[] = []
  const byComponent = Map.groupBy(population, ({ target }) => target.component)
  const components = componentsOf(input.systems, byComponent)
  for (const control of input.catalogue.controls) {
    for (const component of components) {
      const targets = feeding(byComponent.get(component) ?? [], control)
      if (targets.length === 0) continue
      const scope = input.scope(control, component)
      if (!scope.applies) {
        findings.push(excludedFinding(control, component, scope.reason))
        continue
      }
      const { finding, timeline } = findingOf(control, component, targets, scope.parameters, context)
      findings.push(finding)
      timelines.push({ targets, timeline })
    }
  }

  const inPeriodRuns = runs.filter(({ started }) => within(period, started))
  return {
    version: 1,
    organisation: input.organisation,
    ...{ timeZone, period, asOf, coverage, findings },
    systems: input.systems,
    controls: input.catalogue.controls,
    unmeasured: unmeasuredOf(input, findings),
    exceptions: resolveExceptions(input.exceptions, asOf, usedBy(findings, input.exceptions, asOf)),
    runs: inPeriodRuns,
    trend: trendOf(inPeriodRuns, timelines),
    tally: tallyOf(findings),
    catalogue: input.catalogueDigest,
    ledger: input.ledger,
    inventory: inventoryOf(inPeriod),
  }
}

function feeding(targets: readonly TargetHistory[], control: Control): readonly TargetHistory[] {
  return targets.filter(({ target }) => target.emits.includes(control.rule.kind))
}

/** Components in the order of the configuration; then those that only the plans or the evidence know. */
function componentsOf(systems: readonly System[], byComponent: ReadonlyMap<string, unknown>): readonly string[] {
  return [...new Set([...systems.flatMap(({ components }) => components.map(({ ref }) => ref)), ...byComponent.keys()])]
}

function unmeasuredOf(input: AssessmentInput, findings: readonly Finding[]): readonly Unmeasured[] {
  const measured = new Set(findings.map(({ control, component }) => `${control}@${component}`))
  return input.catalogue.controls.flatMap((control) =>
    input.systems
      .filter(({ components }) => !components.some(({ ref }) => measured.has(`${control.id}@${ref}`)))
      .map((system) => ({ control: control.id, system: system.id, reason: whyUnmeasured(input, control, system) })),
  )
}

function whyUnmeasured({ scope }: AssessmentInput, control: Control, system: System): string {
  const scopes = system.components.map(({ ref }) => scope(control, ref))
  const excluded = scopes.find((each) => !each.applies)
  if (excluded && !excluded.applies && scopes.every((each) => !each.applies)) {
    return `Excluded by the configuration: ${excluded.reason}`
  }
  return `No target of ${system.name} is looked at by a collector that reports ${control.rule.kind}.`
}

/** Ids of the active exceptions that some failing finding needs. */
function usedBy(findings: readonly Finding[], exceptions: readonly Exception[], asOf: Instant): ReadonlySet<string> {
  const excepted = findings.filter(({ disposition }) => disposition === 'excepted')
  const covers = (exception: Exception, finding: Finding): boolean =>
    exception.control === finding.control && (exception.component === null || exception.component === finding.component)
  return new Set(
    exceptions
      .filter((each) => stateAt(each, asOf) === 'active' && excepted.some((finding) => covers(each, finding)))
      .map(({ id }) => id),
  )
}
