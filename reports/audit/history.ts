import type { Finding, Outcome } from '../../src/model/finding.ts'
import { type Instant, millis } from '../../src/model/time.ts'
import type { Chart, ChartTone } from '../../src/render/chart.ts'
import type { Context } from './context.ts'
import { counted } from './wording.ts'

/** How a control stood at each collection, on the line of the period; null where nothing was collected. */
export function historyStrip(context: Context, finding: Finding): Chart | null {
  const points = finding.history
  if (points.length === 0) return null
  const { period, asOf } = context.assessment
  const place = placeIn(period.from, asOf)
  const spans: { from: number; to: number; tone: ChartTone }[] = []
  points.forEach((point, index) => {
    const next = points[index + 1]
    const from = place(point.at)
    const to = next ? place(next.at) : 1
    const tone = toneOf(point.outcome)
    const last = spans.at(-1)
    if (last?.tone === tone) last.to = to
    else spans.push({ from, to, tone })
  })
  return { kind: 'strip', label: `${finding.control} over the period. ${historyNote(context, finding)}`, spans }
}

/** The same in words. */
export function historyNote({ dates }: Context, finding: Finding): string {
  const { history, firstFailed, lastFailed } = finding
  if (history.length === 0) return 'Not collected within the period.'
  const total = counted(history.length, 'collection')
  const failures = history.filter((point) => point.outcome === 'not-satisfied').length
  const unknown = history.filter((point) => point.outcome === 'error' || point.outcome === 'not-measured').length
  const undetermined = unknown > 0 ? ` Undetermined at ${unknown}.` : ''
  if (failures === 0 || !firstFailed) return `Failed at none of ${total}.${undetermined}`
  const since =
    lastFailed && dates.day(lastFailed) !== dates.day(firstFailed)
      ? `from ${dates.day(firstFailed)} to ${dates.day(lastFailed)}`
      : `on ${dates.day(firstFailed)}`
  return `Failed at ${failures} of ${total}, ${since}.${undetermined}`
}

/** Where an instant lies between two others, from 0 to 1. */
export function placeIn(from: Instant, to: Instant): (at: Instant) => number {
  const length = Math.max(1, millis(to) - millis(from))
  return (at) => Math.min(1, Math.max(0, (millis(at) - millis(from)) / length))
}

function toneOf(outcome: Outcome): ChartTone {
  switch (outcome) {
    case 'satisfied':
      return 'good'
    case 'not-satisfied':
      return 'bad'
    case 'error':
    case 'not-measured':
      return 'none'
    case 'not-applicable':
      return 'empty'
    default:
      return outcome satisfies never
  }
}
