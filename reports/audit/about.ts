import type { About, Heading } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import { counted, grouped } from './wording.ts'

/** What was looked at, in which period, by which means. */
export function about(context: Context, heading: Heading): About {
  const { assessment, dates } = context
  return {
    heading,
    systems: assessment.systems.map((system) => ({
      name: system.name,
      description: system.description,
      owner: system.owner ?? 'not named',
      data: system.data.length > 0 ? system.data.join(', ') : 'none declared',
      components: system.components.map((component) => ({
        name: component.name,
        ref: component.ref,
        owner: component.owner ?? system.owner ?? 'not named',
        targets: targetsOf(context, component.ref),
      })),
    })),
    period: dates.longPeriod(assessment.period),
    asOf: dates.moment(assessment.asOf),
    timeZone: assessment.timeZone,
    controls: counted(assessment.controls.length, 'control'),
    catalogue: assessment.catalogue,
    collectors: collectors(context),
    collectorKinds: counted(new Set(assessment.coverage.targets.map((target) => target.collector)).size, 'kind'),
  }
}

function targetsOf({ assessment }: Context, component: string): string {
  const targets = assessment.coverage.targets.filter((target) => target.component === component)
  return [...new Set(targets.map((target) => target.collector))].join(', ') || 'none'
}

function collectors({ assessment }: Context): About['collectors'] {
  const { targets } = assessment.coverage
  const collectorOf = new Map(targets.map((target) => [target.target, target.collector]))
  const decisions = assessment.findings.flatMap((finding) => finding.decisions)
  return [...new Set(targets.map((target) => target.collector))].toSorted().map((id) => {
    const own = targets.filter((target) => target.collector === id)
    const seen = decisions.filter((decision) => collectorOf.get(decision.target) === id)
    return {
      id,
      looksAt: [...new Set(seen.map((decision) => decision.kind))].toSorted().join(', ') || 'nothing that a rule read',
      methods: [...new Set(seen.flatMap((decision) => decision.methods))].toSorted().join(', ') || '–',
      targets: grouped(own.length),
      collections: grouped(own.reduce((sum, target) => sum + target.collected + target.late + target.byHand, 0)),
    }
  })
}
