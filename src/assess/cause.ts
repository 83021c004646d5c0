import type { Assessment, Change, ChangeKind, FactChange } from '../model/assessment.ts'
import type { Control, Rule } from '../model/control.ts'
import type { Decision, Finding } from '../model/finding.ts'
import type { Json } from '../model/json.ts'
import { plainText, toCel } from './cel-values.ts'
import {
  type DecisionPair,
  factsThatDecided,
  factsThatDiffer,
  outcomeUnder,
  pairDecisions,
  same,
} from './decision-pairs.ts'
import { dayInWords } from './reason.ts'
import { sentence } from './sentence.ts'

/** One finding in one period, with what it was judged by; no finding where there was none. */
export type Side = {
  readonly assessment: Assessment
  readonly finding: Finding | null
  readonly control: Control | null
  readonly timeZone: string
}

/** Why a finding moved, or what moved within it. */
export type Cause = Pick<Change, 'cause' | 'reason' | 'facts'>

/** The cause of a change: the facts, the rule, its parameters, the population, the evidence or an exception. */
export function causeOf(change: ChangeKind, before: Side, after: Side): Cause {
  if (!before.finding || !after.finding || !before.control || !after.control) return ofPopulation(before, after)
  const both = { before: { ...before, finding: before.finding }, after: { ...after, finding: after.finding } }
  switch (change) {
    case 'fixed':
    case 'regressed':
      return ofMove(both.before, both.after, before.control, after.control)
    case 'persisting':
      return ofPersisting(both.before, both.after)
    case 'new':
      return ofEvidence(both.before.finding, both.after.finding, 'before')
    case 'no-longer-measured':
      return ofEvidence(both.before.finding, both.after.finding, 'after')
    case 'unchanged':
      return { cause: 'none', reason: 'Nothing changed.', facts: [] }
    default:
      return change satisfies never
  }
}

type Found = Side & { readonly finding: Finding }

function ofMove(before: Found, after: Found, wasControl: Control, isControl: Control): Cause {
  const pairs = pairDecisions(before.finding.decisions, after.finding.decisions)
  const moved = pairs.filter((pair) => pair.before?.outcome !== pair.after?.outcome)
  const parameters = after.finding.parameters
  const ruleChanged = !sameRule(wasControl.rule, isControl.rule)
  const parametersChanged = !same(before.finding.parameters, parameters)
  if (ruleChanged || parametersChanged) {
    // Judged by what applies now, did the old facts already come to the new outcome? Then the facts moved nothing.
    const pure = moved.every(
      (pair) => pair.before && outcomeUnder(isControl, parameters, pair.before) === pair.after?.outcome,
    )
    const byRule =
      ruleChanged &&
      pairs.some(
        (pair) =>
          pair.before && outcomeUnder(isControl, before.finding.parameters, pair.before) !== pair.before.outcome,
      )
    if (pure && (byRule || !parametersChanged))
      return {
        cause: 'rule',
        reason: 'The rule changed; the facts that it is judged by would have led there before.',
        facts: [],
      }
    if (pure) return { cause: 'parameters', reason: parameterSentence(before.finding, after.finding), facts: [] }
  }
  const facts = moved.flatMap((pair) => factsThatDecided(pair, isControl, parameters))
  const notes = [
    ...(ruleChanged ? ['The rule itself changed.'] : []),
    ...(parametersChanged ? [parameterSentence(before.finding, after.finding)] : []),
    ...collectorNotes(pairs),
  ]
  if (facts.length > 0) return { cause: 'target', reason: [factSentence(facts), ...notes].join(' '), facts }
  if (ruleChanged) return { cause: 'rule', reason: notes.join(' '), facts: [] }
  const gone = moved.filter((pair) => !pair.after).flatMap((pair) => pair.before ?? [])
  const come = moved.filter((pair) => !pair.before).flatMap((pair) => pair.after ?? [])
  if (gone.length + come.length > 0)
    return { cause: 'population', reason: [subjectSentence(gone, come), ...notes].join(' '), facts: [] }
  if (parametersChanged) return { cause: 'parameters', reason: notes.join(' '), facts: [] }
  return { cause: 'evidence', reason: sentence(after.finding.reason), facts: [] }
}

function ofPersisting(before: Found, after: Found): Cause {
  const pairs = pairDecisions(before.finding.decisions, after.finding.decisions)
  const failing = pairs.filter((pair) => fails(pair.before) || fails(pair.after))
  const facts = failing.flatMap(factsThatDiffer)
  const [was, is] = [before.finding, after.finding]
  const acceptance = exceptionSentence(was, is, after.timeZone)
  const reason = [
    acceptance,
    facts.length > 0 ? `It still fails, but the facts changed: ${lowerFirst(factSentence(facts))}` : '',
    ...collectorNotes(pairs),
  ]
    .filter((part) => part !== '')
    .join(' ')
  if (acceptance !== '') return { cause: 'exception', reason, facts }
  if (facts.length > 0) return { cause: 'target', reason, facts }
  return { cause: 'none', reason: 'It fails as before.', facts: [] }
}

function ofPopulation(before: Side, after: Side): Cause {
  const [from, to] = before.finding ? [before, after] : [after, before]
  const { control = '', component = '' } = from.finding ?? {}
  const gone = from === before
  const known = to.assessment.controls.some(({ id }) => id === control)
  if (!known) {
    const reason = gone
      ? `Control ${control} is no longer in the catalogue.`
      : `Control ${control} is new in the catalogue.`
    return { cause: 'rule', reason, facts: [] }
  }
  const [system] = component.split('/')
  const said = to.assessment.unmeasured.find((each) => each.control === control && each.system === system)?.reason
  const because = said ? ` ${sentence(said)}` : ''
  const reason = gone
    ? `No target of ${component} feeds this control any more.${because}`
    : `A target of ${component} feeds this control for the first time.`
  return { cause: 'population', reason, facts: [] }
}

/** One of the two periods says nothing for certain: its own reason explains why. */
function ofEvidence(before: Finding, after: Finding, silent: 'before' | 'after'): Cause {
  const one = silent === 'before' ? before : after
  const cause = one.outcome === 'not-applicable' && one.decisions.length === 0 ? 'population' : 'evidence'
  const when = silent === 'before' ? 'Not determined in the period before' : 'No longer determined'
  const now = silent === 'before' ? ` Now: ${after.reason}` : ''
  return { cause, reason: `${when}: ${one.reason}${now}`, facts: [] }
}

function sameRule(a: Rule, b: Rule): boolean {
  return same(comparable(a), comparable(b))
}

/** What of a rule decides; its sentences do not. */
function comparable({ kind, where, undetermined, expect, quantifier, absent }: Rule): Json {
  return [kind, where ?? null, undetermined ?? null, expect, quantifier, absent]
}

function fails(decision: Decision | null): boolean {
  return decision?.outcome === 'not-satisfied'
}

function factSentence(facts: readonly FactChange[]): string {
  const each = facts.map(
    ({ subject, part, path, before, after }) =>
      `${path} of ${subject}${part === undefined ? '' : ` (${part})`} was ${words(before)} and is ${words(after)}`,
  )
  return sentence(each.join('; '))
}

function words(value: Json | null): string {
  return plainText(toCel(value))
}

function subjectSentence(gone: readonly Decision[], come: readonly Decision[]): string {
  const names = (list: readonly Decision[]): string =>
    [...new Set(list.map(({ subject, part }) => `${subject}${part === undefined ? '' : ` (${part})`}`))].join(', ')
  return [
    gone.length > 0 ? sentence(`No longer observed: ${names(gone)}`) : '',
    come.length > 0 ? sentence(`Observed for the first time: ${names(come)}`) : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}

function parameterSentence(before: Finding, after: Finding): string {
  const names = [...new Set([...Object.keys(before.parameters), ...Object.keys(after.parameters)])]
  const changed = names.filter((name) => !same(before.parameters[name] ?? null, after.parameters[name] ?? null))
  const each = changed.map(
    (name) => `${name} was ${words(before.parameters[name] ?? null)} and is ${words(after.parameters[name] ?? null)}`,
  )
  return sentence(`The parameters changed: ${each.join('; ')}`)
}

function collectorNotes(pairs: readonly DecisionPair[]): readonly string[] {
  const notes = pairs.flatMap(({ before, after }) => {
    const [was, is] = [before?.collector, after?.collector]
    if (!was || !is || was.id !== is.id || was.version === is.version) return []
    return [`Collector ${is.id} went from version ${was.version} to ${is.version}, so facts may differ in meaning.`]
  })
  return [...new Set(notes)]
}

function exceptionSentence(before: Finding, after: Finding, timeZone: string): string {
  if (before.disposition === 'excepted' && after.disposition !== 'excepted') {
    const { exception } = before
    return exception
      ? `Exception ${exception.id}, until ${dayInWords(exception.expiresOn, timeZone)}, no longer covers it.`
      : ''
  }
  if (before.disposition !== 'excepted' && after.disposition === 'excepted') {
    const { exception } = after
    return exception
      ? `Accepted since, until ${dayInWords(exception.expiresOn, timeZone)}, by ${exception.approver} (${exception.id}).`
      : ''
  }
  return ''
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
