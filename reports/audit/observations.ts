import type { Decision } from '../../src/model/finding.ts'
import type { Json } from '../../src/model/json.ts'
import type { ObservationRow, ObservationTable } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import type { Dates } from './dates.ts'
import { entryNumber } from './evidence.ts'
import { factColumns, factName, factText } from './facts.ts'
import { outcomeChips } from './wording.ts'

/** Characters that a row's cell holds well; what is longer gets the table's whole width. */
const longest = { reason: 150, list: 60, subject: 24 }
/** Beside a column of subjects there is room for so many columns of facts. */
const columnsBesideSubjects = 3

/**
 * The observations that decided, by subject, failing ones first as the finding orders them; null where there are none. A
 * single one whose reason has been told above does not say it again, and what all rows share is said once.
 */
export function observationTable(
  { dates, erased }: Context,
  decisions: readonly Decision[],
  told = '',
): ObservationTable | null {
  const [first] = decisions
  if (!first) return null
  const ordered = [...Map.groupBy(decisions, ({ subject }) => subject).values()].flat()
  const { shared, short } = withoutShared([...new Set(ordered.map(({ subject }) => subject))])
  const subjects = short !== null
  const candidates = factColumns(
    decisions.map(({ facts }) => facts),
    dates,
  )
  const columns = subjects && (candidates?.length ?? 0) > columnsBesideSubjects ? undefined : candidates
  const days = new Set(decisions.map(({ collected }) => dates.day(collected)))
  const collected = days.size === 1 ? dates.day(first.collected) : null
  const repeats = (decision: Decision, above: Decision | undefined) =>
    above?.reason === decision.reason || (decisions.length === 1 && told.includes(decision.reason))
  return {
    shared,
    subjects,
    long: [...(short?.values() ?? [])].some((subject) => subject.length > longest.subject),
    collected,
    span: Math.max(1, columns?.length ?? 1) + (subjects ? 1 : 0) + (collected === null ? 3 : 2),
    columns: columns?.map(factName) ?? [],
    rows: ordered.map((decision, index) => {
      const above = ordered[index - 1]
      const subject = short?.get(decision.subject) ?? null
      const repeated = above?.subject === decision.subject
      return row(decision, {
        subject,
        repeated,
        columns,
        dates,
        erased: erased.has(decision.entry),
        reason: repeats(decision, above) ? null : decision.reason,
      })
    }),
  }
}

type Shown = {
  readonly subject: string | null
  readonly repeated: boolean
  readonly columns: readonly string[] | undefined
  readonly dates: Dates
  readonly erased: boolean
  readonly reason: string | null
}

function row(decision: Decision, { subject, repeated, columns, dates, erased, reason }: Shown): ObservationRow {
  const facts = Object.entries(decision.facts)
  const long = (value: Json) => Array.isArray(value) && factText(value, dates).length > longest.list
  const wide = reason !== null && reason.length > longest.reason
  return {
    subject,
    repeated,
    cells: columns?.map((name) => factText(decision.facts[name] ?? null, dates)) ?? [],
    pairs: columns
      ? []
      : facts
          .filter(([, value]) => !long(value))
          .map(([name, value]) => ({ name: factName(name), value: factText(value, dates) })),
    result: outcomeChips[decision.outcome],
    reason: reason === null || wide ? null : dates.sentence(reason),
    detail: wide ? dates.sentence(reason) : null,
    lists: columns
      ? []
      : facts.flatMap(([name, value]) =>
          Array.isArray(value) && long(value)
            ? [{ name: factName(name), items: value.map((item: Json) => factText(item, dates)) }]
            : [],
        ),
    collected: dates.day(decision.collected),
    evidence: entryNumber(decision.entry),
    erased,
    href: `#evidence-${decision.entry}`,
  }
}

const place = /^([A-Z]+ )?([a-z][a-z0-9+.-]*:\/\/[^/?#]+)(.*)$/

/**
 * What a table's subjects have in common and what is left of each: all of it where there is one, the origin where all are
 * URLs of the same server.
 */
function withoutShared(subjects: readonly string[]): {
  readonly shared: string | null
  readonly short: ReadonlyMap<string, string> | null
} {
  if (subjects.length === 1) return { shared: subjects[0] ?? null, short: null }
  const parts = subjects.map((subject) => place.exec(subject))
  const origin = parts[0]?.[2]
  if (origin === undefined || parts.some((part) => part?.[2] !== origin)) {
    return { shared: null, short: new Map(subjects.map((subject) => [subject, subject])) }
  }
  const short = parts.map((part) => `${part?.[1] ?? ''}${part?.[3] || '/'}`)
  return { shared: origin, short: new Map(subjects.map((subject, index) => [subject, short[index] ?? subject])) }
}
