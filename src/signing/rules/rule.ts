import { PdfError } from '../pdf/objects.ts'
import type { PdfSubject } from './subject.ts'

/** The texts that rules are taken from: ISO 19005-3 level B, ISO 14289-1, and ISO 32000-1 itself. */
export const standards = ['PDF/A-3b', 'PDF/UA-1', 'PDF 1.7'] as const
export type Standard = (typeof standards)[number]

/** Takes down what a rule sees. */
export type Look = {
  /** One more thing of the kind that the rule is about. */
  saw(): void
  /** One that breaks the rule; `object` is the number of the indirect object that holds it. */
  fault(object: number | null, what: string): void
  /** Something that the rule is about, but that is not understood here. */
  unchecked(why: string): void
}

/** One requirement that a machine can check. */
export type Rule<Of = PdfSubject> = {
  readonly id: string
  /** Where each standard says so: clauses, and failure conditions of the Matterhorn Protocol 1.1 behind them. */
  readonly clauses: { readonly [standard in Standard]?: string }
  /** What must hold, as a sentence. */
  readonly says: string
  readonly check: (subject: Of, look: Look) => void
}

export type Fault = { readonly object: number | null; readonly what: string }

/** What became of a rule: `passed` says that everything of its kind was understood and held. */
export type RuleResult = {
  readonly id: string
  readonly clauses: Rule['clauses']
  readonly says: string
  readonly result: 'passed' | 'failed' | 'not-checked'
  /** How many things the rule was applied to; a rule about what the file does not have passes with 0. */
  readonly examined: number
  /** How many faults there are; the list is cut off at 20. */
  readonly faultCount: number
  readonly faults: readonly Fault[]
  readonly unchecked: readonly string[]
}

const mostFaults = 20

/** Applies a rule. */
export function applyRule<Of>({ id, clauses, says, check }: Rule<Of>, subject: Of): RuleResult {
  let examined = 0
  let faultCount = 0
  const faults: Fault[] = []
  const unchecked = new Set<string>()
  try {
    check(subject, {
      saw: () => void examined++,
      fault: (object, what) => {
        faultCount++
        if (faults.length < mostFaults) faults.push({ object, what })
      },
      unchecked: (why) => void unchecked.add(why),
    })
  } catch (error) {
    // References in a circle and the like come to light where somebody follows them.
    if (!(error instanceof PdfError)) throw error
    unchecked.add(error.message)
  }
  const result = faultCount > 0 ? 'failed' : unchecked.size > 0 ? 'not-checked' : 'passed'
  return { id, clauses, says, result, examined, faultCount, faults, unchecked: [...unchecked] }
}

/** The result of a rule that could not be applied. */
export function notApplied({ id, clauses, says }: Omit<Rule<never>, 'check'>, why: string): RuleResult {
  return { id, clauses, says, result: 'not-checked', examined: 0, faultCount: 0, faults: [], unchecked: [why] }
}
