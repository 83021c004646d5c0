import type { Control, ControlExample } from '../model/control.ts'
import { judge } from './rule.ts'
import type { Verdict } from './verdict.ts'

/** One example of a control, tried. */
export type ExampleResult = {
  readonly control: string
  readonly title: string
  readonly expected: ControlExample['outcome']
  readonly actual: Verdict['outcome']
  readonly passed: boolean
  /** What the rule says of it. */
  readonly reason: string
}

/** Tries a control's own examples: each one's observations are judged as one collection. */
export function testControl(control: Control): readonly ExampleResult[] {
  return control.examples.map(({ title, observations, parameters, outcome: expected }) => {
    const { outcome: actual, reason } = judge(control, observations, parameters)
    return { control: control.id, title, expected, actual, passed: actual === expected, reason }
  })
}
