import { max, range } from 'd3-array'
import { scaleBand, scaleLinear, scaleTime } from 'd3-scale'
import { area, curveStepAfter, stack } from 'd3-shape'
import { millis } from '../../model/time.ts'
import type { Chart } from '../chart.ts'
import { colours, rect, round, svg, text } from './svg.ts'
import { momentNames, timeTicks } from './time-ticks.ts'

type Trend = Extract<Chart, { kind: 'trend' }>
type Point = { readonly at: number; readonly notSatisfied: number; readonly undetermined: number }

const plot = { left: 20, right: 240, top: 10, bottom: 82 }
const fewRuns = 8
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
  // On the line of time a handful of runs would be a few edges; as bars each can be read.
  const few = points.length <= fewRuns
  const counts = y.ticks(3).filter(Number.isInteger)
  const body = [
    ...counts.flatMap((count) => [
      `<path d="M${plot.left} ${round(y(count))}H${plot.right}" stroke="${count === 0 ? colours.ink : colours.line}" stroke-width="0.6"/>`,
      text(String(count), { x: plot.left - 5, y: y(count) + 2.6, size: 7.2, anchor: 'end' }),
    ]),
    ...(few ? bars(points, y, timeZone) : areas(points, x, y)),
    ...(few
      ? []
      : timeTicks(from, to, timeZone, 4)
          .filter(({ at }) => x(at) < plot.right - 18)
          .map(({ at, name }) => text(name, { x: x(at) + 1, y: plot.bottom + 10, size: 7.2 }))),
  ]
  return svg({ width: 244, height: 96, label, body, className: 'trend' })
}

/** A bar a run, with its number on it and its moment below. */
function bars(points: Trend['points'], y: (count: number) => number, timeZone: string): readonly string[] {
  const x = scaleBand(range(points.length), [plot.left + 4, plot.right]).padding(0.35)
  const names = momentNames(
    points.map((point) => point.at),
    timeZone,
  )
  return points.flatMap(({ notSatisfied, undetermined }, index) => {
    const box = { x: x(index) ?? 0, width: x.bandwidth() }
    const [low, high] = [y(notSatisfied), y(notSatisfied + undetermined)]
    const label = { x: box.x + box.width / 2, anchor: 'middle', size: 7.2 } as const
    return [
      rect({ ...box, y: low, height: plot.bottom - low }, fills.notSatisfied),
      rect({ ...box, y: high, height: low - high }, fills.undetermined),
      text(String(notSatisfied + undetermined), { ...label, y: high - 2.5, weight: 600, fill: colours.ink }),
      text(names[index] ?? '', { ...label, y: plot.bottom + 10 }),
    ]
  })
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
