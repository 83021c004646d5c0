import type { Heading, Verification } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import { signerText } from './cover.ts'
import { entryNumber } from './evidence.ts'
import { digitGroups, grouped } from './wording.ts'

/** What somebody who does not trust us needs to check the file and the ledger behind it. */
export function verification({ assessment: { ledger }, issue, dates }: Context, heading: Heading): Verification {
  const { signer } = issue
  const has = (name: string) => issue.attachments.some((attachment) => attachment.name === name)
  const { checkpointTime } = issue
  const first = issue.evidence.toSorted((a, b) => a.entry - b.entry)[0]
  return {
    heading,
    file: `${issue.id}.pdf`,
    command: issue.verifyCommand,
    signer: signerText(signer),
    fingerprint: digitGroups(signer.fingerprint),
    timed: issue.level !== 'B-B',
    timestampAuthority: issue.timestampAuthority ?? 'the configured authority',
    origin: ledger.origin,
    size: grouped(ledger.size),
    root: ledger.root,
    checkpoint: ledger.checkpoint,
    note:
      ledger.checkpoint !== null && has('checkpoint.txt') && has('ledger-key.txt')
        ? { file: 'checkpoint.txt', key: 'ledger-key.txt' }
        : null,
    stamp:
      checkpointTime && 'time' in checkpointTime
        ? {
            file: 'checkpoint.tsr',
            time: dates.moment(checkpointTime.time),
            authority: checkpointTime.authority,
            untimed: null,
          }
        : checkpointTime,
    sample:
      first && has('evidence.jsonl')
        ? { file: 'evidence.jsonl', entry: String(first.entry), number: entryNumber(first.entry), digest: first.digest }
        : null,
    attachments: issue.attachments,
  }
}
