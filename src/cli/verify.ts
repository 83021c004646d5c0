import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { isBundle } from '../app/bundle/files.ts'
import type { ReportVerification } from '../app/verify.ts'
import { verifyBundleFile, verifyReport, verifyTheStore } from '../app/verify.ts'
import { openProject, replayBundle, replayStore } from '../app.ts'
import { ConfigError } from '../model/errors.ts'
import { exitCodes } from './exit.ts'
import { configOption, jsonOption, severalOption, trustOptions } from './options.ts'
import type { Shell } from './shell.ts'
import { sayJson } from './terminal.ts'
import { tellVerified } from './verify-replay.ts'
import { printBundle, printReport } from './verify-report-page.ts'
import { printStore } from './verify-store-page.ts'

type Options = {
  readonly config: string
  readonly json?: boolean
  readonly store?: boolean
  readonly since?: string
  readonly bundle?: string
  readonly replay?: boolean
  readonly trust: readonly string[]
  readonly trustTimes: readonly string[]
  readonly crl: readonly string[]
}

export function verifyCommand(shell: Shell): Command {
  const command = new Command('verify')
    .description('Accept or refuse a report, an evidence bundle or the evidence store, and say exactly why')
    .argument('[report]', 'a signed PDF, or a bundle (zip file or folder)')
    .option('--store', 'verify the evidence store of the configuration instead')
    .option('--since <file>', 'with --store: a kept checkpoint or report that the ledger must only have grown from')
    .option('--bundle <path>', 'with a report: an evidence bundle that says which file was issued')
    .option('--replay', 'with a bundle or --store: also derive the facts again from the raw bytes')
  for (const option of trustOptions()) command.addOption(option)
  return command
    .addOption(
      severalOption(
        '--crl <file>',
        'revocation list of an authority, beside those that a report or bundle holds',
        "the configuration's own, where there is one",
      ),
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Exit code 0 accepted; 4 refused; 5 intact, but the signer, the time or something
that was added later could not be tied to an authority that you trust: what of
the report holds by itself is told, and stands as "front" in --json.`,
    )
    .action(async (report: string | undefined, options: Options) => {
      const believed = { trust: options.trust, trustTimes: options.trustTimes, crls: options.crl }
      if (options.store && report !== undefined) {
        throw new ConfigError('AFD_VERIFY_BOTH', 'a report and --store cannot be verified at the same time', {
          hint: 'verify one, then the other',
        })
      }
      if (options.store) {
        const project = await openProject(options.config)
        const result = await verifyTheStore(project, shell.signal, options.since, believed)
        const told = {
          result,
          holds: result.verdict === 'verified',
          print: () => printStore(result),
          replay: options.replay ? () => replayStore(project, {}, shell.signal) : undefined,
        }
        return shell.exit(await tellVerified(told, options.json === true))
      }
      if (report !== undefined && (await isBundle(report))) {
        const project = existsSync(options.config) ? await openProject(options.config) : null
        const result = await verifyBundleFile(report, { ...believed, project })
        const told = {
          result,
          holds: result.verdict === 'accepted',
          print: () => printBundle(report, result),
          replay: options.replay ? () => replayBundle(report, {}, shell.signal) : undefined,
        }
        return shell.exit(await tellVerified(told, options.json === true))
      }
      if (options.replay) {
        throw new ConfigError('AFD_VERIFY_NOTHING', '--replay derives the facts of a bundle or a store again', {
          hint: 'affidavit verify bundle.zip --replay, or affidavit verify --store --replay',
        })
      }
      if (options.since !== undefined) {
        throw new ConfigError('AFD_VERIFY_NOTHING', '--since compares the store with a kept checkpoint', {
          hint: 'affidavit verify --store --since report.pdf',
        })
      }
      if (options.bundle !== undefined && report === undefined) {
        throw new ConfigError('AFD_VERIFY_NOTHING', '--bundle says what was issued of a report', {
          hint: 'affidavit verify report.pdf --bundle bundle.zip',
        })
      }
      if (report === undefined) {
        throw new ConfigError('AFD_VERIFY_NOTHING', 'nothing to verify was named', {
          hint: 'affidavit verify report.pdf, or affidavit verify --store',
        })
      }
      const project = existsSync(options.config) ? await openProject(options.config) : null
      const result = await verifyReport(report, { ...believed, project, bundle: options.bundle })
      if (options.json) sayJson(result)
      else printReport(report, result)
      shell.exit(reportExit(result))
    })
}

function reportExit({ verdict }: ReportVerification): number {
  switch (verdict) {
    case 'accepted':
      return exitCodes.satisfied
    case 'intact-signer-unproven':
      return exitCodes.signing
    case 'refused':
      return exitCodes.integrity
    default:
      return verdict satisfies never
  }
}
