import { Command } from 'commander'
import { signReport } from '../app/sign.ts'
import { jsonOption, severalOption, trustOptions } from './options.ts'
import type { Shell } from './shell.ts'
import { shortestPath } from './shortest-path.ts'
import { printable, say, sayJson, table, tell, tone } from './terminal.ts'

type Options = {
  readonly key: string
  readonly certificates: readonly string[]
  readonly passphrase?: string
  readonly reason: string
  readonly name?: string
  readonly location?: string
  readonly timestamp: readonly string[]
  readonly trust: readonly string[]
  readonly trustTimes: readonly string[]
  readonly output?: string
  readonly json?: boolean
}

export function signCommand(shell: Shell): Command {
  const command = new Command('sign')
    .description("Add a second person's signature to an issued report: what was signed before stays as it is")
    .argument('<report>', 'a signed PDF')
    .requiredOption(
      '--key <key>',
      'the key of the person who signs: a file (PEM, or PKCS#12 as .p12 or .pfx), or a URI (pkcs11:…, awskms://…)',
    )
    .requiredOption('--reason <text>', 'why, for instance "Approved"')
    .addOption(severalOption('--certificates <file>', "the key's certificate, then its issuers", 'none'))
    .option(
      '--passphrase <reference>',
      'where the passphrase or PIN is: env:NAME or file:path, never the secret itself',
    )
    .option('--name <text>', 'the name that the signature states; that in the certificate where absent')
    .option('--location <text>', 'where it is signed')
    .addOption(severalOption('--timestamp <url>', 'a time-stamping authority (RFC 3161)', 'none'))
  for (const option of trustOptions('none')) command.addOption(option)
  return command
    .option('-o, --output <file>', 'where the signed report goes; <report>-signed.pdf where absent')
    .addOption(jsonOption())
    .action(async (file: string, { passphrase, ...options }: Options) => {
      const result = await signReport({ ...options, file, passphrase: passphrase ?? null, signal: shell.signal })
      const { path, signatures, refusal, untimed } = result
      const before = refusal === null ? signatures.slice(0, -1) : signatures
      if (options.json) sayJson(result)
      else {
        say(`${tone('good', 'signed')}  ${printable(shortestPath(path))}`)
        say()
        say(
          table(
            signatures.map(({ signer, reason, level }, i) => [
              `${i + 1}`,
              printable(signer.subject),
              printable(reason ?? ''),
              `PAdES ${level}`,
            ]),
            2,
          ),
        )
        say(
          `check it: affidavit verify ${printable(shortestPath(path))}, with --trust for the authority of each signer`,
        )
      }
      for (const { signer } of before.filter(({ anchored }) => !anchored)) {
        tell(
          `affidavit: nobody you named vouches for ${printable(signer.subject)}, who signed before you: have that checked with --trust`,
        )
      }
      if (refusal !== null)
        tell(`affidavit: without further certificates, verify refuses the new file: ${printable(refusal)}`)
      if (untimed !== null) tell(`affidavit: the signature has no time stamp: ${untimed}`)
    })
}
