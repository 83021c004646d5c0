import { Command, Option } from 'commander'
import { type RevocationReason as Reason, revocationReasons as reasons, renewCrl } from '../app/authority.ts'
import { importKey, makeKeys, showKeys } from '../app/keys.ts'
import { openProject } from '../app.ts'
import { configOption, jsonOption } from './options.ts'
import type { Shell } from './shell.ts'
import { say, sayJson, table, tone } from './terminal.ts'

const passphraseHelp = 'where the passphrase is: env:NAME or file:path, never the passphrase itself'

export function keysCommand(_: Shell): Command {
  const command = new Command('keys').description('Make, show and import the keys that sign reports and checkpoints')
  command
    .command('make')
    .description('A local authority, a report key certified by it, and a ledger key')
    .requiredOption('--organisation <name>', 'stands in the certificates')
    .option('--folder <folder>', 'where to write', 'keys')
    .option('--passphrase <reference>', passphraseHelp)
    .addOption(jsonOption())
    .action(async (options: { organisation: string; folder: string; passphrase?: string; json?: boolean }) => {
      const files = await makeKeys({ ...options, passphrase: options.passphrase ?? null })
      if (options.json) return sayJson(files)
      say(table(files.map(({ path, purpose }) => [tone('good', 'written'), path, tone('none', purpose)])))
    })
  command
    .command('crl')
    .description(
      "Make the local authority's next revocation list, which says that its certificates are good, or which are not",
    )
    .option('--folder <folder>', 'where the authority is, and its last list', 'keys')
    .option('--passphrase <reference>', passphraseHelp)
    .option('--revoke <certificate>', 'a certificate of the authority that is not to be relied on from now on')
    .addOption(new Option('--reason <reason>', 'why').choices(reasons).default('unspecified'))
    .addOption(jsonOption())
    .action(
      async (options: { folder: string; passphrase?: string; revoke?: string; reason: Reason; json?: boolean }) => {
        const list = await renewCrl({ ...options, passphrase: options.passphrase ?? null })
        if (options.json) return sayJson(list)
        say(table([[tone('good', 'written'), list.path, tone('none', `good until ${list.until}`)]]))
      },
    )
  command
    .command('show')
    .description('What the keys of the configuration are')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (options: { config: string; json?: boolean }) => {
      const keys = await showKeys(await openProject(options.config))
      if (options.json) return sayJson(keys)
      for (const [index, certificate] of keys.report.entries()) {
        say(tone('strong', index === 0 ? 'Report key' : 'Issuer'))
        say(
          table(
            [
              ['Key', certificate.key],
              ['Subject', certificate.subject],
              ['Issuer', certificate.issuer],
              ['Serial', certificate.serial],
              ['Valid', `${certificate.notBefore} to ${certificate.notAfter}`],
              ['SHA-256', certificate.fingerprint],
            ],
            2,
          ),
        )
      }
      say(tone('strong', 'Ledger key'))
      say(`  ${keys.ledger ?? 'cannot be opened; is its passphrase set?'}`)
    })
  command
    .command('import')
    .description('Bring in a report key: PKCS#12 (.p12, .pfx), or PEM with --certificates')
    .argument('<file>')
    .addOption(
      new Option('--certificates <file>', "the key's certificate, then its issuers; may be given several times")
        .argParser((given: string, files: readonly string[]) => [...files, given])
        .default([], 'none'),
    )
    .option('--folder <folder>', 'where to write', 'keys')
    .option('--passphrase <reference>', passphraseHelp)
    .addOption(jsonOption())
    .action(
      async (
        file: string,
        options: { certificates: string[]; folder: string; passphrase?: string; json?: boolean },
      ) => {
        const imported = await importKey({ file, ...options, passphrase: options.passphrase ?? null })
        if (options.json) return sayJson(imported)
        say(table(imported.files.map(({ path, purpose }) => [tone('good', 'written'), path, tone('none', purpose)])))
        say()
        say(`It is the key of ${imported.description.subject}, certified by ${imported.description.issuer}.`)
        say('Write this into affidavit.yaml:')
        say()
        for (const line of imported.lines) say(`  ${line}`)
      },
    )
  return command
}
