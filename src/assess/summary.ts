import type { Assessment, Tally } from '../model/assessment.ts'
import { type Objective, objectives } from '../model/control.ts'
import { type Finding, type Standing, standings } from '../model/finding.ts'
import { capital, inWords } from './sentence.ts'

/** How many controls or findings stand how. */
export type Counts = {
  readonly total: number
  /** Satisfied, or failed earlier and closed. */
  readonly held: number
  readonly notSatisfied: number
  readonly excepted: number
  readonly undetermined: number
  readonly notApplicable: number
}

/** An assessment in figures and one sentence. A control stands as its worst finding does. */
export type Summary = {
  /** `failed`: something is open; `undetermined`: nothing is open, but something is not known. */
  readonly verdict: 'held' | 'failed' | 'undetermined' | 'empty'
  readonly sentence: string
  readonly controls: Counts
  readonly findings: Counts
  readonly objectives: { readonly [objective in Objective]: Counts }
  /** Share of the expected collections that were made, 0 to 1; null where none was expected. */
  readonly coverage: number | null
}

/** From worst to best. */
const order: readonly Standing[] = [
  'not-satisfied',
  'undetermined',
  'excepted',
  'closed',
  'satisfied',
  'not-applicable',
]

/** The counts and the lead sentence that every view of an assessment begins with. */
export function summarise(assessment: Assessment): Summary {
  const byControl = standingByControl(assessment.findings)
  const controls = countsOf([...byControl.values()])
  const ofObjective = (objective: Objective): Counts =>
    countsOf(
      assessment.controls
        .filter((control) => control.objective === objective)
        .flatMap(({ id }) => byControl.get(id) ?? []),
    )
  const { expected, collected } = assessment.coverage
  return {
    verdict: verdictOf(controls),
    sentence: leadSentence(controls, assessment),
    controls,
    findings: countsOf(assessment.findings.map(({ standing }) => standing)),
    objectives: Object.fromEntries(objectives.map((each) => [each, ofObjective(each)])) as Summary['objectives'],
    coverage: expected === 0 ? null : collected / expected,
  }
}

/** How many findings stand how. */
export function tallyOf(findings: readonly Finding[]): Tally {
  const count = (standing: Standing): number => findings.filter((finding) => finding.standing === standing).length
  return Object.fromEntries(standings.map((standing) => [standing, count(standing)])) as Tally
}

function standingByControl(findings: readonly Finding[]): ReadonlyMap<string, Standing> {
  const worst = new Map<string, Standing>()
  for (const { control, standing } of findings) {
    const known = worst.get(control)
    if (!known || order.indexOf(standing) < order.indexOf(known)) worst.set(control, standing)
  }
  return worst
}

function countsOf(list: readonly Standing[]): Counts {
  const count = (...which: readonly Standing[]): number => list.filter((standing) => which.includes(standing)).length
  return {
    total: list.length,
    held: count('satisfied', 'closed'),
    notSatisfied: count('not-satisfied'),
    excepted: count('excepted'),
    undetermined: count('undetermined'),
    notApplicable: count('not-applicable'),
  }
}

function verdictOf(controls: Counts): Summary['verdict'] {
  if (controls.notSatisfied > 0) return 'failed'
  if (controls.undetermined > 0) return 'undetermined'
  return controls.held + controls.excepted > 0 ? 'held' : 'empty'
}

function leadSentence(controls: Counts, assessment: Assessment): string {
  const applying = controls.total - controls.notApplicable
  if (applying === 0) return 'No control was measured.'
  const rest = [
    controls.notSatisfied > 0 ? `${inWords(controls.notSatisfied)} did not${highRisks(controls, assessment)}` : '',
    controls.excepted > 0
      ? `${wasWere(controls.excepted)} accepted as ${controls.excepted === 1 ? 'an exception' : 'exceptions'}`
      : '',
    controls.undetermined > 0 ? `${inWords(controls.undetermined)} could not be determined` : '',
  ].filter((part) => part !== '')
  const held = `${heldOf(controls.held, applying)} held`
  const after = assessment.asOf < assessment.period.to ? ' so far' : ''
  const tail = rest.length === 0 ? '' : ` ${capital(listed(rest))}.`
  return `${held}${after}.${tail}`
}

function heldOf(held: number, applying: number): string {
  if (held === 0) return 'No control'
  if (held < applying) return `${capital(inWords(held))} of ${inWords(applying)} controls`
  if (applying === 1) return 'The one control'
  return applying === 2 ? 'Both controls' : `All ${inWords(applying)} controls`
}

function wasWere(count: number): string {
  return `${inWords(count)} ${count === 1 ? 'was' : 'were'}`
}

function highRisks({ notSatisfied }: Counts, { findings }: Assessment): string {
  const high = new Set(
    findings
      .filter(({ standing, risk }) => standing === 'not-satisfied' && risk.level === 'high')
      .map(({ control }) => control),
  ).size
  if (high === 0) return ''
  if (high === notSatisfied) return notSatisfied === 1 ? ', at high risk' : ', all of them at high risk'
  return `, ${inWords(high)} of them at high risk`
}

function listed(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('')
  // The parts hold commas of their own.
  return `${parts.slice(0, -1).join('; ')}; and ${parts.at(-1)}`
}
