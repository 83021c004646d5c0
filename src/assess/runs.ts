import type { RunRecord } from '../model/assessment.ts'
import type { Entry } from '../model/evidence.ts'
import type { JsonObject } from '../model/json.ts'
import type { Instant } from '../model/time.ts'

/** The runs that the entries tell of, oldest first. A run that a later one has overtaken without a word is interrupted. */
export function runsFrom(entries: readonly Entry[]): readonly RunRecord[] {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    if (!tellsOfRun(entry.kind)) continue
    const group = groups.get(entry.run)
    if (group) group.push(entry)
    else groups.set(entry.run, [entry])
  }
  const runs = [...groups.values()]
    .map(runOf)
    .sort((a, b) => (a.started < b.started ? -1 : a.started > b.started ? 1 : 0))
  return runs.map((run, index) =>
    run.state === 'running' && index < runs.length - 1 ? { ...run, state: 'interrupted' } : run,
  )
}

/** Ids of the targets that a run set out to collect, as its `run.started` entry lists them. */
export function targetsOfRun(started: Entry): readonly string[] {
  const { targets } = started.facts
  return Array.isArray(targets) ? targets.filter((id): id is string => typeof id === 'string') : []
}

function tellsOfRun(kind: string): boolean {
  return kind.startsWith('run.') || kind === 'collection.completed' || kind === 'collection.failed'
}

function runOf(entries: readonly Entry[]): RunRecord {
  const of = (kind: string): Entry | undefined => entries.find((entry) => entry.kind === kind)
  const ends = (kind: string): number => new Set(entries.filter((e) => e.kind === kind).map((e) => e.target)).size
  const [started, finished, interrupted] = [of('run.started'), of('run.finished'), of('run.interrupted')]
  const completed = ends('collection.completed')
  const failed = ends('collection.failed')
  const first = started ?? entries[0]
  const last = finished ?? interrupted
  return {
    run: first?.run ?? '',
    slot: first?.slot ?? null,
    late: started?.facts.late === true || started?.facts.trigger === 'catch-up',
    started: first?.collected ?? ('' as Instant),
    finished: last?.collected ?? null,
    state: finished ? 'finished' : interrupted ? 'interrupted' : 'running',
    targets: (started && targetsOfRun(started).length) || count(finished?.facts, 'targets') || completed + failed,
    completed: completed || count(finished?.facts, 'completed'),
    failed: failed || count(finished?.facts, 'failed'),
  }
}

function count(facts: JsonObject | undefined, name: string): number {
  const value = facts?.[name]
  return typeof value === 'number' ? value : 0
}
