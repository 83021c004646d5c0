import { scaleBand } from 'd3-scale'
import { type Level, levels } from '../../model/control.ts'
import type { Chart } from '../chart.ts'
import { colours, rect, svg, text } from './svg.ts'

const left = 52
const right = 239.5
const bottom = 115.5

const x = scaleBand<Level>(levels, [left, right]).paddingInner(0.04)
const y = scaleBand<Level>(levels.toReversed(), [0, bottom]).paddingInner(0.065)
const centreX = (level: Level) => (x(level) ?? 0) + x.bandwidth() / 2
const centreY = (level: Level) => (y(level) ?? 0) + y.bandwidth() / 2

/** Cells where findings lie are full, the others show only how grave one there would be. */
const fills: { readonly [level in Level]: { readonly full: string; readonly pale: string; readonly ink: string } } = {
  low: { full: '#efd9a7', pale: '#faf6ec', ink: colours.ink },
  medium: { full: '#e09f6b', pale: '#faf0e6', ink: colours.ink },
  high: { full: '#b3372f', pale: '#f8e6e3', ink: '#ffffff' },
}

/** Likelihood against impact, with the number of findings in each cell. */
export function matrix({ label, cells }: Extract<Chart, { kind: 'matrix' }>): string {
  const title = { size: 8, weight: 600, anchor: 'middle', fill: colours.ink } as const
  const body = [
    ...cells.flatMap(({ likelihood, impact, level, count }) => {
      const fill = fills[level]
      const box = { x: x(impact) ?? 0, y: y(likelihood) ?? 0, width: x.bandwidth(), height: y.bandwidth() }
      if (count === 0) return [rect(box, fill.pale, 1.5)]
      const centre = { x: centreX(impact), y: centreY(likelihood) + 5.2 }
      const number = text(String(count), { ...centre, size: 15, weight: 600, anchor: 'middle', fill: fill.ink })
      return [rect(box, fill.full, 1.5), number]
    }),
    ...levels.map((level) => text(name(level), { x: left - 6, y: centreY(level) + 3, size: 8, anchor: 'end' })),
    ...levels.map((level) => text(name(level), { x: centreX(level), y: bottom + 10, size: 8, anchor: 'middle' })),
    text('Impact', { x: centreX('medium'), y: bottom + 22, ...title }),
    text('Likelihood', { x: 7, y: centreY('medium'), ...title, rotate: -90 }),
  ]
  return svg({ width: right, height: bottom + 26, label, body, className: 'matrix' })
}

function name(level: Level): string {
  return level.charAt(0).toUpperCase() + level.slice(1)
}
