import { max } from 'd3-array'
import { scaleLinear, scaleTime } from 'd3-scale'
import { area, curveStepAfter, stack } from 'd3-shape'
import { millis } from '../../model/time.ts'
import type { Chart } from '../chart.ts'
import { colours, round, svg, text } from './svg.ts'
import { timeTicks } from './time-ticks.ts'

type Trend = Extract<Chart, { kind: 'trend' }>
type Point = { readonly at: number; readonly notSatisfied: number; readonly undetermined: number }

const plot = { left: 20, right: 240, top: 6, bottom: 82 }
const layers = ['notSatisfied', 'undetermined'] as const
const fills: { readonly [layer in (typeof layers)[number]]: string } = {
  notSatisfied: colours.bad,
  undetermined: colours.none,
}

/** Findings that do not hold, run by run: not satisfied from the bottom, undetermined on top of it. */
export function trend({ label, points, from, to, timeZone }: Trend): string {
  const x = scaleTime([millis(from), millis(to)], [plot.left, plot.right]).clamp(true)
  const highest = max(points, (point) => point.notSatisfied + point.undetermined) ?? 1
  const y = scaleLinear([0, Math.max(1, highest)], [plot.bottom, plot.top]).nice(3)
  const counts = y.ticks(3).filter(Number.isInteger)
  const body = [
    ...counts.flatMap((count) => [
      `<path d="M${plot.left} ${round(y(count))}H${plot.right}" stroke="${count === 0 ? colours.ink : colours.line}" stroke-width="0.6"/>`,
      text(String(count), { x: plot.left - 5, y: y(count) + 2.6, size: 7.2, anchor: 'end' }),
    ]),
    ...areas(points, x, y),
    ...timeTicks(from, to, timeZone, 4)
      .filter(({ at }) => x(at) < plot.right - 18)
      .map(({ at, name }) => text(name, { x: x(at) + 1, y: plot.bottom + 10, size: 7.2 })),
  ]
  return svg({ width: 244, height: 96, label, body, className: 'trend' })
}

/** Each run's counts hold until the next run; the last one's for a moment, so that it is seen. */
function areas(points: Trend['points'], x: (at: number) => number, y: (count: number) => number): readonly string[] {
  const runs: readonly Point[] = points.map((point) => ({ ...point, at: x(millis(point.at)) }))
  const last = runs.at(-1)
  const drawn = last ? [...runs, { ...last, at: Math.min(plot.right, last.at + 3) }] : []
  const series = stack<unknown, Point, (typeof layers)[number]>()
    .keys(layers)
    .value((point, layer) => point[layer])(drawn)
  return series.map((layer) => {
    const outline = area<(typeof layer)[number]>()
      .curve(curveStepAfter)
      .x(({ data }) => data.at)
      .y0(([low]) => y(low))
      .y1(([, high]) => y(high))
      .digits(2)
    return `<path d="${outline(layer) ?? ''}" fill="${fills[layer.key]}"/>`
  })
}
