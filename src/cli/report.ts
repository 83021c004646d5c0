import { resolve } from 'node:path'
import { Command } from 'commander'
import { periodNamed } from '../app/assessment.ts'
import { issue, openProject } from '../app.ts'
import { tallyCode } from './exit.ts'
import { configOption, jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { shortestPath } from './shortest-path.ts'
import { stampingText } from './stamping-text.ts'
import { printSummary } from './summary.ts'
import { printable, say, sayJson, sayText, tell, tone } from './terminal.ts'

type Options = { readonly config: string; readonly json?: boolean; readonly period?: string; readonly output?: string }

export function reportCommand(shell: Shell): Command {
  return new Command('report')
    .description('Judge a period and issue the signed PDF report (and HTML and JSON with the same content)')
    .addOption(configOption())
    .option('--period <id|from..to>', 'the assessment period; the current one where absent')
    .option('-o, --output <folder>', 'where the files go; reports.directory of the configuration where absent')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExit code 0 when every control is satisfied, 1 when findings are open or nothing\nwas judged; the report is issued either way.',
    )
    .action(async (options: Options) => {
      const project = await openProject(options.config)
      const period = periodNamed(project, options.period)
      // What is typed is relative to the working folder, what is configured to the configuration.
      const directory = options.output === undefined ? undefined : resolve(options.output)
      const report = await issue(project, { period, directory, signal: shell.signal })
      const { id, files, settled, level, asked, shortfall, stamping, assessment } = report
      if (settled.length > 0) {
        tell(`affidavit: put in place what an earlier process had recorded and was stopped over: ${settled.join(', ')}`)
      }
      if (options.json) sayJson({ id, files, level, asked, shortfall, stamping, tally: assessment.tally, period })
      else {
        printSummary(assessment)
        say()
        say(`${tone('good', 'issued')}  ${id}, signed PAdES ${level}`)
        for (const file of Object.values(files)) say(`        ${shortestPath(file)}`)
        if (stamping.state === 'stamped') sayText(stampingText(stamping) ?? '', 8)
        say(tone('none', `check it: affidavit verify ${shortestPath(files.pdf)}`))
      }
      if (shortfall !== null) {
        tell(`affidavit: the report was to be PAdES ${asked} and is ${level}: ${printable(shortfall)}`)
        tell(`    raise it later with: affidavit timestamp ${shortestPath(files.pdf)}`)
      }
      if (stamping.state === 'pending') tell(`affidavit: the evidence in it: ${stampingText(stamping)}`)
      if (assessment.runs.length === 0) {
        tell(`affidavit: nothing was collected in ${period.id}, so that the report judges nothing`)
      }
      shell.exit(tallyCode(assessment.tally))
    })
}
