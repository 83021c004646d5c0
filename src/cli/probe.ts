import { Argument, Command } from 'commander'
import { collectorIds, probeOnce } from '../app/probe.ts'
import { sha256 } from '../model/digest.ts'
import { ConfigError } from '../model/errors.ts'
import type { Collection } from '../model/evidence.ts'
import { exitCodes } from './exit.ts'
import { jsonOption } from './options.ts'
import { collectionEnd, observationsPage } from './probe-page.ts'
import type { Shell } from './shell.ts'
import { say, sayJson } from './terminal.ts'
import { tlsPage, tlsPageKinds } from './tls-page.ts'

export function probeCommand(shell: Shell): Command {
  return new Command('probe')
    .description('Run one collector now and store nothing')
    .addArgument(new Argument('<collector>', 'which one').choices(collectorIds))
    .argument('[target]', 'in short, as in example.com:8443 or https://api.example.com')
    .option('--target <json>', 'the target as under "target:" in affidavit.yaml, as JSON')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  affidavit probe tls example.com
  affidavit probe tls smtp://mail.example.com:587
  affidavit probe gateway https://api.example.com/v1 --json
  affidavit probe auth https://login.example.com/realms/staff
  affidavit probe log-retention '/var/log/api/audit.log*'
  affidavit probe tls --target '{"host": "10.0.0.7", "trust": ["ca.pem"]}'

Exit code 0 when the collection came to its end, 1 when it failed (the facts say
why).`,
    )
    .action(async (id: string, shorthand: string | undefined, options: { target?: string; json?: boolean }) => {
      const target = options.target === undefined ? undefined : parseTarget(options.target)
      const collection = await probeOnce(id, { shorthand, target }, shell.signal)
      if (options.json) sayJson(asJson(collection))
      else printCollection(collection)
      if (collection.failure) shell.exit(collection.failure.code === 'bug' ? exitCodes.bug : exitCodes.findings)
    })
}

function parseTarget(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ConfigError('AFD_PROBE_TARGET', '--target is not valid JSON', {
      hint: `quote it for your shell: --target '{"host": "example.com"}'`,
      cause,
    })
  }
}

/** The stable shape of `probe --json`. */
function asJson({ observations, artefacts, usage, leftOut, failure }: Collection) {
  return {
    observations,
    artefacts: artefacts.map(({ name, mediaType, bytes }) => ({
      name,
      mediaType,
      size: bytes.length,
      sha256: sha256(bytes),
    })),
    usage,
    leftOut,
    failure,
  }
}

/** The TLS page where TLS was looked at, and the generic one for everything that it does not show. */
function printCollection(collection: Collection): void {
  const { observations } = collection
  const shown = observations.filter(({ kind }) => tlsPageKinds.includes(kind))
  if (shown.length > 0) say(`${tlsPage(collection)}\n`)
  const rest = observations.filter((each) => !shown.includes(each))
  if (rest.length > 0) say(observationsPage(rest))
  say(collectionEnd(collection))
}
