import { randomBytes } from 'node:crypto'
import { unfinishedRuns } from '../ledger/runs.ts'
import type { NoteSigner, Store } from '../ledger/store.ts'
import type { LedgerState } from '../model/assessment.ts'
import type { Collection } from '../model/evidence.ts'
import type { PlannedTarget } from '../model/plan.ts'
import type { Instant } from '../model/time.ts'
import { version } from './assets.ts'
import { type ClockBehind, clockBehind } from './clock-behind.ts'
import { catalogueEntry, collectionEntries, configurationEntry, ownEntry, type RunFrame } from './own-entries.ts'
import type { Project } from './project.ts'

export type Trigger = 'by-hand' | 'schedule' | 'catch-up'

export type RunOptions = {
  readonly trigger: Trigger
  /** The slot that the run belongs to; null by hand. */
  readonly slot: Instant | null
  readonly targets: readonly PlannedTarget[]
  readonly signal: AbortSignal
  readonly onEvent?: (event: RunEvent) => void
}

export type RunEvent =
  | { readonly type: 'recovered'; readonly runs: readonly string[] }
  | { readonly type: 'clock-behind'; readonly clock: ClockBehind }
  | { readonly type: 'started'; readonly target: PlannedTarget }
  | { readonly type: 'collected'; readonly target: PlannedTarget; readonly collection: Collection }

export type RunResult = {
  readonly run: string
  readonly state: 'finished' | 'interrupted'
  readonly completed: number
  readonly failed: number
  readonly observations: number
  /** Collectors that broke by a fault of their own. */
  readonly bugs: readonly string[]
  readonly ledger: LedgerState
}

/** What a run needs besides the project. */
export type RunParts = {
  readonly store: Store
  readonly ledgerKey: NoteSigner
  collectPlan(options: {
    readonly plan: readonly PlannedTarget[]
    readonly signal: AbortSignal
  }): AsyncIterable<
    | { readonly type: 'started'; readonly target: PlannedTarget }
    | { readonly type: 'collected'; readonly target: PlannedTarget; readonly collection: Collection }
  >
}

/**
 * Collects the targets once and keeps what they bring: each target's evidence as soon as it is there, so that nothing
 * already collected is lost, and a signed checkpoint at the end. Runs that an earlier process left unfinished are
 * recorded as interrupted first. An aborted run is recorded as interrupted. A clock that was set back is told, and
 * recorded in `run.started`: the ledger's order is that in which entries came. Throws StoreError or SigningError.
 */
export async function runOnce(project: Project, parts: RunParts, options: RunOptions): Promise<RunResult> {
  const { store, ledgerKey } = parts
  await using _ = await store.lockRuns()
  const behind = await clockBehind(project, store)
  if (behind) options.onEvent?.({ type: 'clock-behind', clock: behind })
  await recoverInterrupted(project, store, options)
  const frame: RunFrame = { run: runId(project), slot: options.slot }
  await store.append([...(await populationEntries(project, store, frame)), startEntry(project, frame, options, behind)])

  const counts = { completed: 0, failed: 0, observations: 0 }
  const bugs: string[] = []
  for await (const event of parts.collectPlan({ plan: options.targets, signal: options.signal })) {
    if (event.type === 'collected') {
      await store.append(collectionEntries(project, frame, event.target, event.collection))
      counts[event.collection.failure ? 'failed' : 'completed']++
      counts.observations += event.collection.observations.length
      if (event.collection.failure?.code === 'bug') bugs.push(`${event.target.id}: ${event.collection.failure.message}`)
    }
    options.onEvent?.(event)
  }

  const state = options.signal.aborted ? 'interrupted' : 'finished'
  const { completed, failed } = counts
  await store.append([
    state === 'finished'
      ? ownEntry(project, frame, 'run.finished', { completed, failed, targets: options.targets.length })
      : ownEntry(project, frame, 'run.interrupted', { reason: 'stopped while it ran', completed, failed }),
  ])
  await store.checkpoint(ledgerKey)
  return { run: frame.run, state, ...counts, bugs, ledger: await store.state() }
}

function startEntry(
  project: Project,
  frame: RunFrame,
  { trigger, targets }: RunOptions,
  behind: ClockBehind | undefined,
) {
  return ownEntry(project, frame, 'run.started', {
    trigger,
    late: trigger === 'catch-up',
    targets: targets.map(({ id }) => id),
    affidavit: version,
    node: process.versions.node,
    catalogue: project.catalogueDigest,
    ...(behind ? { clockBehindMs: behind.behindMs } : {}),
  })
}

async function recoverInterrupted(project: Project, store: Store, options: RunOptions): Promise<void> {
  const unfinished = await unfinishedRuns(store)
  if (unfinished.length === 0) return
  await store.append(
    unfinished.map(({ run, slot }) =>
      ownEntry(project, { run, slot }, 'run.interrupted', { reason: 'the process ended before the run did' }),
    ),
  )
  options.onEvent?.({ type: 'recovered', runs: unfinished.map(({ run }) => run) })
}

/** The configuration and the catalogue, where they differ from what the ledger last said of them. */
export async function populationEntries(project: Project, store: Store, frame: RunFrame) {
  const configuration = await lastDigest(store, 'configuration.recorded')
  const catalogue = await lastDigest(store, 'catalogue.recorded')
  return [
    ...(configuration === project.config.digest ? [] : [configurationEntry(project, frame)]),
    ...(catalogue === project.catalogueDigest ? [] : [catalogueEntry(project, frame)]),
  ]
}

async function lastDigest(store: Store, kind: string): Promise<unknown> {
  for await (const { entry } of store.entries({ kinds: [kind], order: 'desc', limit: 1 })) return entry.facts.digest
  return undefined
}

/** `20261124T022342Z-3f9c`: sorts by time, and two runs in one second differ. */
function runId(project: Project): string {
  const stamp = project.clock.now().replaceAll(/[-:]|\.\d+/g, '')
  return `${stamp}-${randomBytes(2).toString('hex')}`
}
