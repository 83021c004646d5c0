import type { RunRecord } from '../../src/model/assessment.ts'
import type { Control } from '../../src/model/control.ts'
import { objectives } from '../../src/model/control.ts'
import type { Annex, Chip, Heading } from '../../src/render/document.ts'
import { type Context, referencePairs } from './context.ts'
import { duration } from './dates.ts'
import { factText } from './facts.ts'
import { grouped, objectiveTitles, orDash } from './wording.ts'

/** The rules as they were applied, and the runs that brought the evidence. */
export function annex(context: Context, heading: Heading): Annex {
  const { assessment } = context
  const of = Map.groupBy(
    assessment.controls.toSorted((a, b) => a.id.localeCompare(b.id)),
    ({ objective }) => objective,
  )
  return {
    heading,
    catalogue: assessment.catalogue,
    objectives: objectives
      .map((objective) => ({ title: objectiveTitles[objective], controls: of.get(objective) ?? [] }))
      .filter(({ controls }) => controls.length > 0)
      .map(({ title, controls }) => ({ title, controls: controls.map((control) => drawControl(context, control)) })),
    runs: assessment.runs.map((run) => drawRun(context, run)),
  }
}

function drawControl(context: Context, control: Control): Annex['objectives'][number]['controls'][number] {
  return {
    id: control.id,
    title: control.title,
    statement: control.statement,
    kind: control.rule.kind,
    expect: control.rule.where ? `${control.rule.where}: ${control.rule.expect}` : control.rule.expect,
    severity: control.severity,
    // Where the catalogue lies on our machine is nobody's business; its file and line are.
    source: control.source.split(/[\\/]/).slice(-2).join('/'),
    parameters: parametersUsed(context, control),
    references: referencePairs(control),
  }
}

/** Each value that a parameter had in this assessment, and where, if not everywhere the same. */
function parametersUsed(
  { assessment, component, dates }: Context,
  control: Control,
): Annex['objectives'][number]['controls'][number]['parameters'] {
  const findings = assessment.findings.filter((finding) => finding.control === control.id)
  return Object.entries(control.parameters).map(([name, parameter]) => {
    const used = new Map<string, string[]>()
    for (const finding of findings) {
      const value = factText(finding.parameters[name] ?? parameter.default, dates)
      used.set(value, [...(used.get(value) ?? []), component(finding.component)])
    }
    const values = [...used].map(([value, where]) => (used.size > 1 ? `${value} (${where.join(', ')})` : value))
    const value = values.join('; ') || factText(parameter.default, dates)
    return { name, value, description: parameter.description }
  })
}

function drawRun({ dates }: Context, run: RunRecord): Annex['runs'][number] {
  return {
    run: run.run,
    slot: run.slot ? dates.moment(run.slot) : 'by hand',
    started: dates.moment(run.started),
    duration: run.finished ? duration(run.started, run.finished) : '–',
    state: runChip(run),
    completed: `${grouped(run.completed)} / ${grouped(run.targets)}`,
    failed: orDash(run.failed),
  }
}

function runChip(run: RunRecord): Chip {
  switch (run.state) {
    case 'finished':
      if (run.failed > 0) return { tone: 'warn', text: run.late ? 'partial, late' : 'partial' }
      return { tone: 'plain', text: run.late ? 'finished, late' : 'finished' }
    case 'interrupted':
      return { tone: 'bad', text: 'interrupted' }
    case 'running':
      return { tone: 'none', text: 'running' }
    default:
      return run.state satisfies never
  }
}
