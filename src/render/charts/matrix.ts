import { type Level, levels } from '../../model/control.ts'
import type { Chart } from '../chart.ts'
import { colours, rect, svg, text } from './svg.ts'

const cell = { width: 60, height: 36, gap: 2.5 }
const left = 52

/** Cells where findings lie are full, the others show only how grave one there would be. */
const fills: { readonly [level in Level]: { readonly full: string; readonly pale: string; readonly ink: string } } = {
  low: { full: '#efd9a7', pale: '#faf6ec', ink: colours.ink },
  medium: { full: '#e09f6b', pale: '#faf0e6', ink: colours.ink },
  high: { full: '#b3372f', pale: '#f8e6e3', ink: '#ffffff' },
}

/** Likelihood against impact, with the number of findings in each cell. */
export function matrix({ label, cells }: Extract<Chart, { kind: 'matrix' }>): string {
  const rows = levels.toReversed()
  const x = (impact: Level) => left + levels.indexOf(impact) * (cell.width + cell.gap)
  const y = (likelihood: Level) => rows.indexOf(likelihood) * (cell.height + cell.gap)
  const bottom = rows.length * (cell.height + cell.gap)
  const body = [
    ...cells.flatMap(({ likelihood, impact, level, count }) => {
      const fill = fills[level]
      const box = { x: x(impact), y: y(likelihood), width: cell.width, height: cell.height }
      if (count === 0) return [rect(box, fill.pale, 1.5)]
      const centre = { x: box.x + cell.width / 2, y: box.y + cell.height / 2 + 5.2 }
      const number = text(String(count), { ...centre, size: 15, weight: 600, anchor: 'middle', fill: fill.ink })
      return [rect(box, fill.full, 1.5), number]
    }),
    ...rows.map((level) =>
      text(name(level), { x: left - 6, y: y(level) + cell.height / 2 + 3, size: 8, anchor: 'end' }),
    ),
    ...levels.map((level) =>
      text(name(level), { x: x(level) + cell.width / 2, y: bottom + 10, size: 8, anchor: 'middle' }),
    ),
    text('Impact', {
      x: x('medium') + cell.width / 2,
      y: bottom + 22,
      size: 8,
      weight: 600,
      anchor: 'middle',
      fill: colours.ink,
    }),
    text('Likelihood', { x: 7, y: bottom / 2, size: 8, weight: 600, anchor: 'middle', fill: colours.ink, rotate: -90 }),
  ]
  return svg({ width: left + 3 * (cell.width + cell.gap), height: bottom + 26, label, body, className: 'matrix' })
}

function name(level: Level): string {
  return level.charAt(0).toUpperCase() + level.slice(1)
}
