import type { Control } from '../model/control.ts'
import type { Outcome } from '../model/finding.ts'
import type { JsonObject } from '../model/json.ts'
import { plainText, toCel } from './cel-values.ts'
import { compile, type Expression, type ResultType, type Scope, whyNot } from './expression.ts'
import { broadest, type FactPath, pick } from './fact-path.ts'
import { sentence } from './sentence.ts'

/** Where in a control a problem stands. */
export type RulePart = 'rule.where' | 'rule.undetermined' | 'rule.expect' | 'rule.failure' | 'rule.success'

/** What is wrong with one part of a control's rule, as a clause. */
export type RuleProblem = { readonly where: RulePart; readonly message: string }

/** A control's rule, parsed once. */
export type CompiledRule = {
  readonly control: Control
  readonly problems: readonly RuleProblem[]
  readonly where: Expression | null
  readonly undetermined: Expression | null
  readonly expect: Expression | null
  readonly failure: Expression | null
  readonly success: Expression | null
  /** The facts that decide: read by `where`, `undetermined` and `expect`. */
  readonly reads: readonly FactPath[]
  readonly usesCollected: boolean
}

/** What a rule says of one observation. */
export type Judged = {
  readonly outcome: Outcome
  readonly reason: string
  /** The deciding facts by path. */
  readonly facts: JsonObject
}

const cache = new WeakMap<Control, CompiledRule>()

/** The compiled rule of a control, made once for each control object. */
export function compileRule(control: Control): CompiledRule {
  const known = cache.get(control)
  if (known) return known
  const made = compileAnew(control)
  cache.set(control, made)
  return made
}

/** The outcome alone, for what is only counted; null where `where` leaves the observation out. Never throws. */
export function outcomeUnder(rule: CompiledRule, scope: Scope): Judged['outcome'] | null {
  try {
    return evaluate(rule, scope)
  } catch {
    return 'error'
  }
}

/** What the rule says of an observation; null where `where` leaves it out. Never throws. */
export function decide(rule: CompiledRule, facts: JsonObject, scope: Scope): Judged | null {
  const picked = pick(facts, rule.reads)
  try {
    const outcome = evaluate(rule, scope)
    return outcome === null
      ? null
      : { outcome, reason: sentence(reasonFor(rule, outcome, facts, picked, scope)), facts: picked }
  } catch (error) {
    const reason = `The rule could not be evaluated for ${scope.subject}: ${whyNot(error, facts)}`
    return { outcome: 'error', reason: sentence(reason), facts: picked }
  }
}

function evaluate({ where, undetermined, expect }: CompiledRule, scope: Scope): Outcome | null {
  if (!expect) return 'error'
  if (where && !truth(where, scope)) return null
  if (undetermined && truth(undetermined, scope)) return 'not-measured'
  return truth(expect, scope) ? 'satisfied' : 'not-satisfied'
}

function reasonFor(rule: CompiledRule, outcome: Outcome, facts: JsonObject, picked: JsonObject, scope: Scope): string {
  const broken = rule.problems[0]
  if (outcome === 'error') return `The rule of ${rule.control.id} is not sound: ${broken?.where} ${broken?.message}`
  if (outcome === 'not-measured') return undeterminedReason(facts, scope)
  const holds = outcome === 'satisfied'
  return say(holds ? rule.success : rule.failure, scope) ?? fallback(rule, scope, picked, holds)
}

function compileAnew(control: Control): CompiledRule {
  const problems: RuleProblem[] = []
  const part = (where: RulePart, source: string | undefined, result: ResultType): Expression | null => {
    if (source === undefined) return null
    const compiled = compile(source, result)
    if (!('problem' in compiled)) return compiled
    problems.push({ where, message: compiled.problem })
    return null
  }
  const where = part('rule.where', control.rule.where, 'bool')
  const undetermined = part('rule.undetermined', control.rule.undetermined, 'bool')
  const expect = part('rule.expect', control.rule.expect, 'bool')
  const failure = part('rule.failure', control.rule.failure, 'string')
  const success = part('rule.success', control.rule.success, 'string')
  const all = [where, undetermined, expect, failure, success].filter((expression) => expression !== null)
  const broken = problems.some(({ where: at }) => at !== 'rule.failure' && at !== 'rule.success')
  return {
    control,
    // A sentence that cannot be made is told by `checkControl`, but it does not keep a rule from judging.
    problems: problems.filter(({ where: at }) => at !== 'rule.failure' && at !== 'rule.success'),
    where,
    undetermined,
    expect: broken ? null : expect,
    failure,
    success,
    reads: broadest([where, undetermined, expect].flatMap((expression) => expression?.reads ?? [])),
    usesCollected: all.some((expression) => expression.usesCollected),
  }
}

function truth(expression: Expression, scope: Scope): boolean {
  const value = expression.run(scope)
  if (typeof value === 'boolean') return value
  throw new TypeError(`"${expression.source}" came to ${plainText(value)}, not to true or false`)
}

function say(expression: Expression | null, scope: Scope): string | undefined {
  try {
    const text = expression?.run(scope)
    return typeof text === 'string' && text.trim() !== '' ? text : undefined
  } catch {
    // Judging does not depend on the sentence: the fallback states the facts instead.
    return undefined
  }
}

/** Collectors put the reason beside what they could not determine (docs/observations.md). */
function undeterminedReason(facts: JsonObject, scope: Scope): string {
  const reason = facts.reason
  const said = typeof reason === 'string' && reason.trim() !== '' ? `: ${reason}` : ''
  return `It could not be determined at ${scope.subject}${said}`
}

function fallback(rule: CompiledRule, scope: Scope, picked: JsonObject, holds: boolean): string {
  const facts = Object.entries(picked).map(([path, value]) => `${path} is ${plainText(toCel(value))}`)
  const because = facts.length > 0 ? ` (${facts.join('; ')})` : ''
  return `"${rule.control.title}" ${holds ? 'holds' : 'does not hold'} for ${scope.subject}${because}`
}
