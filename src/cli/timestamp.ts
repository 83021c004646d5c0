import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import { openProject, raise } from '../app.ts'
import { type SignatureLevel, signatureLevels } from '../model/signature-level.ts'
import { configOption, jsonOption, severalOption, trustOptions } from './options.ts'
import type { Shell } from './shell.ts'
import { shortestPath } from './shortest-path.ts'
import { printable, say, sayJson, tell, tone } from './terminal.ts'

type Options = {
  readonly config: string
  readonly to?: SignatureLevel
  readonly timestamp: readonly string[]
  readonly trust: readonly string[]
  readonly trustTimes: readonly string[]
  readonly crl: readonly string[]
  readonly revocationHost: readonly string[]
  readonly output?: string
  readonly json?: boolean
}

const own = "the configuration's own, where there is one"

export function timestampCommand(shell: Shell): Command {
  const command = new Command('timestamp')
    .description('Timestamp an issued report, make it provable for longer, or renew that, as a new file')
    .argument('<report>', 'a signed PDF; it stays as it is')
    .addOption(new Option('--to <level>', 'the level to reach').choices(signatureLevels.slice(1)))
    .addOption(severalOption('--timestamp <url>', 'a time-stamping authority (RFC 3161)', own))
  for (const option of trustOptions()) command.addOption(option)
  return command
    .addOption(severalOption('--crl <file>', 'a revocation list, for an authority that nobody can ask', own))
    .addOption(severalOption('--revocation-host <host>', 'a revocation service that may be asked, and no others', own))
    .option('-o, --output <file>', 'where the new file goes; <report>-timestamped.pdf where absent')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
A report without a time stamp gets one over the whole file (B-T); with the
revocation data of every certificate it is B-LT, with a time stamp over those
B-LTA. A B-LTA report gets a newer time stamp: do that before the certificates
of the last one run out. Without --to it goes as far as the configuration asks,
or to B-LTA where it is there already.

What cannot be had is told and leaves the file at the level reached; exit code 5
where nothing could be added.`,
    )
    .action(async (file: string, { config, crl, revocationHost, ...options }: Options) => {
      const project = existsSync(config) || config !== 'affidavit.yaml' ? await openProject(config) : null
      const result = await raise({ ...options, crls: crl, hosts: revocationHost, file, project, signal: shell.signal })
      const { path, before, level, asked, additions, shortfall, recorded, unrecorded } = result
      if (options.json) sayJson(result)
      else {
        const now = before === level ? `PAdES ${level} as before` : `PAdES ${level}, before ${before}`
        say(`${tone('good', 'timestamped')}  ${printable(shortestPath(path))}, ${now}`)
        say(`             added: ${additions.map((kind) => words[kind]).join(', ')}`)
        say(
          tone('none', recorded ? `recorded in the ledger, as ${printable(recorded)}` : `not recorded: ${unrecorded}`),
        )
      }
      if (shortfall !== null)
        tell(`affidavit: the report was to be PAdES ${asked} and is ${level}: ${printable(shortfall)}`)
    })
}

const words = {
  'document-timestamp': 'a time stamp over the whole file',
  'validation-data': 'revocation data',
} as const
