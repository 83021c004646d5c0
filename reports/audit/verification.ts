import type { Heading, Verification } from '../../src/render/document.ts'
import type { Context } from './context.ts'
import { digitGroups, grouped } from './wording.ts'

/** What somebody who does not trust us needs to check the file and the ledger behind it. */
export function verification({ assessment: { ledger }, issue }: Context, heading: Heading): Verification {
  const { signer } = issue
  return {
    heading,
    file: `${issue.id}.pdf`,
    command: issue.verifyCommand,
    signer: signer.organisation ? `${signer.organisation}, ${signer.name}` : signer.name,
    fingerprint: digitGroups(signer.fingerprint),
    level: issue.level,
    timed: issue.level === 'B-T',
    timestampAuthority: issue.timestampAuthority ?? 'the configured authority',
    origin: ledger.origin,
    size: grouped(ledger.size),
    root: ledger.root,
    checkpoint: ledger.checkpoint,
    attachments: issue.attachments,
  }
}
