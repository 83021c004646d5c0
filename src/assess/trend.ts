import type { RunRecord, TrendPoint } from '../model/assessment.ts'
import type { Outcome } from '../model/finding.ts'
import type { TargetHistory } from './population.ts'
import { isConclusive, isFresh, type TimelinePoint } from './target-state.ts'

/** One finding's collections, for the trend, and the targets that feed it with the times that they were in the plan. */
export type FindingTimeline = {
  readonly targets: readonly TargetHistory[]
  readonly timeline: readonly TimelinePoint[]
}

/**
 * How all findings stood after each run, oldest first: what a run did not look at stands as it was, for as long as its
 * evidence is fresh. Findings to which nothing applies, or which no target fed yet, are left out.
 */
export function trendOf(runs: readonly RunRecord[], findings: readonly FindingTimeline[]): readonly TrendPoint[] {
  const pointsByRun = new Map<string, { finding: number; point: TimelinePoint }[]>()
  findings.forEach(({ timeline }, finding) => {
    for (const point of timeline) {
      const list = pointsByRun.get(point.run)
      if (list) list.push({ finding, point })
      else pointsByRun.set(point.run, [{ finding, point }])
    }
  })
  const known = findings.map(() => new Map<string, TimelinePoint>())
  return runs.flatMap((run): TrendPoint[] => {
    const points = pointsByRun.get(run.run) ?? []
    if (points.length === 0) return []
    for (const { finding, point } of points) {
      const before = known[finding]?.get(point.target)
      const keeps = before && isConclusive(before.outcome) && !isConclusive(point.outcome)
      if (!keeps || !isFresh(before, point.at)) known[finding]?.set(point.target, point)
    }
    const at = run.finished ?? run.started
    const outcomes = findings.map(({ targets }, index) => outcomeAt(targets, known[index], at))
    const count = (...which: readonly (Outcome | null)[]): number =>
      outcomes.filter((each) => which.includes(each)).length
    const [satisfied, notSatisfied] = [count('satisfied'), count('not-satisfied')]
    const undetermined = count('error', 'not-measured', null)
    return [{ run: run.run, at, satisfied, notSatisfied, undetermined }]
  })
}

/** Null where something is not known yet, or no longer. */
function outcomeAt(
  targets: readonly TargetHistory[],
  known: ReadonlyMap<string, TimelinePoint> | undefined,
  at: RunRecord['started'],
): Outcome | null {
  let worst: Outcome | null = 'not-applicable'
  for (const { id, spans } of targets) {
    if (!spans.some(({ from, to }) => from <= at && at < to)) continue
    const point = known?.get(id)
    if (point?.outcome === 'not-satisfied') return 'not-satisfied'
    if (!point || !isConclusive(point.outcome) || !isFresh(point, at)) worst = null
    else if (point.outcome === 'satisfied' && worst !== null) worst = 'satisfied'
  }
  return worst
}
