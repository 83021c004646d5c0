import type { Assessment, ChangeKind, Comparison } from '../../src/model/assessment.ts'
import { objectives } from '../../src/model/control.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { Figure, Heading, Summary } from '../../src/render/document.ts'
import { calendarChart, calendarNote, daysWithAll, matrixChart, trendChart } from './charts.ts'
import { changeChip, changeNote } from './comparison.ts'
import { anchor, type Context } from './context.ts'
import { byUrgency } from './findings.ts'
import { capital, counted, grouped, inWords, objectiveTitles, orDash, riskChip } from './wording.ts'

const foremostShown = 3
const changesShown = 4

/** One page that says how things stand. */
export function summary(context: Context, heading: Heading, comparison: Comparison | null): Summary {
  const { assessment, dates } = context
  const open = assessment.findings.filter((finding) => finding.standing === 'not-satisfied').toSorted(byUrgency)
  const excepted = assessment.tally.excepted
  return {
    heading,
    lead: lead(context),
    figures: figures(context),
    objectives: objectives.map((objective) => objectiveRow(context, objective)).filter((row) => row !== null),
    foremost: foremost(context, open),
    matrix: matrixChart(open),
    matrixNote:
      excepted > 0
        ? `${capital(counted(open.length, 'open finding'))}. ${capital(inWords(excepted))} under an exception ${excepted === 1 ? 'is' : 'are'} not drawn.`
        : `${capital(counted(open.length, 'open finding'))}.`,
    calendar: calendarChart(assessment),
    calendarNote: calendarNote(assessment),
    trend: trendChart(assessment),
    trendNote: `${counted(assessment.trend.length, 'run')} within the period.`,
    since: {
      title: comparison ? `Since ${dates.period(comparison.before)}` : 'Since the previous period',
      changes: comparison ? shownChanges(context, comparison) : [],
      more: sinceText(comparison),
    },
  }
}

/** The controls whose open findings weigh most, each told once however many components fail it. */
function foremost(context: Context, open: readonly Finding[]): Summary['foremost'] {
  const groups = [...Map.groupBy(open, (finding) => finding.control).values()].slice(0, foremostShown)
  return groups.flatMap((group) => {
    const [finding] = group
    if (!finding) return []
    const others = group.length - 1
    return [
      {
        href: `#${anchor('finding', finding.id)}`,
        control: finding.control,
        title: context.control(finding.control)?.title ?? '',
        component: `${context.component(finding.component)}${others > 0 ? ` and ${inWords(others)} more` : ''}`,
        reason: context.dates.sentence(finding.reason),
        risk: riskChip(finding.risk.level),
      },
    ]
  })
}

function lead({ assessment: { findings, tally, unmeasured, controls, systems } }: Context): string {
  if (findings.length === 0) {
    return 'Nothing was judged in this period: the ledger holds no evidence that a control speaks about. This report says what should have been collected and was not.'
  }
  const components = systems.flatMap((system) => system.components).length
  const applicable = findings.length - tally['not-applicable']
  const held = tally.satisfied + tally.closed
  // One sentence, one way to write numbers.
  const say = [held, ...Object.values(tally)].some((count) => count > 99) ? grouped : inWords
  const sentences = [
    `${capital(counted(controls.length, 'control'))} ${controls.length === 1 ? 'was' : 'were'} judged for ${counted(components, 'component')}: ${counted(applicable, 'finding')} that ${applicable === 1 ? 'applies' : 'apply'}.`,
    held === applicable
      ? applicable === 1
        ? 'It is satisfied at the end of the period.'
        : 'All of them are satisfied at the end of the period.'
      : `${capital(say(held))} ${held === 1 ? 'is' : 'are'} satisfied at the end of the period, ${say(tally['not-satisfied'])} ${tally['not-satisfied'] === 1 ? 'is' : 'are'} not${tail(say, tally.excepted, tally.undetermined)}.`,
  ]
  if (unmeasured.length > 0) {
    sentences.push(
      `${capital(counted(unmeasured.length, 'control'))} ${unmeasured.length === 1 ? 'is' : 'are'} measured by nothing.`,
    )
  }
  return sentences.join(' ')
}

function tail(say: (count: number) => string, excepted: number, undetermined: number): string {
  const parts = [
    ...(excepted > 0 ? [`${say(excepted)} ${excepted === 1 ? 'is' : 'are'} accepted by an exception`] : []),
    ...(undetermined > 0 ? [`${say(undetermined)} could not be determined`] : []),
  ]
  return parts.map((part, index) => `${index === parts.length - 1 ? ' and' : ','} ${part}`).join('')
}

function figures({ assessment }: Context): readonly Figure[] {
  const { tally, coverage } = assessment
  const days = daysWithAll(assessment)
  return [
    {
      tone: 'good',
      value: grouped(tally.satisfied + tally.closed),
      label: 'satisfied',
      note: tally.closed > 0 ? `${inWords(tally.closed)} of them failed within the period and hold again` : null,
    },
    {
      tone: tally['not-satisfied'] > 0 ? 'bad' : 'plain',
      value: grouped(tally['not-satisfied']),
      label: 'not satisfied',
      note: tally.excepted > 0 ? `and ${inWords(tally.excepted)} more under an exception` : null,
    },
    {
      tone: 'none',
      value: grouped(tally.undetermined),
      label: 'undetermined',
      note: tally.undetermined > 0 ? 'evidence is missing, stale or could not be judged' : null,
    },
    days.expected > 0
      ? {
          tone: 'plain',
          value: `${days.complete} / ${days.expected}`,
          label: 'days with all evidence',
          note: days.complete < days.expected ? 'each gap is explained in section 7' : null,
        }
      : {
          tone: 'plain',
          value: `${grouped(coverage.collected)} / ${grouped(coverage.expected)}`,
          label: 'collections made',
          note: unscheduledNote(coverage),
        },
  ]
}

/** What the collections are counted against where no day has its own: nothing has a schedule. */
function unscheduledNote({ collected, expected }: Assessment['coverage']): string {
  if (expected === 0) return 'none was due'
  if (collected < expected) return 'each gap is explained in section 7'
  return 'nothing is scheduled: one of each target was due'
}

function objectiveRow(context: Context, objective: (typeof objectives)[number]): Summary['objectives'][number] | null {
  const own = context.assessment.findings.filter((finding) => context.control(finding.control)?.objective === objective)
  if (own.length === 0) return null
  const count = (standing: Finding['standing']) => own.filter((finding) => finding.standing === standing).length
  const held = count('satisfied') + count('closed')
  const title = objectiveTitles[objective]
  return {
    title,
    held: orDash(held),
    not: orDash(count('not-satisfied')),
    excepted: orDash(count('excepted')),
    undetermined: orDash(count('undetermined')),
    bar: {
      kind: 'bar',
      label: `${title}: ${held} satisfied, ${count('not-satisfied')} not satisfied, ${count('excepted')} excepted, ${count('undetermined')} undetermined`,
      parts: [
        { tone: 'good', count: held },
        { tone: 'bad', count: count('not-satisfied') },
        { tone: 'warn', count: count('excepted') },
        { tone: 'none', count: count('undetermined') },
      ],
    },
  }
}

/** What a reader of the last report asks first: what is worse, what is better, what is still there. */
const order: readonly ChangeKind[] = ['regressed', 'new', 'fixed', 'persisting', 'no-longer-measured']

function shownChanges(context: Context, comparison: Comparison): Summary['since']['changes'] {
  return comparison.changes
    .filter((change) => order.includes(change.change))
    .toSorted((a, b) => order.indexOf(a.change) - order.indexOf(b.change) || a.finding.localeCompare(b.finding))
    .slice(0, changesShown)
    .map((change) => ({
      chip: changeChip(change),
      title: `${change.control} ${context.control(change.control)?.title ?? ''}`.trim(),
      component: context.component(change.component),
      note: changeNote(change),
    }))
}

function sinceText(comparison: Comparison | null): string | null {
  if (!comparison) return 'The ledger holds no earlier period to compare with.'
  const moved = comparison.changes.filter((change) => order.includes(change.change)).length
  if (moved === 0) return 'Every finding stands as it stood before.'
  return moved > changesShown ? `${capital(counted(moved - changesShown, 'further change'))} in section 6.` : null
}
