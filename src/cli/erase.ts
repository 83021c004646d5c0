import type { Command } from 'commander'
import { demandedErasure, type ErasureDemand, eraseOnDemand } from '../app/erase-on-demand.ts'
import { openLedgerKey } from '../app/keys.ts'
import { openLedger, openProject, stampNow } from '../app.ts'
import { confirmErasure } from './ask.ts'
import { configOption, jsonOption, yesOption } from './options.ts'
import { appliedJson, entriesText, printApplied, sizeText } from './retention-page.ts'
import type { Shell } from './shell.ts'
import { stampingText } from './stamping-text.ts'
import { printable, say, sayHanging, sayJson, table, tone } from './terminal.ts'
import { count } from './words.ts'

type Options = {
  readonly config: string
  readonly json?: boolean
  readonly yes?: boolean
  readonly artefact?: string
  readonly reason: string
  readonly policy?: string
  readonly basis?: string
}

/** `evidence erase`. */
export function addEraseCommand(command: Command, shell: Shell): void {
  command
    .command('erase')
    .description('Erase raw bytes that somebody has a right to have erased; the entry stays and says so')
    .argument('[entry]', 'E-12 or 12; all of its artefacts, where none is named')
    .addOption(configOption())
    .addOption(jsonOption())
    .addOption(yesOption())
    .option('--artefact <name|commitment>', 'only this one')
    .requiredOption(
      '--reason <text>',
      'why, without the name of the person: it is kept for good, and printed in reports',
    )
    .option('--basis <text>', 'the law or contract, as in "GDPR Art. 17"')
    .option('--policy <id>', 'a policy of the configuration, whose basis it is, instead of --basis')
    .action(async (entry: string | undefined, options: Options) => {
      const { artefact, reason, policy, basis } = options
      const demand: ErasureDemand = { entry, artefact, reason, policy, basis }
      const project = await openProject(options.config)
      const ledgerKey = await openLedgerKey(project)
      await using store = await openLedger(project, 'write')
      const demanded = await demandedErasure(project, store, demand)
      if (!options.json) printDemanded(demanded)
      const what = `${count(demanded.artefacts.length, 'artefact', 'artefacts')} will be erased`
      if (!(await confirmErasure(what, options.yes ?? false, shell.signal))) return say('Nothing was erased.')
      const applied = await eraseOnDemand(project, store, ledgerKey, demand, demanded)
      const stamping = await stampNow(project, shell.signal)
      if (options.json) return sayJson({ ...appliedJson(applied), stamping })
      printApplied(applied, stampingText(stamping))
    })
}

function printDemanded({ artefacts, basis }: Awaited<ReturnType<typeof demandedErasure>>): void {
  say(`Basis: ${printable(basis)}`)
  say(table(artefacts.map((each) => [entriesText(each), printable(each.name), sizeText(each.size), each.commitment])))
  for (const { name, early } of artefacts) {
    if (early === null) continue
    const sentence = `policy ${early.policy} would have kept ${printable(name)} until ${early.until.slice(0, 10)}.`
    sayHanging(`${tone('warn', 'note')}  `, sentence)
  }
}
