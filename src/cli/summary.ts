import { summarise } from '../assess/summary.ts'
import type { Assessment, Coverage } from '../model/assessment.ts'
import { type Objective, objectives } from '../model/control.ts'
import type { Finding } from '../model/finding.ts'
import { printable, say, sayHanging, sayText, type Tone, table, tone, width } from './terminal.ts'
import { count, standingWord } from './words.ts'

/** Objectives as people read them. */
export const objectiveNames: { readonly [objective in Objective]: string } = {
  confidentiality: 'Data confidentiality',
  integrity: 'Data integrity',
  'authentication-authorisation': 'Authentication and authorisation',
  availability: 'Availability',
  'non-repudiation': 'Non-repudiation',
}

const riskOrder = { high: 0, medium: 1, low: 2 }

/**
 * Prints how an assessment stands: one sentence, the objectives, then what is open or undetermined. `titles` leaves
 * the reasons out, `objectives` the findings.
 */
export function printSummary(assessment: Assessment, detail: 'reasons' | 'titles' | 'objectives' = 'reasons'): void {
  say(`${tone('strong', assessment.organisation)}, period ${assessment.period.id}`)
  sayText(summarise(assessment).sentence)
  say()
  say(objectiveTable(assessment))
  if (detail === 'objectives') return
  const brief = detail === 'titles'
  for (const standing of ['not-satisfied', 'excepted', 'undetermined', 'closed'] as const) {
    const chosen = assessment.findings.filter((finding) => finding.standing === standing).toSorted(byRisk)
    if (chosen.length === 0) continue
    say()
    say(`${standingWord(standing)}: ${count(chosen.length, 'finding')}, by risk`)
    const titles = new Map(assessment.controls.map(({ id, title }) => [id, title]))
    if (standing === 'undetermined' && !brief) printByReason(chosen)
    else printByControl(chosen, titles, brief)
  }
  say()
  sayText(coverageLine(assessment.coverage))
}

const columns: readonly (readonly [word: string, tone: Tone, standings: readonly Finding['standing'][]])[] = [
  ['satisfied', 'good', ['satisfied', 'closed']],
  ['not satisfied', 'bad', ['not-satisfied']],
  ['excepted', 'warn', ['excepted']],
  ['undetermined', 'none', ['undetermined']],
]

/** Findings, not controls: a control has one for each component that it applies to. */
function objectiveTable({ findings, controls }: Assessment): string {
  const of = new Map(controls.map(({ id, objective }) => [id, objective]))
  const rows = objectives.map((objective) => ({
    name: objectiveNames[objective],
    numbers: columns.map(
      ([, , standings]) =>
        findings.filter(({ control, standing }) => of.get(control) === objective && standings.includes(standing))
          .length,
    ),
  }))
  if (width() < 88) return rows.map(({ name, numbers }) => `${name}\n  ${inWords(numbers)}`).join('\n')
  const head = ['Findings by objective', ...columns.map(([word]) => word), ''].map((name) => tone('none', name))
  return table([
    head,
    ...rows.map(({ name, numbers }) => [
      name,
      ...columns.map(([word, colour], i) => tone(colour, String(numbers[i] || '–').padStart(word.length))),
      '',
    ]),
  ])
}

function inWords(numbers: readonly number[]): string {
  const parts = columns.flatMap(([word, colour], i) => (numbers[i] ? [tone(colour, `${numbers[i]} ${word}`)] : []))
  return parts.length > 0 ? parts.join(', ') : '–'
}

function byRisk(a: Finding, b: Finding): number {
  return riskOrder[a.risk.level] - riskOrder[b.risk.level] || a.id.localeCompare(b.id)
}

function printByControl(findings: readonly Finding[], titles: ReadonlyMap<string, string>, brief: boolean): void {
  for (const [control, group] of Map.groupBy(findings, (finding) => finding.control)) {
    const risk = tone('none', (group[0]?.risk.level ?? '').padEnd(6))
    const components = brief ? tone('none', `  ${group.map(({ component }) => component).join(', ')}`) : ''
    sayHanging(`  ${risk}  ${tone('strong', control.padEnd(7))}  `, `${titles.get(control) ?? ''}${components}`)
    if (brief) continue
    for (const { component, reason } of group) {
      sayText(printable(`${component}: ${reason}`), 19)
    }
  }
}

/** One host that does not answer leaves many controls open for one reason, which is told once. */
function printByReason(findings: readonly Finding[]): void {
  const groups = Map.groupBy(findings, ({ component, reason }) => `${component}: ${reason}`)
  for (const [text, group] of groups) {
    const risk = tone('none', (group[0]?.risk.level ?? '').padEnd(6))
    sayHanging(`  ${risk}  `, printable(text))
    sayText(tone('none', group.map(({ control }) => control).join(', ')), 10)
  }
}

function coverageLine({ expected, collected, gaps }: Coverage): string {
  if (expected === 0) return 'Evidence coverage: no scheduled collection was due in this period'
  const share = `${((100 * collected) / expected).toFixed(1)} %`
  const open = gaps.filter(({ slots }) => slots > 0).length
  const rest = open === 0 ? 'no gaps' : `${count(open, 'gap')}, explained in the report`
  return `Evidence coverage: ${collected} of ${expected} expected collections (${share}), ${rest}`
}
