import type { Decision } from '../../src/model/finding.ts'
import type { ObservationRow, ObservationTable } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import type { Dates } from './dates.ts'
import { entryNumber } from './evidence.ts'
import { factColumns, factName, factText } from './facts.ts'
import { outcomeChips } from './wording.ts'

/** Characters of a subject that fit into a column. */
const subjectWidth = 26

/**
 * The observations that decided, by subject, failing ones first as the finding orders them; null where there are none. A single
 * one whose reason has been told above does not say it again.
 */
export function observationTable(
  { dates }: Context,
  decisions: readonly Decision[],
  told = '',
): ObservationTable | null {
  const [first] = decisions
  if (!first) return null
  const bySubject = Map.groupBy(decisions, (decision) => decision.subject)
  const facts = decisions.map((decision) => decision.facts)
  const one = bySubject.size === 1
  const headed =
    !one &&
    (bySubject.size < decisions.length || [...bySubject.keys()].some((subject) => subject.length > subjectWidth))
  const columns = one || headed ? factColumns(facts, dates) : undefined
  const repeats = (decision: Decision, above: Decision | undefined) =>
    above?.reason === decision.reason || (decisions.length === 1 && told.includes(decision.reason))
  const group = (subject: string, own: readonly Decision[]) => ({
    subject,
    rows: own.map((decision, index) => ({
      ...row(decision, columns, dates),
      reason: repeats(decision, own[index - 1]) ? null : decision.reason,
    })),
  })
  return {
    subject: one ? first.subject : null,
    headed,
    span: Math.max(1, columns?.length ?? 1) + (one || headed ? 3 : 4),
    columns: columns?.map(factName) ?? [],
    groups: [...bySubject].map(([subject, own]) => group(subject, own)),
  }
}

function row(decision: Decision, columns: readonly string[] | undefined, dates: Dates): Omit<ObservationRow, 'reason'> {
  const pairs = Object.entries(decision.facts)
  return {
    cells: columns?.map((name) => factText(decision.facts[name] ?? null, dates)) ?? [],
    pairs: columns ? [] : pairs.map(([name, value]) => ({ name: factName(name), value: factText(value, dates) })),
    result: outcomeChips[decision.outcome],
    collected: dates.day(decision.collected),
    evidence: entryNumber(decision.entry),
    href: `#evidence-${decision.entry}`,
  }
}
