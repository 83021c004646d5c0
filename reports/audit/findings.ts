import { levels, type Objective, objectives } from '../../src/model/control.ts'
import type { Finding, Standing } from '../../src/model/finding.ts'
import type { Findings, FindingsOfObjective, Heading } from '../../src/render/document.ts'
import { anchor, type Context } from './context.ts'
import { closedFinding, compactFinding, fullFinding } from './finding.ts'
import { counted, objectiveTitles, riskChip, standingChips } from './wording.ts'

/** Standings that are told in full, in the order in which a reader needs them. */
const fullStandings: readonly Standing[] = ['not-satisfied', 'excepted', 'undetermined']

/** Standings that are told as rows: nothing has to be done about them. */
const compactStandings: readonly Standing[] = ['satisfied', 'not-applicable']

/** Every finding of the assessment: what needs action in full, what holds as rows; nothing is dropped. */
export function findings(context: Context, heading: Heading): Findings {
  const { assessment, dates } = context
  const open = assessment.findings
    .filter((finding) => finding.standing === 'not-satisfied' || finding.standing === 'excepted')
    .toSorted(byUrgency)
  return {
    heading,
    intro: counted(assessment.findings.length, 'finding'),
    register: open.map((finding) => ({
      href: `#${anchor('finding', finding.id)}`,
      control: finding.control,
      title: context.control(finding.control)?.title ?? '',
      component: context.component(finding.component),
      risk: riskChip(finding.risk.level),
      since: finding.firstFailed ? dates.day(finding.firstFailed) : '–',
      state: standingChips[finding.standing],
    })),
    objectives: objectives
      .map((objective) => ofObjective(context, objective))
      .filter((group) => group.full.length + group.closed.length + group.compact.length > 0),
  }
}

/** Not satisfied before excepted before undetermined, then the higher risk, then by control and component. */
export function byUrgency(a: Finding, b: Finding): number {
  return (
    fullStandings.indexOf(a.standing) - fullStandings.indexOf(b.standing) ||
    levels.indexOf(b.risk.level) - levels.indexOf(a.risk.level) ||
    score(b) - score(a) ||
    a.id.localeCompare(b.id)
  )
}

function score({ risk }: Finding): number {
  return levels.indexOf(risk.likelihood) + levels.indexOf(risk.impact)
}

function ofObjective(context: Context, objective: Objective): FindingsOfObjective {
  const own = context.assessment.findings.filter((finding) => objectiveOf(context, finding) === objective)
  const full = own.filter((finding) => fullStandings.includes(finding.standing)).toSorted(byUrgency)
  const closed = own.filter((finding) => finding.standing === 'closed').toSorted(byId)
  return {
    id: `objective-${objective}`,
    title: objectiveTitles[objective],
    tally: tallyText(own),
    full: [...Map.groupBy(full, (finding) => finding.control).values()].flatMap(([first, ...others]) =>
      first ? [fullFinding(context, [first, ...others])] : [],
    ),
    closed: closed.map((finding) => closedFinding(context, finding)),
    compact: compactStandings.flatMap((standing) => compactTable(context, own, standing)),
  }
}

function compactTable(context: Context, own: readonly Finding[], standing: Standing): FindingsOfObjective['compact'] {
  const rows = own.filter((finding) => finding.standing === standing).toSorted(byId)
  if (rows.length === 0) return []
  return [
    {
      state: standingChips[standing],
      count: counted(rows.length, 'finding'),
      controls: [...Map.groupBy(rows, (finding) => finding.control)].map(([control, group]) => ({
        control,
        title: context.control(control)?.title ?? '',
        findings: group.map((finding) => compactFinding(context, finding)),
      })),
    },
  ]
}

/** A finding whose control left the catalogue still belongs somewhere: under the first objective. */
function objectiveOf(context: Context, finding: Finding): Objective {
  return context.control(finding.control)?.objective ?? 'confidentiality'
}

function byId(a: Finding, b: Finding): number {
  return a.id.localeCompare(b.id)
}

const tallyWords: readonly (readonly [Standing, string])[] = [
  ['not-satisfied', 'not satisfied'],
  ['excepted', 'excepted'],
  ['undetermined', 'undetermined'],
  ['closed', 'closed within the period'],
  ['satisfied', 'satisfied'],
  ['not-applicable', 'not applicable'],
]

function tallyText(own: readonly Finding[]): string {
  const parts = tallyWords
    .map(([standing, text]) => [own.filter((finding) => finding.standing === standing).length, text] as const)
    .filter(([count]) => count > 0)
    .map(([count, text]) => `${count} ${text}`)
  return `${counted(own.length, 'finding')}: ${parts.join(', ')}`
}
