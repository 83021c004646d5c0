import { DateTime } from 'luxon'
import { millis } from '../../model/time.ts'
import type { Chart } from '../chart.ts'
import { colours, round, svg, text } from './svg.ts'

type Trend = Extract<Chart, { kind: 'trend' }>

const plot = { left: 20, right: 240, top: 6, bottom: 82 }

/** Findings that do not hold, run by run: not satisfied from the bottom, undetermined on top of it. */
export function trend(chart: Trend): string {
  const { label, points } = chart
  const highest = Math.max(1, ...points.map((point) => point.notSatisfied + point.undetermined))
  const ticks = niceTicks(highest)
  const ceiling = ticks.at(-1) ?? 1
  const begin = millis(chart.from)
  const length = Math.max(1, millis(chart.to) - begin)
  const x = (ms: number) => plot.left + ((ms - begin) / length) * (plot.right - plot.left)
  const y = (count: number) => plot.bottom - (count / ceiling) * (plot.bottom - plot.top)
  const steps = (count: (point: Trend['points'][number]) => number) =>
    points
      .map(
        (point, index) =>
          `${index === 0 ? 'M' : 'H'}${round(x(millis(point.at)))}${index === 0 ? ' ' : 'V'}${round(y(count(point)))}`,
      )
      .join('')
  const end = round(Math.min(plot.right, x(millis(points.at(-1)?.at ?? chart.to)) + 3))
  const start = round(x(millis(points[0]?.at ?? chart.from)))
  const area = (line: string, fill: string) => `<path d="${line}H${end}V${plot.bottom}H${start}Z" fill="${fill}"/>`
  const body = [
    ...ticks.flatMap((tick) => [
      `<path d="M${plot.left} ${round(y(tick))}H${plot.right}" stroke="${tick === 0 ? colours.ink : colours.line}" stroke-width="0.6"/>`,
      text(String(tick), { x: plot.left - 5, y: y(tick) + 2.6, size: 7.2, anchor: 'end' }),
    ]),
    area(
      steps((point) => point.notSatisfied + point.undetermined),
      colours.none,
    ),
    area(
      steps((point) => point.notSatisfied),
      colours.bad,
    ),
    ...monthStarts(chart).map(({ at, name }) => text(name, { x: x(at) + 1, y: plot.bottom + 10, size: 7.2 })),
  ]
  return svg({ width: 244, height: 96, label, body, className: 'trend' })
}

/** Whole numbers at even distances, from 0 to at least the highest; at most five. */
function niceTicks(highest: number): readonly number[] {
  const magnitude = 10 ** Math.floor(Math.log10(highest / 4 || 1))
  const step = Math.max(
    1,
    [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((size) => highest / size <= 4) ?? 1,
  )
  const whole = Math.ceil(step)
  return Array.from({ length: Math.ceil(highest / whole) + 1 }, (_, index) => index * whole)
}

function monthStarts({ from, to, timeZone }: Trend): readonly { at: number; name: string }[] {
  const marks: { at: number; name: string }[] = []
  const first = DateTime.fromMillis(millis(from), { zone: timeZone, locale: 'en-US' })
  const months = Math.max(1, Math.round((millis(to) - millis(from)) / 2_629_800_000))
  // A short period is marked by days, a long one by every month or every third.
  const step =
    months > 1
      ? { months: months > 12 ? Math.ceil(months / 6) : months > 6 ? 2 : 1 }
      : { days: Math.max(1, Math.round((millis(to) - millis(from)) / 86_400_000 / 4)) }
  for (let at = first; at.toMillis() < millis(to); at = at.plus(step)) {
    marks.push({ at: at.toMillis(), name: at.toFormat('months' in step ? 'LLL' : 'd LLL') })
  }
  return marks
}
