import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { isBundle } from '../app/bundle/files.ts'
import type { BundleVerification } from '../app/bundle/verify.ts'
import type { Check } from '../app/check.ts'
import { contradictionMeaning, newestProven } from '../app/check-stamp.ts'
import { revocationChecks } from '../app/stamp-revocations.ts'
import type { ReportVerification, StoreVerificationResult } from '../app/verify.ts'
import { verifyBundleFile, verifyReport, verifyTheStore } from '../app/verify.ts'
import { openProject, replayBundle, replayStore } from '../app.ts'
import { erasureText } from '../model/erasure.ts'
import { ConfigError } from '../model/errors.ts'
import { exitCodes } from './exit.ts'
import { configOption, jsonOption, severalOption } from './options.ts'
import type { Shell } from './shell.ts'
import { printable, say, sayHanging, sayJson, sayText, table, tone } from './terminal.ts'
import { tellVerified } from './verify-replay.ts'
import { count } from './words.ts'

type Options = {
  readonly config: string
  readonly json?: boolean
  readonly store?: boolean
  readonly since?: string
  readonly bundle?: string
  readonly replay?: boolean
  readonly trust: readonly string[]
  readonly crl: readonly string[]
}

export function verifyCommand(shell: Shell): Command {
  return new Command('verify')
    .description('Accept or refuse a report, an evidence bundle or the evidence store, and say exactly why')
    .argument('[report]', 'a signed PDF, or a bundle (zip file or folder)')
    .option('--store', 'verify the evidence store of the configuration instead')
    .option('--since <file>', 'with --store: a kept checkpoint or report that the ledger must only have grown from')
    .option('--bundle <path>', 'with a report: an evidence bundle that says which file was issued')
    .option('--replay', 'with a bundle or --store: also derive the facts again from the raw bytes')
    .addOption(
      severalOption(
        '--trust <file>',
        'certificate of an authority that you trust',
        "the configuration's own, where there is one",
      ),
    )
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
Exit code 0 accepted; 4 refused; 5 intact, but the signer or the time could not be tied to an authority that you trust.`,
    )
    .action(async (report: string | undefined, options: Options) => {
      if (options.store && report !== undefined) {
        throw new ConfigError('AFD_VERIFY_BOTH', 'a report and --store cannot be verified at the same time', {
          hint: 'verify one, then the other',
        })
      }
      if (options.store) {
        const project = await openProject(options.config)
        const result = await verifyTheStore(project, shell.signal, options.since, {
          trust: options.trust,
          crls: options.crl,
        })
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
        const result = await verifyBundleFile(report, { trust: options.trust, crls: options.crl, project })
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
      const result = await verifyReport(report, {
        trust: options.trust,
        crls: options.crl,
        project,
        bundle: options.bundle,
      })
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

function printBundle(file: string, result: BundleVerification): void {
  say(`${result.verdict === 'accepted' ? tone('good', 'ACCEPTED') : tone('bad', 'REFUSED')}  ${printable(file)}`)
  say()
  for (const check of result.checks) printCheck(check)
  if (result.origin !== null) {
    say()
    say(
      table(
        [
          ['Ledger', printable(result.origin)],
          ['Key', printable(result.key ?? 'unknown')],
          ['Entries', `${result.entries}${result.whole ? ', the whole ledger' : ''}`],
        ],
        2,
      ),
    )
  }
  say()
  sayText(result.conclusion)
}

const tones = { accepted: 'good', 'intact-signer-unproven': 'warn', refused: 'bad' } as const

function printReport(file: string, result: ReportVerification): void {
  say(`${tone(tones[result.verdict], result.heading.toUpperCase())}  ${printable(file)}`)
  say()
  for (const check of result.checks) printCheck(check)
  for (const signature of result.signatures) {
    say()
    say(table(signatureRows(signature), 2))
  }
  say()
  sayText(result.conclusion)
}

function signatureRows({
  signer,
  reason,
  level,
  timestamp,
  signedAt,
}: ReportVerification['signatures'][number]): readonly string[][] {
  const time = timestamp
    ? `${timestamp.time}, stamped by ${printable(timestamp.authority)}${timestamp.anchored ? '' : ', for whom nobody you trust vouches'}`
    : `${signedAt ?? 'none'}, claimed by the signer`
  return [
    ['Signed by', printable(signer.subject)],
    ...(reason === null ? [] : [['Reason', printable(reason)]]),
    ['Issued by', printable(signer.issuer)],
    ['Certificate', `SHA-256 ${signer.fingerprint}`],
    ['Level', `PAdES ${level}`],
    ['Time', time],
  ]
}

/** One thing that was checked: it holds, it fails, or it stays open. */
export function printCheck({ holds, sentence }: Check): void {
  const word = holds === null ? tone('none', 'open ') : holds ? tone('good', 'holds') : tone('bad', 'fails')
  sayHanging(`  ${word}  `, printable(sentence))
}

function timestampsText({ timestamps, bounds }: StoreVerificationResult): string {
  const unproven = bounds.filter(({ anchored }) => !anchored).length
  const ended = bounds.filter((bound) => bound.anchored && bound.ended !== undefined).length
  if (ended > 0) return `${timestamps}; the certificates of the authority behind ${ended} of them have run out`
  if (unproven === 0) return `${timestamps}`
  return `${timestamps}; nobody you named vouches for the authority of ${unproven === timestamps ? 'any' : unproven} of them (signing.timestamp.trust, or --trust)`
}

/** Acts of erasure that are named one by one. */
const mostErasures = 10

function printStore(result: StoreVerificationResult): void {
  const good = result.verdict === 'verified'
  const erased = result.erasures.reduce((sum, { artefacts }) => sum + artefacts, 0)
  say(`${good ? tone('good', 'VERIFIED') : tone('bad', 'REFUSED')}  ${result.path}`)
  say()
  say(
    table(
      [
        ['Entries', `${result.entries}`],
        ['Artefacts', `${result.artefacts}${erased > 0 ? `; ${erased} more erased, as entries say` : ''}`],
        [
          'Checkpoints',
          `${result.checkpoints}${result.unsigned > 0 ? `; ${count(result.unsigned, 'entry', 'entries')} after the newest` : ''}`,
        ],
        ...(result.timestamps === 0 ? [] : [['Time stamps', timestampsText(result)]]),
        ['Root', result.root],
        ...(result.since === null ? [] : [['Since', `compared with the kept checkpoint over ${result.since} entries`]]),
      ],
      2,
    ),
  )
  for (const erasure of result.erasures.slice(-mostErasures)) {
    const what = `${count(erasure.artefacts, 'artefact', 'artefacts')} ${erasureText(erasure)}`
    sayHanging(`  ${tone('none', 'erased')}  `, printable(`${what}: ${erasure.reason ?? erasure.basis}`))
  }
  if (result.erasures.length > mostErasures) {
    say(
      `          and ${result.erasures.length - mostErasures} times before: affidavit evidence list --kind artefact.erased`,
    )
  }
  if (result.remnants) {
    const finish = 'finish it with: affidavit retention apply'
    sayHanging(`  ${tone('warn', 'open  ')}  `, `Erased bytes may still stand in free places of the file; ${finish}`)
  }
  for (const { entry, message, looksLike } of result.problems) {
    const where = entry === undefined ? '' : `E-${entry}: `
    const likely = looksLike === 'unknown' ? 'cause unknown' : `looks like ${looksLike}`
    sayHanging(`  ${tone('bad', 'problem')}  `, `${where}${printable(message)} (${likely})`)
  }
  for (const { message } of result.contradictions)
    sayHanging(`  ${tone('warn', 'time   ')}  `, `${printable(message)}.`)
  say()
  if (good && result.since !== null) {
    sayText(
      `The ledger begins with exactly the ${count(result.since, 'entry', 'entries')} of the kept checkpoint; since then it was only appended to.`,
    )
  }
  const bound = newestProven(result.bounds)
  if (good && bound) {
    sayText(
      `The first ${count(bound.size, 'entry', 'entries')} existed at ${bound.time}, as ${printable(bound.authority)} states.`,
    )
  }
  if (good) {
    for (const { holds, sentence } of revocationChecks(result.bounds)) {
      if (holds) sayText(printable(sentence))
      else sayHanging(`  ${tone('warn', 'open   ')}  `, printable(sentence))
    }
  }
  if (result.contradictions.length > 0) sayText(contradictionMeaning)
  sayText(good ? soundText(result) : refusedText)
}

const refusedText =
  'The store is not what it was when it was written. Keep this file as it is and compare it with a backup.'

/** Whoever can write the file can also make it consistent again; only what was signed is out of their reach. */
function soundText({ entries, unsigned, erasures }: StoreVerificationResult): string {
  const each = `Every entry, ${erasures.length > 0 ? 'artefact that was not erased' : 'artefact'}, hash and checkpoint`
  if (unsigned === 0) {
    return `${each} is as it was written. This shows that nothing was altered since a checkpoint was signed over it.`
  }
  const signed = entries - unsigned
  const shown =
    signed === 0 ? '' : ` This shows that nothing was altered in the first ${count(signed, 'entry', 'entries')}.`
  return `${each} fits the others.${shown} Nobody has signed for the ${signed === 0 ? '' : 'last '}${count(unsigned, 'entry', 'entries')} yet, as the next run or affidavit checkpoint does: whoever can write the file could have written ${unsigned === 1 ? 'it' : 'them'}.`
}
