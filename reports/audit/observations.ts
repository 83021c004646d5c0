import type { Decision } from '../../src/model/finding.ts'
import type { ObservationRow, ObservationTable } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import type { Dates } from './dates.ts'
import { entryNumber } from './evidence.ts'
import { factColumns, factName, factText } from './facts.ts'
import { outcomeChips } from './wording.ts'

/** Characters of a subject that fit into a column without breaking more than once. */
const subjectWidth = 52

/** The observations that decided, by subject, failing ones first as the finding orders them; null where there are none. */
export function observationTable({ dates }: Context, decisions: readonly Decision[]): ObservationTable | null {
  const [first] = decisions
  if (!first) return null
  const bySubject = Map.groupBy(decisions, (decision) => decision.subject)
  const facts = decisions.map((decision) => decision.facts)
  const one = bySubject.size === 1
  const headed =
    !one &&
    (bySubject.size < decisions.length || [...bySubject.keys()].some((subject) => subject.length > subjectWidth))
  const columns = one || headed ? factColumns(facts, dates) : undefined
  const group = (subject: string, own: readonly Decision[]) => ({
    subject,
    rows: own.map((decision, index) => row(decision, own[index - 1], columns, dates)),
  })
  return {
    subject: one ? first.subject : null,
    headed,
    span: Math.max(1, columns?.length ?? 1) + (one || headed ? 3 : 4),
    columns: columns?.map(factName) ?? [],
    groups: [...bySubject].map(([subject, own]) => group(subject, own)),
  }
}

function row(
  decision: Decision,
  above: Decision | undefined,
  columns: readonly string[] | undefined,
  dates: Dates,
): ObservationRow {
  const pairs = Object.entries(decision.facts)
  return {
    cells: columns?.map((name) => factText(decision.facts[name] ?? null, dates)) ?? [],
    pairs: columns ? [] : pairs.map(([name, value]) => ({ name: factName(name), value: factText(value, dates) })),
    result: outcomeChips[decision.outcome],
    reason: above?.reason === decision.reason ? null : decision.reason,
    collected: dates.day(decision.collected),
    evidence: entryNumber(decision.entry),
    href: `#evidence-${decision.entry}`,
  }
}
