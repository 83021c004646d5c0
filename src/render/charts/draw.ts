import type { Chart } from '../chart.ts'
import { bar, strip } from './bars.ts'
import { calendar } from './calendar.ts'
import { matrix } from './matrix.ts'
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
    default:
      return chart satisfies never
  }
}
