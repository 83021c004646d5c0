import type { Assessment, DayCoverage } from '../../src/model/assessment.ts'
import { levels } from '../../src/model/control.ts'
import type { Finding } from '../../src/model/finding.ts'
import { riskLevel } from '../../src/model/risk.ts'
import { dayOf } from '../../src/model/time.ts'
import type { Chart } from '../../src/render/chart.ts'
import { counted } from './wording.ts'

/** Open findings on the risk matrix: where is the risk? */
export function matrixChart(open: readonly Finding[]): Chart {
  const cells = levels.flatMap((likelihood) =>
    levels.map((impact) => ({
      likelihood,
      impact,
      level: riskLevel(likelihood, impact),
      count: open.filter(({ risk }) => risk.likelihood === likelihood && risk.impact === impact).length,
    })),
  )
  const filled = cells.filter((cell) => cell.count > 0)
  const told = filled.map((cell) => `${cell.count} of likelihood ${cell.likelihood} and impact ${cell.impact}`)
  return { kind: 'matrix', label: `Open findings by risk: ${told.join(', ') || 'none'}`, cells }
}

/** Was evidence collected on every day? Null where no day expects any. */
export function calendarChart(assessment: Assessment): Chart | null {
  const { days } = assessment.coverage
  if (days.every((day) => day.expected === 0)) return null
  const today = dayOf(assessment.asOf, assessment.timeZone)
  return {
    kind: 'calendar',
    label: `Evidence coverage by day. ${calendarNote(assessment)}`,
    days: days.map((day) => ({ day: day.day, state: dayState(day, today) })),
  }
}

function dayState(day: DayCoverage, today: string): Extract<Chart, { kind: 'calendar' }>['days'][number]['state'] {
  if (day.expected === 0) return day.day > today ? 'ahead' : 'idle'
  if (day.collected >= day.expected) return 'complete'
  return day.collected === 0 ? 'none' : 'partial'
}

/** The calendar in words. */
export function calendarNote(assessment: Assessment): string {
  const { expected, complete, partial, none } = daysWithAll(assessment)
  return `Of ${counted(expected, 'day')}, ${complete} brought all evidence, ${partial} a part of it, ${none} none.`
}

/** How many days expected evidence, and how many brought all, some and none of it. */
export function daysWithAll(assessment: Assessment): {
  readonly expected: number
  readonly complete: number
  readonly partial: number
  readonly none: number
} {
  const days = assessment.coverage.days.filter((day) => day.expected > 0)
  const complete = days.filter((day) => day.collected >= day.expected).length
  const none = days.filter((day) => day.collected === 0).length
  return { expected: days.length, complete, partial: days.length - complete - none, none }
}

/** Is it getting better? Null where there are fewer than two runs. */
export function trendChart(assessment: Assessment): Chart | null {
  const points = assessment.trend
  const [first] = points
  const last = points.at(-1)
  if (points.length < 2 || !first || !last) return null
  return {
    kind: 'trend',
    label: `Findings over ${counted(points.length, 'run')}: not satisfied ${first.notSatisfied} at first and ${last.notSatisfied} at last, undetermined ${first.undetermined} at first and ${last.undetermined} at last`,
    timeZone: assessment.timeZone,
    from: assessment.period.from,
    to: assessment.period.to,
    points: points.map(({ at, notSatisfied, undetermined }) => ({ at, notSatisfied, undetermined })),
  }
}
