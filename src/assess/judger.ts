import type { Control } from '../model/control.ts'
import { canonicalJson } from '../model/digest.ts'
import type { Entry } from '../model/evidence.ts'
import type { JsonObject } from '../model/json.ts'
import { toCel } from './cel-values.ts'
import { compileRule, decide, type Judged } from './compiled-rule.ts'
import { judgeOne } from './rule.ts'

/** Judges one entry under one control and its parameters; null where the rule leaves the entry out. Never throws. */
export type Judger = (entry: Entry) => Judged | null

/**
 * A source of judgers that evaluate no rule twice over the same facts: night after night most of them are the same. It
 * remembers for as long as it is held.
 */
export function judgers(): (control: Control, parameters: JsonObject) => Judger {
  const factsIds = new Map<string, number>()
  const idOf = new WeakMap<Entry, number>()
  const celFacts = new Map<number, unknown>()
  const made = new Map<string, Judger>()

  const factsId = (entry: Entry): number => {
    const known = idOf.get(entry)
    if (known !== undefined) return known
    const text = JSON.stringify(entry.facts)
    const id = factsIds.get(text) ?? factsIds.size
    factsIds.set(text, id)
    idOf.set(entry, id)
    return id
  }

  const factsOf = (id: number, facts: JsonObject): unknown => {
    if (!celFacts.has(id)) celFacts.set(id, toCel(facts))
    return celFacts.get(id)
  }

  return (control, parameters) => {
    const name = `${control.id}\n${canonicalJson(parameters)}`
    const judger = made.get(name) ?? judgerOf(control, parameters, factsId, factsOf)
    made.set(name, judger)
    return judger
  }
}

function judgerOf(
  control: Control,
  parameters: JsonObject,
  factsId: (entry: Entry) => number,
  factsOf: (id: number, facts: JsonObject) => unknown,
): Judger {
  const rule = compileRule(control)
  const params = toCel(parameters)
  const results = new Map<string, Judged | null>()
  return (entry) => {
    const id = factsId(entry)
    const key = `${id}\n${entry.subject}\n${rule.usesCollected ? entry.collected : ''}`
    const known = results.get(key)
    if (known !== undefined) return known
    const judged = judgeShared(entry, id)
    results.set(key, judged)
    return judged
  }

  function judgeShared(entry: Entry, id: number): Judged | null {
    try {
      const facts = factsOf(id, entry.facts)
      return decide(rule, entry.facts, { facts, params, subject: entry.subject, collected: new Date(entry.collected) })
    } catch {
      return judgeOne(control, entry, parameters)
    }
  }
}
