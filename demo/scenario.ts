import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { assessPeriod, comparePeriods } from '../src/app/assessment.ts'
import { makeKeys } from '../src/app/keys.ts'
import type { IssuedReport } from '../src/app/report.ts'
import type { RunEvent, RunResult } from '../src/app/run.ts'
import type { ReportVerification, StoreVerificationResult } from '../src/app/verify.ts'
import { verifyReport, verifyTheStore } from '../src/app/verify.ts'
import { collectNow, issue, openLedger, openProject } from '../src/app.ts'
import { makeFolder } from '../src/disk/make-folder.ts'
import type { Assessment, Comparison } from '../src/model/assessment.ts'
import { ConfigError } from '../src/model/errors.ts'
import { instant, later } from '../src/model/time.ts'
import { type DemoEdition, type DemoPeriod, demoConfiguration, demoMark } from './configuration.ts'
import { soundSettings } from './servers/api-settings.ts'
import { type PlantedFault, plantedFaults } from './servers/faults.ts'
import { type SystemChange, startSoundSystem, startWeakSystem } from './servers/index.ts'
import { startTimeStampAuthority } from './servers/time-stamp-authority.ts'

/** What is mended between the two periods, and again within the second one: each step is collected. */
export const mendings: readonly (readonly { readonly sentence: string; readonly change: SystemChange }[])[] = [
  [
    { sentence: 'TLS 1.0 and 1.1 are switched off', change: { api: { minTls: 'TLSv1.2' } } },
    { sentence: 'the certificate is renewed', change: { api: { certificate: 'sound' } } },
  ],
  [
    { sentence: 'Strict-Transport-Security is sent', change: { api: { hsts: 'max-age=63072000; includeSubDomains' } } },
    { sentence: 'the audit log is closed to everybody but its owner and group', change: { logs: { mode: 0o640 } } },
  ],
]

/** What the demonstration tells while it goes on, in this order. */
export type DemoStep =
  | { readonly step: 'serving'; readonly editions: readonly DemoEdition[]; readonly timeStamps: string }
  | { readonly step: 'collecting'; readonly period: string; readonly targets: number }
  | { readonly step: 'collected'; readonly event: RunEvent }
  | { readonly step: 'judged'; readonly run: RunResult; readonly assessment: Assessment }
  | { readonly step: 'found'; readonly planted: number; readonly missed: readonly PlantedFault[] }
  | { readonly step: 'changed'; readonly sentences: readonly string[] }
  | { readonly step: 'compared'; readonly comparison: Comparison; readonly controls: Assessment['controls'] }
  | { readonly step: 'printing' }
  | { readonly step: 'issued'; readonly report: IssuedReport }
  | { readonly step: 'verified'; readonly report: ReportVerification; readonly store: StoreVerificationResult }

export type DemoResult = {
  readonly configuration: string
  readonly before: Assessment
  readonly after: Assessment
  /** Faults of the weak edition that no finding of the first period shows. */
  readonly missedFaults: readonly PlantedFault[]
  readonly comparison: Comparison
  readonly report: IssuedReport
  readonly verification: ReportVerification
  readonly store: StoreVerificationResult
}

/**
 * Starts both editions of the Customer Data API and a time-stamping authority, collects and judges, mends the weak one in two steps with a collection
 * after each as the next period, compares, issues the signed report and verifies it. What an earlier demonstration left in `folder` is
 * removed; nothing outside of it is touched.
 */
export async function runDemo(options: {
  readonly folder: string
  readonly signal: AbortSignal
  readonly tell: (step: DemoStep) => void
}): Promise<DemoResult> {
  const { signal, tell } = options
  const folder = resolve(options.folder)
  await clear(folder)
  await makeKeys({ folder: join(folder, 'keys'), organisation: 'Example Retail Ltd', passphrase: null })
  await using sound = await startSoundSystem(join(folder, 'servers', 'sound'))
  await using weak = await startWeakSystem(join(folder, 'servers', 'weak'))
  await using times = await startTimeStampAuthority(join(folder, 'servers', 'times'))
  const editions: readonly DemoEdition[] = [
    { id: 'customer-data-api-sound', name: 'Customer Data API, sound edition', system: sound },
    { id: 'customer-data-api-weak', name: 'Customer Data API, weak edition', system: weak },
  ]
  tell({ step: 'serving', editions, timeStamps: times.url })

  const configuration = join(folder, 'affidavit.yaml')
  const begin = instant(Date.now())
  await writeFile(configuration, demoConfiguration(editions, [period('before', begin, later(begin, day))], times))
  const before = await collectAndJudge(configuration, 'before', { signal, tell })

  const missedFaults = missed(before)
  tell({ step: 'found', planted: plantedFaults.length, missed: missedFaults })

  let boundary = begin
  for (const [step, changes] of mendings.entries()) {
    for (const { change } of changes) await weak.change(change)
    // The sound edition has met its rate limit; it is asked again when the limit's window is over.
    await setTimeout(soundSettings.rateLimit.windowSeconds * 1000, undefined, { signal })
    tell({ step: 'changed', sentences: changes.map(({ sentence }) => sentence) })
    if (step === 0) {
      boundary = instant(Date.now())
      const running = period('after', boundary, later(boundary, day))
      await writeFile(configuration, demoConfiguration(editions, [period('before', begin, boundary), running], times))
    }
    await collectAndJudge(configuration, 'after', { signal, tell })
  }

  // A report is of a period that has ended: this one ends when the last collection is in.
  const end = instant(Date.now() + 1)
  await setTimeout(2, undefined, { signal })
  const periods = [period('before', begin, boundary), period('after', boundary, end)]
  await writeFile(configuration, demoConfiguration(editions, periods, times))
  const project = await openProject(configuration)
  const comparison = await compareBoth(configuration)
  tell({ step: 'compared', comparison, controls: before.controls })

  tell({ step: 'printing' })
  const [, current] = project.config.periods.list
  if (!current) throw new Error('the demonstration has two periods')
  const report = await issue(project, { period: current, signal })
  tell({ step: 'issued', report })
  const verification = await verifyReport(report.files.pdf, { trust: [], project })
  const store = await verifyTheStore(project, signal)
  tell({ step: 'verified', report: verification, store })
  return { configuration, before, after: report.assessment, missedFaults, comparison, report, verification, store }
}

const day = 86_400_000

function missed({ findings }: Assessment): readonly PlantedFault[] {
  const broken = new Set(
    findings
      .filter(
        ({ component, outcome }) => component.startsWith('customer-data-api-weak/') && outcome === 'not-satisfied',
      )
      .map(({ control }) => control),
  )
  return plantedFaults.filter(({ control }) => !broken.has(control))
}

/** Empties a folder that an earlier demonstration made; refuses one that holds anything else. */
async function clear(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const configuration = await readFile(join(folder, 'affidavit.yaml'), 'utf8').catch(() => '')
  if (names.length > 0 && !configuration.startsWith(demoMark)) {
    throw new ConfigError('AFD_DEMO_FOLDER', `${folder} holds something else than a demonstration; it stays as it is`, {
      hint: 'name another folder with --folder',
    })
  }
  try {
    await rm(folder, { recursive: true, force: true })
    makeFolder(folder, 0o700)
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    throw new ConfigError(
      'AFD_DEMO_FOLDER',
      `the folder ${folder} cannot be made anew (${cause.message.split(',')[0]})`,
      {
        hint: 'go to a folder where you may write, or name another one with --folder',
        cause,
      },
    )
  }
}

async function collectAndJudge(
  configuration: string,
  name: string,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (step: DemoStep) => void },
): Promise<Assessment> {
  const project = await openProject(configuration)
  const targets = project.config.plan
  tell({ step: 'collecting', period: name, targets: targets.length })
  const { run, assessment } = await collectNow(project, {
    targets,
    signal,
    onEvent: (event) => tell({ step: 'collected', event }),
  })
  tell({ step: 'judged', run, assessment })
  signal.throwIfAborted()
  return assessment
}

async function compareBoth(configuration: string): Promise<Comparison> {
  const project = await openProject(configuration)
  const [before, after] = project.config.periods.list
  if (!before || !after) throw new Error('the demonstration has two periods')
  await using store = await openLedger(project, 'read')
  return comparePeriods(await assessPeriod(project, store, before), await assessPeriod(project, store, after))
}

function period(id: string, from: string, to: string): DemoPeriod {
  return { id, from, to }
}
