import { Command } from 'commander'
import { browserWarnings } from '../app/browser-warnings.ts'
import { inspectProject } from '../app/inspect.ts'
import { configurationSchema, openProject } from '../app.ts'
import { InvalidFileError } from '../config/problem.ts'
import { nextSlot } from '../model/schedule.ts'
import { timeIn } from '../model/time.ts'
import { configOption, jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { say, sayJson, table, tone } from './terminal.ts'
import { count } from './words.ts'

export function checkCommand(shell: Shell): Command {
  return new Command('check')
    .description('Validate the configuration; says every error at once, with its line and column')
    .addOption(configOption())
    .addOption(jsonOption())
    .option('--schema', 'print the JSON Schema of affidavit.yaml, for editors')
    .action(async (options: { config: string; json?: boolean; schema?: boolean }) => {
      if (options.schema) return sayJson(configurationSchema())
      const project = await openProject(options.config).catch((error: unknown) => {
        if (options.json && error instanceof InvalidFileError) sayJson({ valid: false, problems: error.problems })
        throw error
      })
      const { config, catalogue } = project
      const warnings = [...(await inspectProject(project)), ...(await browserWarnings({ signal: shell.signal }))]
      const now = project.clock.now()
      const schedules = config.schedules.map((schedule) => ({
        ...schedule,
        targets: config.plan.filter((target) => target.schedule?.id === schedule.id).length,
        next: nextSlot(schedule, now),
      }))
      if (options.json) {
        return sayJson({
          valid: true,
          systems: config.systems,
          targets: config.plan.map(({ id, collector, schedule }) => ({
            id,
            collector,
            schedule: schedule?.id ?? null,
          })),
          schedules,
          controls: catalogue.controls.length,
          warnings,
        })
      }
      say(`${tone('good', 'valid')}  ${project.file}`)
      say()
      const { systems, plan } = config
      const components = systems.flatMap((system) => system.components)
      say(
        table([
          ['Organisation', `${config.organisation.name} (${config.organisation.timeZone})`],
          [
            'Systems',
            `${systems.length}, with ${count(components.length, 'component')} and ${count(plan.length, 'target')}`,
          ],
          ['Controls', `${catalogue.controls.length}`],
          ...schedules.map(({ id, cron, targets, next }) => [
            'Schedule',
            `${id} (${cron}): ${count(targets, 'target')}, next ${timeIn(next, config.organisation.timeZone)}`,
          ]),
        ]),
      )
      if (warnings.length === 0) return
      say()
      for (const { message, hint } of warnings)
        say(`${tone('warn', 'warning')}  ${message}\n         ${tone('none', hint)}`)
    })
}
