import type { FactChange } from '../model/assessment.ts'
import type { Control } from '../model/control.ts'
import { canonicalJson } from '../model/digest.ts'
import type { Decision, Outcome } from '../model/finding.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { compileRule } from './compiled-rule.ts'
import { pathText, unpick, valueAt } from './fact-path.ts'
import { judgeOne } from './rule.ts'

/** The same thing looked at in two periods; null where it was looked at in only one of them. */
export type DecisionPair = { readonly before: Decision | null; readonly after: Decision | null }

/**
 * Matches the decisions of two periods: first by target, kind, subject and part, then without the target (it may have
 * been renamed), then by kind and subject where one is left on either side.
 */
export function pairDecisions(before: readonly Decision[], after: readonly Decision[]): readonly DecisionPair[] {
  const pairs: DecisionPair[] = []
  let left = before
  let right = after
  const keys: readonly ((decision: Decision) => string)[] = [
    ({ target, kind, subject, part }) => [target, kind, subject, part ?? ''].join('\n'),
    ({ kind, subject, part }) => [kind, subject, part ?? ''].join('\n'),
    ({ kind, subject }) => [kind, subject].join('\n'),
  ]
  for (const keyOf of keys) {
    const byKey = Map.groupBy(right, keyOf)
    const lefts = Map.groupBy(left, keyOf)
    const matched = new Set<Decision>()
    for (const [key, [one, ...more]] of lefts) {
      const [other, ...others] = byKey.get(key) ?? []
      if (!one || !other || more.length > 0 || others.length > 0) continue
      pairs.push({ before: one, after: other })
      matched.add(one).add(other)
    }
    left = left.filter((decision) => !matched.has(decision))
    right = right.filter((decision) => !matched.has(decision))
  }
  return [
    ...pairs,
    ...left.map((decision) => ({ before: decision, after: null })),
    ...right.map((decision) => ({ before: null, after: decision })),
  ]
}

/** Every deciding fact that differs within a pair. */
export function factsThatDiffer({ before, after }: DecisionPair): readonly FactChange[] {
  if (!before || !after) return []
  const paths = [...new Set([...Object.keys(before.facts), ...Object.keys(after.facts)])].sort()
  return paths.flatMap((path): FactChange[] => {
    const [was, is] = [valueAt(before.facts, [path]) ?? null, valueAt(after.facts, [path]) ?? null]
    if (same(was, is)) return []
    const { kind, subject, part } = after
    return [{ kind, subject, ...(part === undefined ? {} : { part }), path, before: was, after: is }]
  })
}

/** Of the facts that differ, those that the rule expects something of: not the ones that only say whether it applies. */
export function factsExpected(pair: DecisionPair, control: Control): readonly FactChange[] {
  const expected = new Set((compileRule(control).expect?.reads ?? []).map(pathText))
  return factsThatDiffer(pair).filter(({ path }) => expected.has(path) || expected.has(''))
}

/**
 * Of the facts that differ, those that moved the outcome: taking one back to what it was would undo the move, or it alone
 * would have made it. All of them where they only count together, or where the rule cannot tell.
 */
export function factsThatDecided(pair: DecisionPair, control: Control, parameters: JsonObject): readonly FactChange[] {
  const differ = factsThatDiffer(pair)
  const { before, after } = pair
  if (!before || !after || differ.length < 2) return differ
  const outcomeWith = (decision: Decision, facts: JsonObject): Outcome | null =>
    outcomeBy(control, parameters, { ...decision, facts })
  const was = outcomeBy(control, parameters, before)
  const is = outcomeBy(control, parameters, after)
  if (was !== before.outcome || is !== after.outcome) return differ
  const decided = differ.filter(
    ({ path }) =>
      outcomeWith(after, withFact(after.facts, path, valueAt(before.facts, [path]))) !== is ||
      outcomeWith(before, withFact(before.facts, path, valueAt(after.facts, [path]))) === is,
  )
  return decided.length > 0 ? decided : differ
}

/** What a control says of the facts of a decision that may have been made under another; null where it leaves them out. */
export function outcomeBy(control: Control, parameters: JsonObject, decision: Decision): Outcome | null {
  const facts = unpick(decision.facts, compileRule(control).reads)
  return judgeOne(control, { ...decision, facts }, parameters)?.outcome ?? null
}

/** Whether two JSON values are the same. */
export function same(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

function withFact(facts: JsonObject, path: string, value: Json | undefined): JsonObject {
  const others = Object.entries(facts).filter(([name]) => name !== path)
  return Object.fromEntries(value === undefined ? others : [...others, [path, value]])
}
