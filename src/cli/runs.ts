import { Command } from 'commander'
import { listRuns, runEntries } from '../app/browse.ts'
import { openLedger, openProject } from '../app.ts'
import type { RunRecord } from '../model/assessment.ts'
import { configOption, jsonOption, lastOption } from './options.ts'
import { runPage } from './run-page.ts'
import type { Shell } from './shell.ts'
import { say, sayJson, table, tone } from './terminal.ts'

export function runsCommand(_: Shell): Command {
  const command = new Command('runs').description('Look at the collection runs that the ledger tells of')
  command
    .command('list')
    .description('All runs, newest first')
    .addOption(configOption())
    .addOption(jsonOption())
    .addOption(lastOption(20))
    .action(async (options: { config: string; json?: boolean; last: number }) => {
      const project = await openProject(options.config)
      await using store = await openLedger(project, 'read')
      const known = (await listRuns(store)).toReversed()
      const runs = known.slice(0, options.last)
      if (options.json) return sayJson(runs)
      if (runs.length === 0) return say('There is no run yet; make one with: affidavit run')
      const head = ['run', 'started', 'slot', 'state', 'collected'].map((name) => tone('none', name))
      say(table([head, ...runs.map(runRow)]))
      if (runs.length < known.length)
        say(tone('none', `the newest ${runs.length} of ${known.length}; more with --last`))
    })
  command
    .command('show')
    .description('One run: what each target brought')
    .argument('<run>', 'as affidavit runs list names it')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (run: string, options: { config: string; json?: boolean }) => {
      const project = await openProject(options.config)
      await using store = await openLedger(project, 'read')
      const entries = await runEntries(store, run)
      if (options.json) return sayJson(entries)
      say(runPage(run, entries))
    })
  return command
}

function runRow({ run, started, slot, late, state, completed, targets }: RunRecord): readonly string[] {
  const colour = state === 'finished' ? 'good' : 'warn'
  return [
    run,
    started,
    slot ? `${slot}${late ? ' (late)' : ''}` : 'by hand',
    tone(colour, state),
    `${completed} of ${targets}`,
  ]
}
