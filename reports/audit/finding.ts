import type { Finding } from '../../src/model/finding.ts'
import type { Chip, ClosedFinding, CompactFinding, FullComponent, FullFinding } from '../../src/render/document.ts'
import { anchor, type Context, referencePairs } from './context.ts'
import { evidenceLinks } from './evidence.ts'
import { historyNote, historyStrip } from './history.ts'
import { observationTable } from './observations.ts'
import { freshnessTexts, outcomeChips, standingChips } from './wording.ts'

/**
 * A control told in full: what was asked, why it matters, what to do, once; what was seen and how to see it again for each
 * component. `findings` are of one control, the most urgent first.
 */
export function fullFinding(context: Context, findings: readonly [Finding, ...Finding[]]): FullFinding {
  const [first] = findings
  const control = context.control(first.control)
  const risks = new Set(findings.map(riskText))
  return {
    tone: standingChips[first.standing].tone,
    control: first.control,
    title: control?.title ?? 'A control that the catalogue does not have',
    risk: risks.size === 1 ? riskText(first) : null,
    statement: control?.statement ?? '',
    why: control?.risk.why ?? '',
    remediation: control?.remediation ?? '',
    references: control ? referencePairs(control) : [],
    components: findings.map((finding) => ({
      ...fullComponent(context, finding),
      risk: risks.size === 1 ? null : riskText(finding),
    })),
    reperform: commandsOf(context, findings),
  }
}

function riskText({ risk: { level, likelihood, impact } }: Finding): string {
  return `${level} risk: likelihood ${likelihood}, impact ${impact}`
}

function fullComponent(context: Context, finding: Finding): Omit<FullComponent, 'risk'> {
  return {
    id: anchor('finding', finding.id),
    component: context.component(finding.component),
    chips: chips(context, finding),
    reason: context.dates.sentence(finding.reason),
    observations: observationTable(context, finding.decisions, finding.reason),
    healed: observationTable(context, finding.healed),
    exception: exceptionText(context, finding),
    // A line of one colour says nothing that the words do not.
    history: varied(finding) ? historyStrip(context, finding) : null,
    historyNote: historyNote(context, finding),
  }
}

function varied({ history }: Finding): boolean {
  return new Set(history.map(({ outcome }) => outcome)).size > 1
}

function commandsOf(context: Context, findings: readonly Finding[]): FullFinding['reperform'] {
  const groups = Map.groupBy(
    findings.filter(({ reperform }) => reperform.length > 0),
    ({ reperform }) => reperform.join('\n'),
  )
  return [...groups.values()].map((group) => ({
    components: findings.length === 1 ? null : group.map(({ component }) => context.component(component)).join(', '),
    commands: group[0]?.reperform ?? [],
  }))
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
    reason: context.dates.sentence(finding.reason),
    failed:
      firstFailed && lastFailed
        ? dates.day(firstFailed) === dates.day(lastFailed)
          ? `Failed on ${dates.day(firstFailed)}`
          : `Failed from ${dates.day(firstFailed)} to ${dates.day(lastFailed)}`
        : 'Failed within the period',
    evidence: evidenceLinks([...finding.healed, ...finding.decisions], context.erased),
    history: historyStrip(context, finding),
  }
}

/** A finding that holds or does not apply, as one row. */
export function compactFinding(context: Context, finding: Finding): CompactFinding {
  const { expected, collected } = finding.coverage
  return {
    id: anchor('finding', finding.id),
    component: context.component(finding.component),
    reason: context.dates.sentence(finding.reason),
    collections: expected > 0 ? `${collected} / ${expected}` : String(collected),
    evidence: evidenceLinks(finding.decisions, context.erased),
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
