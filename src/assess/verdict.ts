import type { Control } from '../model/control.ts'
import type { Entry, Observation } from '../model/evidence.ts'
import type { Decision, Outcome } from '../model/finding.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { instant } from '../model/time.ts'
import type { Judged } from './compiled-rule.ts'
import { capital, inWords, sentence } from './sentence.ts'

/** What a rule can judge: a ledger entry, or an observation that is in no ledger yet. */
export type Judgeable = Pick<Observation, 'kind' | 'subject' | 'facts'> &
  Partial<Pick<Entry, 'sequence' | 'target' | 'collector' | 'methods' | 'collected' | 'artefacts'>>

/** What the observations of one collection come to under one control. */
export type Verdict = {
  readonly outcome: Outcome
  readonly reason: string
  /** One for each observation that the rule speaks about, those that decided first. */
  readonly decisions: readonly Decision[]
}

/** Stands in where an observation has no moment of collection, as in a control's own examples. */
export const undated = instant('2026-01-01T00:00:00.000Z')

/** From worst to best. */
export const outcomeRank: readonly Outcome[] = ['not-satisfied', 'error', 'not-measured', 'satisfied', 'not-applicable']

/**
 * The outcome of one collection from its single outcomes, by the rule's quantifier. `broken`: the collection failed or
 * was interrupted, so that only what already fails a rule over every observation can be concluded.
 */
export function outcomeOf(control: Control, outcomes: readonly Outcome[], broken: boolean): Outcome {
  const every = control.rule.quantifier === 'every'
  if (every && outcomes.includes('not-satisfied')) return 'not-satisfied'
  if (broken) return 'error'
  if (!every && outcomes.includes('satisfied')) return 'satisfied'
  if (outcomes.includes('error')) return 'error'
  if (outcomes.includes('not-measured')) return 'not-measured'
  if (outcomes.includes('not-satisfied')) return 'not-satisfied'
  return outcomes.length > 0 ? 'satisfied' : control.rule.absent
}

/** The judgements of one collection as a verdict. */
export function combine(
  control: Control,
  judged: readonly { readonly observation: Judgeable; readonly judged: Judged }[],
  observations: readonly Judgeable[],
): Verdict {
  const failed = observations.find(({ kind }) => kind === 'collection.failed')
  const outcome = outcomeOf(
    control,
    judged.map((each) => each.judged.outcome),
    failed !== undefined,
  )
  const deciding = judged.filter((each) => each.judged.outcome === outcome)
  const others = outcomeRank
    .filter((other) => other !== outcome)
    .flatMap((other) => judged.filter((each) => each.judged.outcome === other))
  const failure = failed && outcome === 'error' ? [{ observation: failed, judged: failureOf(failed) }] : []
  if (judged.length === 0 && failure.length === 0) return absent(control, observations)
  const decisions = [...failure, ...deciding, ...others].map((each) => decisionOf(each.observation, each.judged))
  return { outcome, reason: failure[0]?.judged.reason ?? together(deciding.map((each) => each.judged)), decisions }
}

/** The reasons of a group of judgements as one or two sentences. */
export function together(group: readonly Judged[]): string {
  const reasons = [...new Set(group.map(({ reason }) => reason))]
  if (reasons.length < 3) return reasons.join(' ')
  return `${reasons[0]} ${capital(inWords(reasons.length - 1))} more observations say the like.`
}

/** Why a rule finds nothing to judge in a completed collection. */
export function absenceOf(control: Control, observations: readonly Judgeable[]): string {
  const { kind } = control.rule
  const seen = observations.some((each) => each.kind === kind)
  const what = seen ? `None of the ${kind} observations is one that the rule speaks about` : `No ${kind} was observed`
  return [
    sentence(what),
    ...leftOut(
      kind,
      observations.find((each) => each.kind === 'collection.completed'),
    ),
  ].join(' ')
}

/** A judged observation as a decision. */
export function decisionOf(observation: Judgeable, judged: Judged, part?: string): Decision {
  return {
    entry: observation.sequence ?? -1,
    kind: observation.kind,
    subject: observation.subject,
    ...(part === undefined ? {} : { part }),
    target: observation.target ?? '',
    ...(observation.collector ? { collector: observation.collector } : {}),
    methods: observation.methods ?? [],
    collected: observation.collected ?? undated,
    outcome: judged.outcome,
    facts: judged.facts,
    reason: judged.reason,
    artefacts: observation.artefacts ?? [],
  }
}

/** What a `collection.failed` entry says, as a judgement. */
export function failureOf({ subject, facts }: Pick<Judgeable, 'subject' | 'facts'>): Judged {
  const message = typeof facts.message === 'string' ? facts.message : 'it did not say why'
  const known = Object.entries(facts).filter(([name]) => name === 'code' || name === 'message')
  return {
    outcome: 'error',
    reason: sentence(`The collection of ${subject} failed: ${message}`),
    facts: Object.fromEntries(known),
  }
}

function absent(control: Control, observations: readonly Judgeable[]): Verdict {
  const outcome = control.rule.absent
  const reason = absenceOf(control, observations)
  const completed = observations.find(({ kind }) => kind === 'collection.completed')
  return { outcome, reason, decisions: completed ? [decisionOf(completed, { outcome, reason, facts: {} })] : [] }
}

/** Probes that the permitted safety class or the budget left out explain what is not there of a kind. */
function leftOut(kind: string, completed: Judgeable | undefined): readonly string[] {
  const list = completed?.facts.leftOut
  if (!Array.isArray(list) || list.length === 0) return []
  const probes = (list as readonly Json[]).flatMap((each) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return []
    const { probe, reason, kind: only } = each as JsonObject
    if (typeof only === 'string' && only !== kind) return []
    return [`${String(probe ?? 'a probe')} (${String(reason ?? 'no reason given')})`]
  })
  return probes.length === 0 ? [] : [sentence(`Left out: ${probes.join('; ')}`)]
}
