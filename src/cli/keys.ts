import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { type RevocationReason as Reason, revocationReasons as reasons, renewCrl } from '../app/authority.ts'
import { importKey, keyRequest, makeKeys, requestCertificate, showKeys } from '../app/keys.ts'
import { keyLocationOf } from '../app/report-key.ts'
import { openProject } from '../app.ts'
import { ConfigError } from '../model/errors.ts'
import { configOption, jsonOption, severalOption } from './options.ts'
import type { Shell } from './shell.ts'
import { printable, say, sayJson, sayText, table, tone } from './terminal.ts'

const passphraseHelp = 'where the passphrase or PIN is: env:NAME or file:path, never the secret itself'

/** What somebody who made their own authority must know. */
export const selfMadeIdentity =
  'The report key is certified by an authority that was made here just now. It proves that a report was not ' +
  'changed after it was signed with this key. It does not prove who you are: for that, have an authority that ' +
  'your auditors know certify a key, and bring it in: affidavit keys request, affidavit keys import.'

type RequestOptions = {
  readonly config: string
  readonly key?: string
  readonly passphrase?: string
  readonly organisation?: string
  readonly commonName?: string
  readonly output?: string
}

export function keysCommand(shell: Shell): Command {
  const command = new Command('keys').description(
    'Make, show, certify and import the keys that sign reports and checkpoints',
  )
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
      say()
      sayText(selfMadeIdentity)
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
      const keys = await showKeys(await openProject(options.config), shell.signal)
      if (options.json) return sayJson(keys)
      say(`${tone('strong', 'Report key')}  ${printable(keys.location)}`)
      if (keys.report.length === 0) say('  without a certificate')
      for (const [index, certificate] of keys.report.entries()) {
        if (index > 0) say(tone('strong', 'Issuer'))
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
    .command('request')
    .description(
      'A certification request for a report key, to be certified by an authority: the way to a certificate for a key on a token or in a cloud',
    )
    .addOption(configOption())
    .option('--key <key>', 'a file or the URI of a key; that of the configuration where absent')
    .option('--passphrase <reference>', passphraseHelp)
    .option('--organisation <name>', 'stands in the certificate; that of the configuration where absent')
    .option('--common-name <name>', 'stands in the certificate; "<organisation> report signing" where absent')
    .option('-o, --output <file>', 'where the request goes; printed where absent')
    .action(async (options: RequestOptions) => {
      const pem = await requestOf(options, shell.signal)
      if (options.output === undefined) return say(pem.trimEnd())
      await writeNewFile(options.output, pem)
      say(`${tone('good', 'written')}  ${printable(options.output)}`)
    })
  command
    .command('import')
    .description('Bring in a report key: PKCS#12 (.p12, .pfx), or PEM with --certificates')
    .argument('<file>')
    .addOption(severalOption('--certificates <file>', "the key's certificate, then its issuers", 'none'))
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

/** The configuration is read only for what the command line leaves open: before there is a certificate, it may not be valid. */
async function requestOf(options: RequestOptions, signal: AbortSignal): Promise<string> {
  const { key, passphrase = null, organisation } = options
  const project = key === undefined || organisation === undefined ? await openProject(options.config) : null
  const request =
    key === undefined && project
      ? keyRequest(project)
      : { location: keyLocationOf(key ?? ''), certificates: [], passphrase, directory: process.cwd() }
  const name = organisation ?? project?.config.organisation.name ?? ''
  return await requestCertificate(
    passphrase === null ? request : { ...request, passphrase },
    { organisation: name, commonName: options.commonName ?? `${name} report signing` },
    signal,
  )
}

async function writeNewFile(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EEXIST' ? 'is there already' : 'cannot be written'
    throw new ConfigError('AFD_KEYS_OUTPUT', `${path} ${why}`, { hint: 'name another file with --output', cause })
  })
}
