import { scaleTime } from 'd3-scale'
import { millis } from '../../model/time.ts'
import type { Chart } from '../chart.ts'
import { colours, paleColours, rect, round, svg, text } from './svg.ts'
import { timeTicks } from './time-ticks.ts'

const width = 200
const row = { height: 20, bar: 9 }
const axisHeight = 17

/** A bar of time on the axis that all rows share, with the moment of judgement as a line; without spans, the axis. */
export function timeline({ label, timeZone, from, to, now, spans }: Extract<Chart, { kind: 'timeline' }>): string {
  const x = scaleTime([millis(from), millis(to)], [0, width]).clamp(true)
  const ticks = timeTicks(from, to, timeZone, 3)
  const line = (at: number, height: number, stroke: string) =>
    `<path d="M${round(x(at))} 0V${height}" stroke="${stroke}" stroke-width="1"/>`
  if (spans.length === 0) {
    const body = ticks
      .filter(({ at }) => x(at) < width - 48)
      .map(({ at, name }) => text(name, { x: x(at) + 2, y: 12, size: 13.5 }))
    return svg({ width, height: axisHeight, label, body, className: 'timeline axis' })
  }
  const body = [
    ...ticks.map(({ at }) => line(at, row.height, colours.line)),
    ...spans.map((span) => {
      const start = x(millis(span.from))
      const box = { x: start, y: (row.height - row.bar) / 2, width: Math.max(2, x(millis(span.to)) - start) }
      return rect({ ...box, height: row.bar }, paleColours[span.tone], 1)
    }),
    line(millis(now), row.height, colours.ink),
  ]
  return svg({ width, height: row.height, label, body, className: 'timeline' })
}
