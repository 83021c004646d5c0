import type { Decision, Finding } from '../../src/model/finding.ts'
import type { Chip, ClosedFinding, CompactFinding, FullFinding, ObservationTable } from '../../src/render/document.ts'
import { anchor, type Context, referencePairs } from './context.ts'
import { entryNumber, evidenceLinks } from './evidence.ts'
import { factColumns, factName, factText } from './facts.ts'
import { historyNote, historyStrip } from './history.ts'
import { freshnessTexts, outcomeChips, standingChips } from './wording.ts'

/** A finding told in full: what was asked, what was seen, why it matters, what to do, how to see it again. */
export function fullFinding(context: Context, finding: Finding): FullFinding {
  const control = context.control(finding.control)
  const { likelihood, impact, level } = finding.risk
  return {
    id: anchor('finding', finding.id),
    tone: standingChips[finding.standing].tone,
    control: finding.control,
    title: control?.title ?? 'A control that the catalogue does not have',
    component: context.component(finding.component),
    chips: chips(context, finding),
    risk: `${level} risk: likelihood ${likelihood}, impact ${impact}`,
    statement: control?.statement ?? '',
    reason: finding.reason,
    observations: table(context, finding.decisions),
    healed: table(context, finding.healed),
    why: control?.risk.why ?? '',
    remediation: control?.remediation ?? '',
    references: control ? referencePairs(control) : [],
    reperform: finding.reperform,
    exception: exceptionText(context, finding),
    history: historyStrip(context, finding),
    historyNote: historyNote(context, finding),
  }
}

/** A finding that failed within the period and holds again at its end. */
export function closedFinding(context: Context, finding: Finding): ClosedFinding {
  const { dates } = context
  const { firstFailed, lastFailed } = finding
  return {
    id: anchor('finding', finding.id),
    control: finding.control,
    title: context.control(finding.control)?.title ?? '',
    component: context.component(finding.component),
    reason: finding.reason,
    failed:
      firstFailed && lastFailed
        ? dates.day(firstFailed) === dates.day(lastFailed)
          ? `Failed on ${dates.day(firstFailed)}`
          : `Failed from ${dates.day(firstFailed)} to ${dates.day(lastFailed)}`
        : 'Failed within the period',
    evidence: evidenceLinks([...finding.healed, ...finding.decisions]),
    history: historyStrip(context, finding),
  }
}

/** A finding that holds or does not apply, as one row. */
export function compactFinding(context: Context, finding: Finding): CompactFinding {
  const { expected, collected } = finding.coverage
  return {
    id: anchor('finding', finding.id),
    component: context.component(finding.component),
    state: standingChips[finding.standing],
    reason: finding.reason,
    collections: expected > 0 ? `${collected} / ${expected}` : String(collected),
    evidence: evidenceLinks(finding.decisions),
  }
}

function chips(context: Context, finding: Finding): readonly Chip[] {
  return [outcomeChips[finding.outcome], freshnessChip(finding), dispositionChip(context, finding)]
}

function freshnessChip({ freshness }: Finding): Chip {
  return { tone: freshness === 'fresh' ? 'plain' : 'none', text: freshnessTexts[freshness] }
}

function dispositionChip({ dates }: Context, { disposition, exception }: Finding): Chip {
  if (disposition !== 'excepted') return { tone: 'plain', text: disposition }
  return { tone: 'warn', text: exception ? `excepted until ${dates.day(exception.expiresOn)}` : 'excepted' }
}

function exceptionText({ dates }: Context, { exception }: Finding): string | null {
  if (!exception) return null
  const until = dates.day(exception.expiresOn)
  switch (exception.state) {
    case 'active':
      return `${exception.id}, approved by ${exception.approver}, accepts this finding until ${until}. The outcome stays as it is. ${exception.reason}`
    case 'expired':
      return `${exception.id} accepted this finding until ${until}. It has expired and counts as none.`
    case 'not-yet':
    case 'unused':
      return null
    default:
      return exception.state satisfies never
  }
}

/** The observations that decided; failing ones come first, as the finding orders them. */
function table({ dates }: Context, decisions: readonly Decision[]): ObservationTable | null {
  if (decisions.length === 0) return null
  const columns = factColumns(
    decisions.map((decision) => decision.facts),
    dates,
  )
  return {
    columns: columns?.map(factName) ?? [],
    rows: decisions.map((decision, index) => ({
      subject: decision.subject,
      cells: columns?.map((name) => factText(decision.facts[name] ?? null, dates)) ?? [],
      pairs: columns
        ? []
        : Object.entries(decision.facts).map(([name, value]) => ({
            name: factName(name),
            value: factText(value, dates),
          })),
      result: outcomeChips[decision.outcome],
      reason: decisions[index - 1]?.reason === decision.reason ? null : decision.reason,
      collected: dates.moment(decision.collected),
      evidence: entryNumber(decision.entry),
      href: `#evidence-${decision.entry}`,
    })),
  }
}
