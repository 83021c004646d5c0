import { cumsum } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import type { Chart } from '../chart.ts'
import { colours, rect, round, svg, toneColours } from './svg.ts'

const gap = 0.6

/** Shares of a whole beside each other. */
export function bar({ label, parts }: Extract<Chart, { kind: 'bar' }>): string {
  const filled = parts.filter((part) => part.count > 0)
  const ends = cumsum(filled, (part) => part.count)
  const x = scaleLinear([0, ends.at(-1) ?? 1], [0, 100])
  const shares = filled.map(({ tone, count }, index) => {
    const end = ends[index] ?? 0
    const from = x(end - count)
    const share = { x: from, y: 0, width: Math.max(0.8, x(end) - from - gap), height: 10 }
    // A mark beside the colour: printed in greys, red and green are the same.
    const mark =
      tone === 'bad' ? `<path d="M${round(from)} 5h${round(share.width)}" stroke="#ffffff" stroke-width="1.6"/>` : ''
    return rect(share, toneColours[tone]) + mark
  })
  const body = shares.length > 0 ? shares : [rect({ x: 0, y: 0, width: 100, height: 10 }, colours.empty)]
  return svg({ width: 100, height: 10, label, body, className: 'bar', stretch: true })
}

/** A line of time with what held when. */
export function strip({ label, spans }: Extract<Chart, { kind: 'strip' }>): string {
  const x = scaleLinear([0, 1], [0, 1000]).clamp(true)
  const body = [
    rect({ x: 0, y: 0, width: 1000, height: 10 }, colours.empty),
    ...spans.map(({ from, to, tone }) =>
      rect(
        { x: x(from), y: 0, width: Math.max(2, x(to) - x(from)), height: 10 },
        tone === 'good' ? colours.held : toneColours[tone],
      ),
    ),
  ]
  return svg({ width: 1000, height: 10, label, body, className: 'strip', stretch: true })
}
