import { Command } from 'commander'
import type { Project } from '../app/project.ts'
import { planRetention, type RetentionPlan } from '../app/retention-plan.ts'
import { noStamping } from '../app/stamp-ledger.ts'
import { applyRetentionNow, openLedger, openProject, stampNow } from '../app.ts'
import { confirmErasure } from './ask.ts'
import { configOption, jsonOption, yesOption } from './options.ts'
import { appliedJson, planJson, printApplied, printPlan, sizeText } from './retention-page.ts'
import type { Shell } from './shell.ts'
import { stampingText } from './stamping-text.ts'
import { say, sayJson } from './terminal.ts'
import { count } from './words.ts'

export function retentionCommand(shell: Shell): Command {
  const command = new Command('retention').description(
    'Erase raw bytes as the policies under retention: say, each erasure an entry of the ledger',
  )
  command
    .command('plan')
    .description('What would be erased now, under which policy, and what a legal hold keeps; changes nothing')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (options: { config: string; json?: boolean }) => {
      const project = await openProject(options.config)
      const plan = await planOf(project, 'read')
      if (options.json) return sayJson(planJson(plan))
      printPlan(project, plan)
    })
  command
    .command('apply')
    .description('Erase what the plan shows, for good; asks before it does')
    .addOption(configOption())
    .addOption(jsonOption())
    .addOption(yesOption())
    .addHelpText(
      'after',
      `
Entries, hashes and judgements stay as they are: only raw bytes go, with their
salts. Backups and bundles that were made before still have them.
docs/retention.md says what that means.`,
    )
    .action(async (options: { config: string; json?: boolean; yes?: boolean }) => {
      const project = await openProject(options.config)
      const plan = await planOf(project, 'write')
      if (!options.json) printPlan(project, plan)
      if (plan.due.length > 0) {
        const size = sizeText(plan.due.reduce((sum, artefact) => sum + artefact.size, 0))
        const what = `${count(plan.due.length, 'artefact', 'artefacts')} (${size}) will be erased`
        if (!(await confirmErasure(what, options.yes ?? false, shell.signal))) return say('Nothing was erased.')
      }
      const only = new Set(plan.due.map(({ commitment }) => commitment))
      const applied = await applyRetentionNow(project, { trigger: 'by-hand', only, signal: shell.signal })
      const stamping = applied.erasures.length > 0 ? await stampNow(project, shell.signal) : noStamping
      if (options.json) return sayJson({ ...appliedJson(applied), stamping })
      say()
      printApplied(applied, stampingText(stamping))
    })
  return command
}

/** Reads the store and lets go of it again, so that a person may think as long as they like. */
async function planOf(project: Project, mode: 'read' | 'write'): Promise<RetentionPlan> {
  await using store = await openLedger(project, mode)
  return await planRetention(project, store)
}
