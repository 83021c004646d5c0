import type { Assessment, Change, ChangeKind, FactChange } from '../model/assessment.ts'
import type { Control, Rule } from '../model/control.ts'
import type { Decision, Finding } from '../model/finding.ts'
import type { Json } from '../model/json.ts'
import { plainText, toCel } from './cel-values.ts'
import { type DecisionPair, factsExpected, factsThatDecided, outcomeBy, pairDecisions, same } from './decision-pairs.ts'
import { dayInWords } from './reason.ts'
import { sentence } from './sentence.ts'

/** One finding in one period, with what it was judged by; no finding where there was none. */
export type Side = {
  readonly assessment: Assessment
  readonly finding: Finding | null
  readonly control: Control | null
}

/** Why a finding moved, or what moved within it. */
export type Cause = Pick<Change, 'cause' | 'reason' | 'facts'>

/** The cause of a change: the facts, their collector, the rule, its parameters, the population, the evidence or an exception. */
export function causeOf(change: ChangeKind, before: Side, after: Side): Cause {
  if (!isFound(before) || !isFound(after)) return ofPopulation(before, after)
  switch (change) {
    case 'fixed':
    case 'regressed':
      return ofMove(before, after)
    case 'persisting':
      return ofPersisting(before, after)
    case 'new':
      return ofEvidence(before.finding, after.finding, 'before')
    case 'no-longer-measured':
      return ofEvidence(before.finding, after.finding, 'after')
    case 'unchanged':
      return { cause: 'none', reason: 'It stands as before.', facts: [] }
    default:
      return change satisfies never
  }
}

type Found = Side & { readonly finding: Finding; readonly control: Control }

function isFound(side: Side): side is Found {
  return side.finding !== null && side.control !== null
}

function ofMove(before: Found, after: Found): Cause {
  const pairs = pairDecisions(before.finding.decisions, after.finding.decisions)
  const moved = pairs.filter((pair) => pair.before?.outcome !== pair.after?.outcome)
  const judging = judgingChanged(before, after)
  if (judging && moved.length > 0) {
    // Judged by what applies now, did the old facts already come to the new outcome? Then no fact moved anything.
    const same = moved.every(
      (pair) => pair.before && outcomeBy(after.control, after.finding.parameters, pair.before) === pair.after?.outcome,
    )
    if (same)
      return { cause: judging.cause, reason: `${judging.reason} The same facts are judged otherwise.`, facts: [] }
  }
  const facts = moved.flatMap((pair) => factsThatDecided(pair, after.control, after.finding.parameters))
  const otherCollectors = collectorNotes(moved)
  const notes = [...otherCollectors, ...(judging ? [judging.reason] : [])]
  if (facts.length > 0 && otherCollectors.length > 0) {
    return { cause: 'collector', reason: [...notes, factSentence(facts)].join(' '), facts }
  }
  if (facts.length > 0) return { cause: 'target', reason: [factSentence(facts), ...notes].join(' '), facts }
  const subjects = subjectSentence(moved)
  if (judging) return { cause: judging.cause, reason: [...notes, subjects].join(' ').trim(), facts: [] }
  if (subjects !== '') return { cause: 'population', reason: [subjects, ...notes].join(' '), facts: [] }
  return { cause: 'evidence', reason: sentence(after.finding.reason), facts: [] }
}

function ofPersisting(before: Found, after: Found): Cause {
  const pairs = pairDecisions(before.finding.decisions, after.finding.decisions)
  const failing = pairs.filter((pair) => fails(pair.before) || fails(pair.after))
  const facts = failing.flatMap((pair) => factsExpected(pair, after.control))
  const acceptance = exceptionSentence(before.finding, after.finding, after.assessment.timeZone)
  const judging = judgingChanged(before, after)
  const subjects = subjectSentence(failing)
  const changed = facts.length > 0 ? `It still fails, but the facts changed: ${factSentence(facts)}` : ''
  const otherCollectors = collectorNotes(failing)
  const parts = [acceptance, ...otherCollectors, changed, subjects, judging?.reason ?? '']
  const reason = parts.filter((part) => part !== '').join(' ')
  if (acceptance !== '') return { cause: 'exception', reason, facts }
  if (facts.length > 0) return { cause: otherCollectors.length > 0 ? 'collector' : 'target', reason, facts }
  if (subjects !== '') return { cause: 'population', reason, facts }
  if (judging) return { cause: judging.cause, reason, facts }
  return { cause: 'none', reason: 'It fails as before.', facts: [] }
}

/** Whether what a finding is judged by changed: the rule before the parameters. */
function judgingChanged(
  before: Found,
  after: Found,
): (Pick<Cause, 'reason'> & { cause: 'rule' | 'parameters' }) | null {
  const parameters = same(before.finding.parameters, after.finding.parameters)
    ? ''
    : parameterSentence(before.finding, after.finding)
  if (!same(decisive(before.control.rule), decisive(after.control.rule))) {
    return { cause: 'rule', reason: ['The rule changed.', parameters].join(' ').trim() }
  }
  return parameters === '' ? null : { cause: 'parameters', reason: parameters }
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
  const otherCollectors = collectorNotes(pairDecisions(before.decisions, after.decisions))
  const cause = one.outcome === 'not-applicable' && one.decisions.length === 0 ? 'population' : 'evidence'
  const when = silent === 'before' ? 'Not determined in the period before' : 'No longer determined'
  const now = silent === 'before' ? ` Now: ${after.reason}` : ''
  if (otherCollectors.length === 0) return { cause, reason: `${when}: ${one.reason}${now}`, facts: [] }
  return { cause: 'collector', reason: `${otherCollectors.join(' ')} ${when}: ${one.reason}${now}`, facts: [] }
}

/** What of a rule decides; its sentences do not. */
function decisive({ kind, where, undetermined, expect, quantifier, absent }: Rule): Json {
  return [kind, where ?? null, undetermined ?? null, expect, quantifier, absent]
}

function fails(decision: Decision | null): boolean {
  return decision?.outcome === 'not-satisfied'
}

function factSentence(facts: readonly FactChange[]): string {
  const each = facts.map(
    (fact) => `${fact.path} of ${nameOf(fact)} was ${words(fact.before)} and is ${words(fact.after)}`,
  )
  return sentence(each.join('; '))
}

function words(value: Json | null): string {
  return plainText(toCel(value))
}

/** What was looked at in only one of the two periods. */
function subjectSentence(pairs: readonly DecisionPair[]): string {
  const names = (list: readonly (Decision | null)[]): string =>
    [...new Set(list.flatMap((each) => (each ? nameOf(each) : [])))].join(', ')
  const gone = names(pairs.filter(({ after }) => !after).map(({ before }) => before))
  const come = names(pairs.filter(({ before }) => !before).map(({ after }) => after))
  return [
    gone === '' ? '' : sentence(`No longer observed: ${gone}`),
    come === '' ? '' : sentence(`Observed for the first time: ${come}`),
  ]
    .join(' ')
    .trim()
}

function nameOf({ subject, part }: { readonly subject: string; readonly part?: string }): string {
  return part === undefined ? subject : `${subject} (${part})`
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
