import { range } from 'd3-array'
import { scalePoint } from 'd3-scale'
import type { Chart } from '../chart.ts'
import { colours, round, svg, text, toneColours } from './svg.ts'

type Dots = Extract<Chart, { kind: 'dots' }>

const column = 40
const height = 16

/** What a target offers, a dot a column: full, with the number of suites inside, or a ring, or a dash. */
export function dots({ label, dots: row }: Dots): string {
  const width = row.length * column
  const x = scalePoint(range(row.length), [0, width]).padding(0.5)
  const body = row.flatMap((dot, index) => mark(dot, round(x(index) ?? 0)))
  return svg({ width, height, label, body, className: 'dots' })
}

function mark({ state, tone, count }: Dots['dots'][number], x: number): readonly string[] {
  const y = height / 2
  const colour = toneColours[tone]
  switch (state) {
    case 'offered': {
      const dot = `<circle cx="${x}" cy="${y}" r="7.2" fill="${colour}"/>`
      if (count === null) return [dot]
      return [dot, text(String(count), { x, y: y + 2.5, size: 7, weight: 600, anchor: 'middle', fill: inkOn(tone) })]
    }
    case 'refused':
      return [`<circle cx="${x}" cy="${y}" r="3" fill="none" stroke="${colour}" stroke-width="1.3"/>`]
    case 'undetermined':
      return [`<path d="M${x - 4} ${y}h8" stroke="${colour}" stroke-width="2.4"/>`]
    case 'unasked':
      return []
    default:
      return state satisfies never
  }
}

function inkOn(tone: Dots['dots'][number]['tone']): string {
  return tone === 'good' || tone === 'bad' ? '#ffffff' : colours.ink
}
