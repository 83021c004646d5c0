import type { Command } from 'commander'
import { periodNamed } from '../app/assessment.ts'
import { importBundle } from '../app/bundle/import.ts'
import { exportEvidence, openProject } from '../app.ts'
import { ConfigError } from '../model/errors.ts'
import { configOption, jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { stampingText } from './stamping-text.ts'
import { printable, say, sayHanging, sayJson, sayText, tell, tone } from './terminal.ts'
import { count } from './words.ts'

type ExportOptions = {
  readonly config: string
  readonly json?: boolean
  readonly period?: string
  readonly all?: boolean
  readonly output: string
}

/** `evidence export` and `evidence import`. */
export function addBundleCommands(command: Command, shell: Shell): void {
  command
    .command('export')
    .description('Entries, artefacts, checkpoints and proofs as one bundle that verifies without Affidavit')
    .addOption(configOption())
    .addOption(jsonOption())
    .option('--period <id|from..to>', 'of this assessment period; the current one where absent')
    .option('--all', 'the whole ledger instead, which can be imported again')
    .requiredOption('-o, --output <path>', 'a name that ends in .zip, or a folder')
    .action(async (options: ExportOptions) => {
      if (options.all && options.period !== undefined) {
        throw new ConfigError('AFD_EXPORT_SCOPE', '--all and --period exclude each other', { hint: 'leave one out' })
      }
      const project = await openProject(options.config)
      const period = options.all ? null : periodNamed(project, options.period)
      const bundle = await exportEvidence(project, { period, output: options.output, signal: shell.signal })
      const { stamping, revocation, unanswered } = bundle
      if (stamping.state === 'pending') {
        tell(`affidavit: the bundle's checkpoint is not timestamped: ${printable(stamping.reason)}`)
        tell('    export it again once an authority answers')
      }
      if (options.json) return sayJson(bundle)
      const entries = `${count(bundle.entries, 'entry', 'entries')}${bundle.whole ? ', the whole ledger' : ''}`
      say(`${tone('good', 'exported')}  ${entries}, ${count(bundle.artefacts, 'artefact', 'artefacts')}`)
      say(`          ${printable(bundle.output)}`)
      if (stamping.state === 'stamped') sayText(stampingText(stamping) ?? '', 10)
      if (revocation > 0)
        say(`          with ${count(revocation, 'revocation list or response', 'revocation lists and responses')}`)
      for (const reason of unanswered) {
        sayHanging(`${tone('warn', 'open')}      `, `no revocation data: ${printable(reason)}`)
      }
      say(tone('none', 'its README.md teaches verification with openssl and sha256sum; with us:'))
      say(tone('none', `  affidavit verify ${printable(bundle.output)}`))
    })
  command
    .command('import')
    .description('Make the evidence store of a bundle that holds a whole ledger; there must be none yet')
    .argument('<bundle>', 'the zip file or folder')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (bundle: string, options: { config: string; json?: boolean }) => {
      const result = await importBundle(await openProject(options.config), bundle)
      if (options.json) return sayJson(result)
      const { entries, artefacts, checkpoints } = result
      say(
        `${tone('good', 'imported')}  ${count(entries, 'entry', 'entries')}, ${count(artefacts, 'artefact', 'artefacts')}, ${count(checkpoints, 'checkpoint', 'checkpoints')}; the store verifies`,
      )
      say(`          ${printable(result.path)}`)
    })
}
