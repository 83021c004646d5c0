import { summarise } from '../assess/summary.ts'
import type { Assessment, Coverage } from '../model/assessment.ts'
import { type Objective, objectives } from '../model/control.ts'
import type { Finding } from '../model/finding.ts'
import { printable, say, sayText, table, tone } from './terminal.ts'
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
  printFindings(assessment, 'not-satisfied', brief)
  printFindings(assessment, 'excepted', brief)
  printFindings(assessment, 'undetermined', brief)
  printFindings(assessment, 'closed', brief)
  say()
  say(coverageLine(assessment.coverage))
}

function objectiveTable({ findings, controls }: Assessment): string {
  const of = new Map(controls.map(({ id, objective }) => [id, objective]))
  const rows = objectives.map((objective) => {
    const mine = findings.filter(({ control }) => of.get(control) === objective)
    const number = (...standings: Finding['standing'][]) => {
      const n = mine.filter(({ standing }) => standings.includes(standing)).length
      return n === 0 ? '–' : String(n)
    }
    return [
      objectiveNames[objective],
      tone('good', number('satisfied', 'closed').padStart(9)),
      tone('bad', number('not-satisfied').padStart(13)),
      tone('warn', number('excepted').padStart(8)),
      tone('none', number('undetermined').padStart(12)),
      '',
    ]
  })
  const head = ['Objective', 'satisfied', 'not satisfied', 'excepted', 'undetermined', ''].map((name) =>
    tone('none', name),
  )
  return table([head, ...rows])
}

function printFindings({ findings, controls }: Assessment, standing: Finding['standing'], brief: boolean): void {
  const chosen = findings
    .filter((finding) => finding.standing === standing)
    .toSorted((a, b) => riskOrder[a.risk.level] - riskOrder[b.risk.level] || a.id.localeCompare(b.id))
  if (chosen.length === 0) return
  const titles = new Map(controls.map(({ id, title }) => [id, title]))
  say()
  say(`${standingWord(standing)}: ${count(chosen.length, 'finding')}, by risk`)
  for (const [control, group] of Map.groupBy(chosen, (finding) => finding.control)) {
    const risk = tone('none', (group[0]?.risk.level ?? '').padEnd(6))
    const components = brief ? tone('none', `  ${group.map(({ component }) => component).join(', ')}`) : ''
    say(`  ${risk}  ${tone('strong', control.padEnd(7))}  ${titles.get(control) ?? ''}${components}`)
    if (brief) continue
    for (const { component, reason } of group) {
      sayText(printable(`${component}: ${reason}`), 19)
    }
  }
}

function coverageLine({ expected, collected, gaps }: Coverage): string {
  const share = expected === 0 ? '–' : `${((100 * collected) / expected).toFixed(1)} %`
  const open = gaps.filter(({ slots }) => slots > 0).length
  const rest = open === 0 ? 'no gaps' : `${count(open, 'gap')}, explained in the report`
  return `Evidence coverage: ${collected} of ${expected} expected collections (${share}), ${rest}`
}
