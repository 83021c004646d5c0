import type { Assessment } from '../../src/model/assessment.ts'
import type { Control } from '../../src/model/control.ts'
import { frameworks } from '../../src/model/control.ts'
import type { Pair } from '../../src/render/document.ts'
import { type Dates, datesIn } from './dates.ts'
import type { ReportIssue } from './issue.ts'

/** What every section looks things up in. */
export type Context = {
  readonly assessment: Assessment
  readonly issue: ReportIssue
  readonly dates: Dates
  /** Entries of the index with raw bytes that were erased. */
  readonly erased: ReadonlySet<number>
  control(id: string): Control | undefined
  /** A component's name, with its system's where there are several. */
  component(ref: string): string
  system(id: string): string
}

/** The look-ups of one report. */
export function contextOf(assessment: Assessment, issue: ReportIssue): Context {
  const controls = new Map(assessment.controls.map((control) => [control.id, control]))
  const systems = new Map(assessment.systems.map((system) => [system.id, system.name]))
  const components = new Map(
    assessment.systems.flatMap((system) =>
      system.components.map((component) => [
        component.ref,
        assessment.systems.length > 1 ? `${system.name} · ${component.name}` : component.name,
      ]),
    ),
  )
  return {
    assessment,
    issue,
    dates: datesIn(assessment.timeZone),
    erased: new Set(issue.evidence.filter(({ erased }) => erased.length > 0).map(({ entry }) => entry)),
    control: (id) => controls.get(id),
    component: (ref) => components.get(ref) ?? ref,
    system: (id) => systems.get(id) ?? id,
  }
}

/** An anchor from an id: different ids give different anchors, of letters, digits, hyphens and underscores only. */
export function anchor(prefix: string, id: string): string {
  return `${prefix}-${id.replace(/[^A-Za-z0-9-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`)}`
}

/** A control's references, a pair a framework, in the order that reports print them. */
export function referencePairs(control: Control): readonly Pair[] {
  return Object.entries(frameworks)
    .map(([id, name]) => ({ name, value: (control.references[id] ?? []).join(', ') }))
    .concat(
      Object.entries(control.references)
        .filter(([id]) => !(id in frameworks))
        .map(([id, requirements]) => ({ name: id, value: requirements.join(', ') })),
    )
    .filter((pair) => pair.value !== '')
}
