import type { Control } from '../model/control.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { compileRule, decide, type Judged, type RulePart } from './compiled-rule.ts'
import { compile, scopeOf } from './expression.ts'
import { pathText } from './fact-path.ts'
import { placeholders } from './reperform.ts'
import { sentence } from './sentence.ts'
import { combine, type Judgeable, undated, type Verdict } from './verdict.ts'

/** Something in a control that keeps it from judging, or from saying what it should. */
export type ControlProblem = { readonly where: RulePart | `reperform[${number}]`; readonly message: string }

/** Everything that is not sound in a control's expressions and commands: syntax, types, unknown parameters; [] when sound. */
export function checkControl(control: Control): readonly ControlProblem[] {
  const parts = [
    ['rule.where', control.rule.where, 'bool'],
    ['rule.undetermined', control.rule.undetermined, 'bool'],
    ['rule.expect', control.rule.expect, 'bool'],
    ['rule.failure', control.rule.failure, 'string'],
    ['rule.success', control.rule.success, 'string'],
  ] as const
  const unknown = (name: string | undefined): boolean => !!name && !Object.hasOwn(control.parameters, name)
  const inRule = parts.flatMap(([where, source, result]): ControlProblem[] => {
    if (source === undefined) return []
    const compiled = compile(source, result)
    if ('problem' in compiled) return [{ where, message: compiled.problem }]
    return compiled.parameters
      .filter((path) => unknown(path[0]))
      .map((path) => ({ where, message: `the control has no parameter "${pathText(path)}"` }))
  })
  const inCommands = control.reperform.flatMap((command, index): ControlProblem[] =>
    placeholders(command)
      .filter((name) => name.startsWith('params.') && unknown(name.split('.')[1]))
      .map((name) => ({ where: `reperform[${index}]`, message: `the control has no parameter for {${name}}` })),
  )
  return [...inRule, ...inCommands]
}

/** A control's parameters: its defaults, and what is given instead of them. */
export function parametersOf(control: Control, given: JsonObject): JsonObject {
  const defaults = Object.entries(control.parameters).map(([name, each]): [string, Json] => [name, each.default])
  return { ...Object.fromEntries(defaults), ...given }
}

/**
 * Judges the observations of one collection. `collection.failed` among them makes the outcome `error`, except where an
 * observation already fails a rule over every observation: what is missing cannot mend that. Never throws.
 */
export function judge(control: Control, observations: readonly Judgeable[], parameters: JsonObject): Verdict {
  const params = parametersOf(control, parameters)
  const judged = observations
    .filter(({ kind }) => kind === control.rule.kind)
    .flatMap((observation) => {
      const result = judgeOne(control, observation, params)
      return result ? [{ observation, judged: result }] : []
    })
  return combine(control, judged, observations)
}

/** What one rule says of one observation; null where the rule leaves it out. Never throws. */
export function judgeOne(control: Control, observation: Judgeable, parameters: JsonObject): Judged | null {
  try {
    const scope = scopeOf(observation.facts, parameters, observation.subject, observation.collected ?? undated)
    return decide(compileRule(control), observation.facts, scope)
  } catch (error) {
    // Facts that cannot even be read, such as ones nested without end.
    const why = error instanceof Error ? error.message : String(error)
    return {
      outcome: 'error',
      reason: sentence(`The facts of ${observation.subject} cannot be read: ${why}`),
      facts: {},
    }
  }
}
