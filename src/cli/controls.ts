import { Command } from 'commander'
import { chosenCatalogue, testCatalogue } from '../app.ts'
import type { Control } from '../model/control.ts'
import { frameworks } from '../model/control.ts'
import { ConfigError } from '../model/errors.ts'
import { exitCodes } from './exit.ts'
import { configOption, jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { objectiveNames } from './summary.ts'
import { say, sayJson, sayText, table, tone } from './terminal.ts'
import { count } from './words.ts'

export function controlsCommand(shell: Shell): Command {
  const command = new Command('controls').description('Look at the control catalogue, and test it')
  command
    .command('list')
    .description('The controls that apply, by objective')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (options: { config: string; json?: boolean }) => {
      const { controls } = await chosenCatalogue(options.config)
      if (options.json) return sayJson(controls)
      for (const [objective, name] of Object.entries(objectiveNames)) {
        const mine = controls.filter((control) => control.objective === objective)
        if (mine.length === 0) continue
        say(tone('strong', name))
        say(
          table(
            mine.map(({ id, title, severity }) => [id, tone('none', severity), title]),
            2,
          ),
        )
        say()
      }
      say(`${count(controls.length, 'control')}; one in full: affidavit controls show ${controls[0]?.id ?? 'ID'}`)
    })
  command
    .command('show')
    .description('One control in full')
    .argument('<id>')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (id: string, options: { config: string; json?: boolean }) => {
      const { controls } = await chosenCatalogue(options.config)
      const control = controls.find((one) => one.id.toLowerCase() === id.toLowerCase())
      if (!control) {
        throw new ConfigError('AFD_CONTROL_UNKNOWN', `there is no control "${id}"`, {
          hint: 'see them with: affidavit controls list',
        })
      }
      if (options.json) return sayJson(control)
      printControl(control)
    })
  command
    .command('test')
    .description("Run a catalogue's own examples: facts in, expected outcome out")
    .argument('[files...]', 'catalogue files; those of the configuration, or the built-in ones, where none are named')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (files: string[], options: { config: string; json?: boolean }) => {
      const results = await testCatalogue(files, options.config)
      const failed = results.filter(({ passed }) => !passed)
      if (options.json) sayJson(results)
      else {
        for (const { control, title, expected, actual, reason } of failed) {
          say(`${tone('bad', 'failed')}  ${control}: ${title}`)
          say(`        expected ${expected}, got ${actual}: ${reason}`)
        }
        say(`${results.length - failed.length} passed, ${failed.length} failed`)
      }
      if (failed.length > 0) shell.exit(exitCodes.findings)
    })
  return command
}

function printControl(control: Control): void {
  const { risk, rule } = control
  say(`${tone('strong', control.id)}  ${tone('strong', control.title)}`)
  say()
  sayText(control.statement)
  say()
  say(
    table([
      ['Objective', objectiveNames[control.objective]],
      ['Severity', control.severity],
      ['Risk', `${risk.area.replaceAll('-', ' ')}: likelihood ${risk.likelihood}, impact ${risk.impact}. ${risk.why}`],
      ['Looks at', `${rule.kind}${rule.where ? ` where ${rule.where}` : ''}`],
      ['Must hold', `${rule.expect} (${rule.quantifier === 'every' ? 'for every one' : 'for at least one'})`],
      ...(rule.undetermined ? [['Undetermined', rule.undetermined]] : []),
      ...Object.entries(control.parameters).map(([name, { default: value, description }]) => [
        'Parameter',
        `${name} = ${JSON.stringify(value)}: ${description}`,
      ]),
      ...Object.entries(control.references).map(([framework, ids]) => [
        frameworks[framework] ?? framework,
        ids.join(', '),
      ]),
      ['What to do', control.remediation],
      ...control.reperform.map((line) => ['Perform again', line]),
      ['From', control.source],
    ]),
  )
}
