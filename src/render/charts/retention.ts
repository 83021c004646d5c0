import { scaleLinear } from 'd3-scale'
import type { Chart } from '../chart.ts'
import { colours, paleColours, type Rectangle, rect, round, svg, text } from './svg.ts'

type Retention = Extract<Chart, { kind: 'retention' }>
type Log = NonNullable<Retention['log']>

const width = 400
const row = { height: 26, outline: 15, fill: 9 }
const axisHeight = 20

/** How far a log is meant to reach back and how far its records do; without a log, the axis in days. */
export function retention({ label, days, requiredDays, log }: Retention): string {
  const x = scaleLinear([0, days], [1, width - 2]).clamp(true)
  const ticks = x.ticks(4)
  if (!log) {
    const body = ticks.map((day) =>
      text(day === 0 ? 'collected' : `${day} d`, {
        x: x(day),
        y: 14,
        size: 14.5,
        anchor: day === 0 ? 'start' : x(day) > width - 30 ? 'end' : 'middle',
      }),
    )
    return svg({ width, height: axisHeight, label, body, className: 'retention axis' })
  }
  const body = [
    ...ticks.map((day) => line(x(day), colours.line, 0.8)),
    ...proven(log, x),
    ...configured(log, x),
    ...(requiredDays === null ? [] : [line(x(requiredDays), colours.ink, 1.6)]),
  ]
  return svg({ width, height: row.height, label, body, className: 'retention' })
}

/** Pale where records exist that a gap cuts off, full where they prove, white where there are none. */
function proven({ provenDays, oldestDays, gaps, tone }: Log, x: (day: number) => number): readonly string[] {
  const bar = (from: number, to: number): Rectangle => ({
    x: x(from),
    y: (row.height - row.fill) / 2,
    width: Math.max(0, x(to) - x(from)),
    height: row.fill,
  })
  return [
    ...(oldestDays > provenDays ? [rect(bar(provenDays, oldestDays), colours.line)] : []),
    ...(provenDays > 0 ? [rect(bar(0, provenDays), paleColours[tone])] : []),
    ...gaps.map(({ fromDays, toDays }) => rect(bar(toDays, fromDays), '#ffffff')),
  ]
}

/** A dashed outline; open at its end where nothing bounds it. */
function configured({ configuredDays }: Log, x: (day: number) => number): readonly string[] {
  if (configuredDays === null) return []
  const [y, bottom] = [(row.height - row.outline) / 2, (row.height + row.outline) / 2]
  const end = configuredDays === 'forever' ? width : round(x(configuredDays))
  const close = configuredDays === 'forever' ? `M${end} ${bottom}` : `V${bottom}`
  const outline = `M1 ${y}H${end}${close}H1Z`
  return [`<path d="${outline}" fill="none" stroke="${colours.soft}" stroke-width="1" stroke-dasharray="3 2.4"/>`]
}

function line(x: number, stroke: string, strokeWidth: number): string {
  return `<path d="M${round(x)} 0V${row.height}" stroke="${stroke}" stroke-width="${strokeWidth}"/>`
}
