import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadCollectors } from '../collectors/registry.ts'
import { assessPeriod } from './app/assessment.ts'
import type { ExportedBundle, ExportOptions } from './app/bundle/export.ts'
import { openBundle } from './app/bundle/verify.ts'
import { openLedgerKey, openReportKey } from './app/keys.ts'
import { ledgerOrigin } from './app/origin.ts'
import type { Ports } from './app/ports.ts'
import { loadCatalogue, loadProject, type Project, readCatalogue, ruleProblems } from './app/project.ts'
import { type RaisedReport, type RaiseReportOptions, raiseReport } from './app/raise-report.ts'
import type { ReplayEvent } from './app/replay/outcome.ts'
import { type ReplaySelection, replayEvidence } from './app/replay/replay.ts'
import { bundleSource, storeSource } from './app/replay/source.ts'
import type { IssuedReport, ReportOptions } from './app/report.ts'
import { type AppliedRetention, applyRetention } from './app/retention-apply.ts'
import type { RetentionSlot } from './app/retention-slot.ts'
import { type RunEvent, type RunResult, runOnce, type Trigger } from './app/run.ts'
import { configuredSecrets } from './app/secrets.ts'
import { noStamping, type Stamping, type StampingParts, stampWhenDue } from './app/stamp-ledger.ts'
import { type CheckpointStatement, stateCheckpoint } from './app/state-checkpoint.ts'
import { openTimestamper } from './app/timestamper.ts'
import { type ExampleResult, testControl } from './assess/catalogue-test.ts'
import { collectPlan } from './collect/collect-plan.ts'
import type { Log } from './collect/contract.ts'
import { configJsonSchema, periodAt } from './config/config.ts'
import { InvalidFileError } from './config/problem.ts'
import { openStore } from './ledger/open.ts'
import type { Store } from './ledger/store.ts'
import type { Assessment } from './model/assessment.ts'
import type { Catalogue } from './model/control.ts'
import type { Sha256 } from './model/digest.ts'
import { IntegrityError } from './model/errors.ts'
import type { JsonObject } from './model/json.ts'
import type { PlannedTarget } from './model/plan.ts'
import { type Clock, type Instant, instant } from './model/time.ts'
import { printPdf } from './render/print.ts'

const collectors = await loadCollectors()

/** The machine's clock. */
const clock: Clock = { now: () => instant(Date.now()) }

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {} }

const ports: Ports = {
  openLedger,
  ledgerKey: openLedgerKey,
  reportKey: openReportKey,
  timestamper: openTimestamper,
  print: printPdf,
}

/** Reads affidavit.yaml and its catalogues; throws ConfigError with every problem of a file at once. */
export function openProject(file: string): Promise<Project> {
  return loadProject(file, { collectors, clock })
}

/** Opens the configuration's evidence store; a store that is only read must exist. Throws StoreError. */
export function openLedger(project: Project, mode: 'create' | 'write' | 'read'): Promise<Store> {
  return openStore({
    path: resolve(project.directory, project.config.store.path),
    origin: ledgerOrigin(project.config),
    clock,
    mode,
  })
}

/** One run over the targets, its checkpoint timestamped where that is due, and the judgement of the period it falls in. */
export async function collectNow(
  project: Project,
  options: {
    readonly targets: readonly PlannedTarget[]
    readonly trigger?: Trigger
    readonly slot?: Instant | null
    readonly signal: AbortSignal
    readonly log?: Log
    readonly onEvent?: (event: RunEvent) => void
  },
): Promise<{ readonly run: RunResult; readonly stamping: Stamping; readonly assessment: Assessment }> {
  const ledgerKey = await ports.ledgerKey(project)
  await using store = await openLedger(project, 'create')
  const { targets, signal, trigger = 'by-hand', slot = null, log = silent, onEvent } = options
  const concealed = await configuredSecrets(project)
  const run = await runOnce(
    project,
    {
      store,
      ledgerKey,
      collectPlan: (plan) =>
        collectPlan({
          ...plan,
          collectors,
          clock,
          log,
          concealed,
          baseDirectory: project.directory,
          concurrency: project.config.limits.concurrency,
        }),
    },
    { trigger, slot, targets, signal, ...(onEvent ? { onEvent } : {}) },
  )
  const stamping = await stampWhenDue(project, store, stampingParts(project, signal))
  const assessment = await assessPeriod(project, store, periodAt(project.config, clock.now()))
  return { run, stamping, assessment }
}

/** Has the store's newest checkpoint timestamped where that is due; an outage leaves it pending. Throws StoreError. */
export async function stampNow(project: Project, signal: AbortSignal): Promise<Stamping> {
  if (!project.config.signing.timestamp) return noStamping
  await using store = await openLedger(project, 'write')
  return await stampWhenDue(project, store, stampingParts(project, signal))
}

/** Signs the ledger as it is and has that timestamped, as a statement to hand out. Throws StoreError or SigningError. */
export async function signCheckpoint(project: Project, signal: AbortSignal): Promise<CheckpointStatement> {
  const ledgerKey = await ports.ledgerKey(project)
  await using store = await openLedger(project, 'write')
  return await stateCheckpoint(project, store, { ...stampingParts(project, signal), ledgerKey })
}

function stampingParts(project: Project, signal: AbortSignal): StampingParts {
  return { timestamper: () => ports.timestamper(project), signal }
}

/** Erases what the configuration's retention policies say is due, as its schedule or a person asks. */
export async function applyRetentionNow(
  project: Project,
  options: {
    readonly trigger: 'by-hand' | 'schedule'
    readonly only?: ReadonlySet<Sha256>
    readonly slot?: RetentionSlot
    readonly signal: AbortSignal
  },
): Promise<AppliedRetention> {
  const ledgerKey = await ports.ledgerKey(project)
  await using store = await openLedger(project, 'write')
  return await applyRetention(project, store, ledgerKey, options)
}

/** Hands the evidence of a period, or of the whole ledger, out as a bundle. */
export async function exportEvidence(
  project: Project,
  { signal, ...options }: ExportOptions & { readonly signal: AbortSignal },
): Promise<ExportedBundle> {
  const { exportBundle } = await import('./app/bundle/export.ts')
  const ledgerKey = await ports.ledgerKey(project)
  await using store = await openLedger(project, 'write')
  return await exportBundle(project, store, { ...stampingParts(project, signal), ledgerKey }, options)
}

/** Issues the signed report of a period. */
export async function issue(project: Project, options: ReportOptions): Promise<IssuedReport> {
  // Charts and templates are loaded for those who print only.
  const { issueReport } = await import('./app/report.ts')
  await using store = await openLedger(project, 'write')
  return await issueReport(project, store, ports, options)
}

/** Raises a report that was issued to a higher level, or renews it, and records that. */
export async function raise(options: RaiseReportOptions): Promise<RaisedReport> {
  return await raiseReport(options, ports)
}

/** Derives the facts in the configuration's store again from the raw bytes; throws StoreError. */
export async function* replayStore(
  project: Project,
  selection: ReplaySelection,
  signal: AbortSignal,
): AsyncIterable<ReplayEvent> {
  await using store = await openLedger(project, 'read')
  yield* replayEvidence(storeSource(store), selection, { collectors, signal })
}

/** The same for a bundle, which is verified first; throws IntegrityError `AFD_BUNDLE_REFUSED`, and ConfigError. */
export async function* replayBundle(
  path: string,
  selection: ReplaySelection,
  signal: AbortSignal,
): AsyncIterable<ReplayEvent> {
  const bundle = await openBundle(path)
  if (!('entries' in bundle)) {
    const { checks } = bundle.result
    const why = checks.find(({ holds }) => holds === false)?.sentence ?? 'It is not what was exported.'
    throw new IntegrityError('AFD_BUNDLE_REFUSED', `the bundle is refused, so that nothing in it is replayed: ${why}`, {
      hint: `see everything that is wrong with it: affidavit verify ${path}`,
    })
  }
  yield* replayEvidence(bundleSource(bundle), selection, { collectors, signal })
}

/** The JSON Schema of affidavit.yaml. */
export function configurationSchema(): JsonObject {
  return configJsonSchema([...collectors.values()])
}

/** The catalogue of a configuration; the built-in one where the default configuration does not exist. */
export async function chosenCatalogue(file: string): Promise<Catalogue> {
  if (existsSync(file)) return (await openProject(file)).catalogue
  if (file !== 'affidavit.yaml') await openProject(file)
  return await loadCatalogue(
    { controls: { builtIn: true, catalogues: [], exclude: [], parameters: {} } },
    process.cwd(),
  )
}

/** Runs the examples of catalogue files, or of the chosen catalogue where none are named. */
export async function testCatalogue(files: readonly string[], config: string): Promise<readonly ExampleResult[]> {
  if (files.length === 0) return (await chosenCatalogue(config)).controls.flatMap(testControl)
  const catalogues = await Promise.all(files.map((file) => readCatalogue(resolve(file))))
  const problems = catalogues.flatMap(ruleProblems)
  if (problems.length > 0) throw new InvalidFileError('AFD_CATALOGUE_INVALID', problems)
  return catalogues.flatMap(({ controls }) => controls).flatMap(testControl)
}
