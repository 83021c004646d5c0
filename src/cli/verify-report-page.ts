import type { BundleVerification } from '../app/bundle/verify.ts'
import type { Check } from '../app/check.ts'
import type { ReportVerification } from '../app/verify.ts'
import { printable, say, sayHanging, sayText, table, tone } from './terminal.ts'

/** The verdict on a bundle, each check, and whose ledger it holds. */
export function printBundle(file: string, result: BundleVerification): void {
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

/** The verdict on a report, each check, and who signed it when. */
export function printReport(file: string, result: ReportVerification): void {
  say(`${tone(tones[result.verdict], result.heading.toUpperCase())}  ${printable(file)}`)
  say()
  for (const check of result.checks) printCheck(check)
  for (const [i, signature] of result.signatures.entries()) {
    say()
    if (result.signatures.length > 1) say(`  Signature ${i + 1}`)
    say(table(signatureRows(signature), 2))
  }
  say()
  sayText(result.conclusion)
}

function signatureRows({
  signer,
  anchored,
  reason,
  level,
  timestamp,
  signedAt,
}: ReportVerification['signatures'][number]): readonly string[][] {
  const time = timestamp
    ? `${timestamp.time}, stamped by ${printable(timestamp.authority)}${timestamp.anchored ? '' : ', for whom nobody you trust vouches'}`
    : `${signedAt ?? 'none'}, claimed by the signer`
  return [
    ['Signed by', `${printable(signer.subject)}${anchored ? '' : ', for whom nobody you trust vouches'}`],
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
