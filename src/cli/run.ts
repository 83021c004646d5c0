import { Command } from 'commander'
import { Listr } from 'listr2'
import type { ClockBehind } from '../app/clock-behind.ts'
import type { RunEvent, RunResult } from '../app/run.ts'
import { collectNow, openProject } from '../app.ts'
import type { Assessment } from '../model/assessment.ts'
import { ConfigError } from '../model/errors.ts'
import type { Collection } from '../model/evidence.ts'
import type { PlannedTarget } from '../model/plan.ts'
import { exitCodes, tallyCode } from './exit.ts'
import { keepNurserySmall } from './memory.ts'
import { configOption, jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { stampingText } from './stamping-text.ts'
import { printSummary } from './summary.ts'
import { say, sayJson, sayText, tell, tone } from './terminal.ts'
import { count } from './words.ts'

export function runCommand(shell: Shell): Command {
  return new Command('run')
    .description('Collect from all targets once, keep the evidence, judge it, print a summary')
    .argument('[targets...]', 'only these: a system, a component (system/component) or a target id')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExit code 0 when every control is satisfied, 1 when findings are open or nothing\nwas judged.',
    )
    .action(async (names: string[], options: { config: string; json?: boolean }) => {
      keepNurserySmall()
      const project = await openProject(options.config)
      const targets = chosen(project.config.plan, names)
      const progress = startProgress(targets, options.json === true)
      const { run, stamping, assessment } = await collectNow(project, {
        targets,
        signal: shell.signal,
        onEvent: progress.on,
      }).finally(progress.end)
      if (options.json) sayJson({ run, stamping, assessment })
      else printRun(run, assessment, stampingText(stamping))
      shell.exit(exitCode(run, assessment))
    })
}

/** What a run says to a script. */
export function exitCode(run: RunResult, assessment: Assessment): number {
  if (run.bugs.length > 0) return exitCodes.bug
  if (run.state === 'interrupted') return exitCodes.interrupted
  return tallyCode(assessment.tally)
}

function chosen(plan: readonly PlannedTarget[], names: readonly string[]): readonly PlannedTarget[] {
  if (names.length === 0) return plan
  const matches = (target: PlannedTarget, name: string) => target.id === name || target.id.startsWith(`${name}/`)
  const unknown = names.find((name) => !plan.some((target) => matches(target, name)))
  if (unknown !== undefined) {
    throw new ConfigError('AFD_TARGET_UNKNOWN', `no system, component or target is called "${unknown}"`, {
      hint: `targets: ${plan.map(({ id }) => id).join(', ')}`,
    })
  }
  return plan.filter((target) => names.some((name) => matches(target, name)))
}

function printRun(run: RunResult, assessment: Assessment, stamped: string | null): void {
  const ended = run.state === 'finished' ? 'finished' : tone('warn', 'interrupted')
  sayText(
    `Run ${run.run} ${ended}: ${count(run.completed, 'target')} collected, ${run.failed} failed, ` +
      `${count(run.observations, 'observation')}; the ledger holds ${count(run.ledger.size, 'entry', 'entries')}`,
  )
  if (run.state === 'interrupted') sayText('What was collected until then is kept.')
  else {
    say()
    printSummary(assessment)
  }
  if (stamped !== null) {
    say()
    sayText(stamped)
  }
  say()
  if (run.failed > 0) sayText(tone('none', `why it failed: affidavit runs show ${run.run}`))
  sayText(tone('none', 'the signed report of this period: affidavit report'))
  for (const bug of run.bugs) tell(`affidavit: a collector broke by its own fault; please report it: ${bug}`)
}

type Progress = { on(event: RunEvent): void; end(): Promise<void> }

/** A live list on a terminal; a line for each target elsewhere; nothing beside JSON. */
function startProgress(targets: readonly PlannedTarget[], quiet: boolean): Progress {
  if (quiet) return { on: sayBeginning, end: async () => {} }
  return process.stdout.isTTY && process.stderr.isTTY ? liveProgress(targets) : plainProgress()
}

function plainProgress(): Progress {
  return {
    on: (event) => {
      sayBeginning(event)
      if (event.type === 'collected') tell(`${event.target.id}: ${endText(event.collection)}`)
    },
    end: async () => {},
  }
}

function liveProgress(targets: readonly PlannedTarget[]): Progress {
  const ends = new Map(targets.map(({ id }) => [id, Promise.withResolvers<Collection | undefined>()]))
  const list = new Listr(
    targets.map(({ id }) => ({
      title: id,
      task: async (_, task) => {
        const collection = await ends.get(id)?.promise
        const text = collection ? endText(collection) : 'not collected'
        task.title = `${id}: ${text}`
        if (!collection || collection.failure) throw new Error(text)
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      // Listr would end the process at Ctrl-C, before the run is recorded as interrupted.
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: false, showErrorMessage: false },
    },
  )
  const done = list.run()
  return {
    on: (event) => {
      sayBeginning(event)
      if (event.type === 'collected') ends.get(event.target.id)?.resolve(event.collection)
    },
    end: async () => {
      for (const { resolve } of ends.values()) resolve(undefined)
      await done
    },
  }
}

/** What a run finds before it begins. */
function sayBeginning(event: RunEvent): void {
  if (event.type === 'recovered') {
    tell(`An earlier run ended before its time and is recorded as interrupted: ${event.runs.join(', ')}`)
  }
  if (event.type === 'clock-behind') tell(clockText(event.clock))
}

function clockText({ now, behindMs, newest }: ClockBehind): string {
  return (
    `affidavit: this machine’s clock says ${now}, ${spanText(behindMs)} before the ledger’s newest entry ` +
    `(E-${newest.entry}, ${newest.collected}): one of the two is wrong. Check the clock. This run is kept, its entries ` +
    'behind the others, with the times that the clock says now; that it was behind is recorded with it.'
  )
}

function spanText(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return count(Math.round(ms / 1_000), 'second')
  if (minutes < 120) return count(minutes, 'minute')
  return minutes < 2_880 ? count(Math.round(minutes / 60), 'hour') : count(Math.round(minutes / 1_440), 'day')
}

function endText({ observations, failure, usage }: Collection): string {
  const seconds = `${(usage.durationMs / 1000).toFixed(1)} s`
  if (failure) return `failed after ${seconds}: ${failure.message}`
  return `${count(observations.length, 'observation')} in ${seconds}`
}
