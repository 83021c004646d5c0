import type { Chart } from '../chart.ts'
import { bar, strip } from './bars.ts'
import { calendar } from './calendar.ts'
import { dots } from './dots.ts'
import { matrix } from './matrix.ts'
import { retention } from './retention.ts'
import { timeline } from './timeline.ts'
import { trend } from './trend.ts'

/** The chart as an SVG element, the same text for the same data. */
export function drawChart(chart: Chart): string {
  switch (chart.kind) {
    case 'bar':
      return bar(chart)
    case 'strip':
      return strip(chart)
    case 'matrix':
      return matrix(chart)
    case 'calendar':
      return calendar(chart)
    case 'trend':
      return trend(chart)
    case 'dots':
      return dots(chart)
    case 'timeline':
      return timeline(chart)
    case 'retention':
      return retention(chart)
    default:
      return chart satisfies never
  }
}
