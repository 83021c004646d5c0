import type { Decision, Standing } from '../../src/model/finding.ts'
import type { ChartTone } from '../../src/render/chart.ts'
import type { Context } from './context.ts'

/**
 * What the judgement says of a ledger entry, as a colour: the worst decision on it that read one of the named facts, or
 * any fact where none is named; `empty` where no rule did.
 */
export type JudgedTone = (entry: number, facts?: readonly string[]) => ChartTone

const grave: readonly ChartTone[] = ['empty', 'good', 'none', 'warn', 'bad']

/** Looks colours up in the findings, so that a picture never judges by itself. */
export function judgedTones({ assessment }: Context): JudgedTone {
  const judged = assessment.findings.flatMap(({ standing, decisions }) =>
    decisions.map((decision) => ({ decision, tone: toneOf(decision, standing) })),
  )
  const byEntry = Map.groupBy(judged, ({ decision }) => decision.entry)
  return (entry, facts) =>
    (byEntry.get(entry) ?? [])
      .filter(({ decision }) => !facts || facts.some((name) => name in decision.facts))
      .reduce<ChartTone>((worst, { tone }) => (grave.indexOf(tone) > grave.indexOf(worst) ? tone : worst), 'empty')
}

function toneOf({ outcome }: Decision, standing: Standing): ChartTone {
  switch (outcome) {
    case 'satisfied':
      return 'good'
    case 'not-satisfied':
      return standing === 'excepted' ? 'warn' : 'bad'
    case 'error':
    case 'not-measured':
      return 'none'
    case 'not-applicable':
      return 'empty'
    default:
      return outcome satisfies never
  }
}
