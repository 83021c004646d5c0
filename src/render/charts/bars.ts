import type { Chart } from '../chart.ts'
import { colours, rect, svg, toneColours } from './svg.ts'

/** Shares of a whole beside each other. */
export function bar({ label, parts }: Extract<Chart, { kind: 'bar' }>): string {
  const total = parts.reduce((sum, part) => sum + part.count, 0)
  const gap = 0.6
  let x = 0
  const shares = parts
    .filter((part) => part.count > 0)
    .map((part) => {
      const width = (part.count / total) * 100
      const share = rect({ x, y: 0, width: Math.max(0.8, width - gap), height: 10 }, toneColours[part.tone])
      x += width
      return share
    })
  const body = shares.length > 0 ? shares : [rect({ x: 0, y: 0, width: 100, height: 10 }, colours.empty)]
  return svg({ width: 100, height: 10, label, body, className: 'bar', stretch: true })
}

/** A line of time with what held when. */
export function strip({ label, spans }: Extract<Chart, { kind: 'strip' }>): string {
  const body = [
    rect({ x: 0, y: 0, width: 1000, height: 10 }, colours.empty),
    ...spans.map(({ from, to, tone }) =>
      rect(
        { x: from * 1000, y: 0, width: Math.max(2, (to - from) * 1000), height: 10 },
        tone === 'good' ? colours.held : toneColours[tone],
      ),
    ),
  ]
  return svg({ width: 1000, height: 10, label, body, className: 'strip', stretch: true })
}
