import type { Control } from '../model/control.ts'
import { canonicalJson } from '../model/digest.ts'
import type { Entry } from '../model/evidence.ts'
import type { Outcome } from '../model/finding.ts'
import type { JsonObject } from '../model/json.ts'
import { toCel } from './cel-values.ts'
import { compileRule, type Judged, outcomeUnder } from './compiled-rule.ts'
import { judgeOne } from './rule.ts'

/** Judges entries under one control and its parameters. Never throws. */
export type Judger = {
  /** The outcome alone; null where the rule leaves the entry out. */
  outcome(entry: Entry): Outcome | null
  /** The same with its reason and the deciding facts: of a quarter's judgements only the newest are ever shown. */
  explain(entry: Entry): Judged | null
}

/**
 * A source of judgers that evaluate no rule twice over the same facts: night after night most of them are the same. It
 * remembers for as long as it is held.
 */
export function judgers(): (control: Control, parameters: JsonObject) => Judger {
  const made = new Map<string, Judger>()
  const same = sameness()
  return (control, parameters) => {
    const name = `${control.id}\n${canonicalJson(parameters)}`
    const judger = made.get(name) ?? judgerOf(control, parameters, same)
    made.set(name, judger)
    return judger
  }
}

/** Entries with one subject and the same facts share a number and the facts as CEL reads them. */
type Sameness = (entry: Entry) => { readonly id: number; readonly facts: () => unknown }

function sameness(): Sameness {
  const byText = new Map<string, ReturnType<Sameness>>()
  const byEntry = new WeakMap<Entry, ReturnType<Sameness>>()
  return (entry) => {
    const known = byEntry.get(entry)
    if (known) return known
    const text = `${entry.subject}\n${JSON.stringify(entry.facts)}`
    const shared = byText.get(text) ?? numbered(byText.size, entry.facts)
    byText.set(text, shared)
    byEntry.set(entry, shared)
    return shared
  }
}

function numbered(id: number, json: JsonObject): ReturnType<Sameness> {
  let facts: unknown
  return {
    id,
    facts: () => {
      facts ??= toCel(json)
      return facts
    },
  }
}

function judgerOf(control: Control, parameters: JsonObject, same: Sameness): Judger {
  const rule = compileRule(control)
  const params = toCel(parameters)
  const outcomes = new Map<number, Outcome | null>()

  const outcomeAnew = (entry: Entry, facts: () => unknown): Outcome | null => {
    try {
      const collected = rule.usesCollected ? new Date(entry.collected) : never
      return outcomeUnder(rule, { facts: facts(), params, subject: entry.subject, collected })
    } catch {
      // Facts that cannot even be read.
      return 'error'
    }
  }

  return {
    outcome: (entry) => {
      const { id, facts } = same(entry)
      if (rule.usesCollected) return outcomeAnew(entry, facts)
      const known = outcomes.get(id)
      if (known !== undefined) return known
      const outcome = outcomeAnew(entry, facts)
      outcomes.set(id, outcome)
      return outcome
    },
    explain: (entry) => judgeOne(control, entry, parameters),
  }
}

const never = new Date(0)
