import * as z from 'zod'
import { sha256 } from '../model/digest.ts'
import type { Entry } from '../model/evidence.ts'
import { isLower, type SignatureLevel, signatureLevels } from '../model/signature-level.ts'
import type { Check } from './check.ts'
import type { IndexedArtefact } from './check-evidence.ts'

/** A report as far as somebody who knows what was issued can say something of it. */
export type ReportFile = {
  /** The report's id, as its own `report.json` gives it. */
  readonly id: string | undefined
  /** The file as it was after each update since the first signature, the whole last. */
  readonly revisions: readonly Uint8Array[]
  /** The note in its `checkpoint.txt`, and the verifier key in its `ledger-key.txt`. */
  readonly checkpoint: string
  readonly key: string | undefined
  readonly level: SignatureLevel | null
  /** The raw bytes behind its findings. */
  readonly artefacts: readonly IndexedArtefact[]
}

/** Kinds of the entries that say which file a report is: as it was issued, and as it was raised to a higher level. */
export const issueKinds = ['report.issued', 'report.raised'] as const

const Level = z.enum(signatureLevels)
const IssueFacts = z.object({
  id: z.string(),
  sha256: z.string(),
  level: Level,
  revisions: z.array(z.object({ level: Level, sha256: z.string() })).default([]),
})

/** What the ledger recorded of a file: itself, and where it could be cut back to. */
export type IssueRecord = z.infer<typeof IssueFacts> & { readonly kind: string }

/** The record in an entry of one of those kinds; undefined where it holds none. */
export function issueRecord({ kind, facts }: Pick<Entry, 'kind' | 'facts'>): IssueRecord | undefined {
  const { data } = IssueFacts.safeParse(facts)
  return data && { ...data, kind }
}

/**
 * Holds a file against what was recorded of its report, in order of recording: a file cut back to an earlier revision is
 * sound by itself, and only who issued it knows that there was more. `witness` begins the sentences: `The store`.
 */
export function checkIssued(records: readonly IssueRecord[], report: ReportFile, witness: string): Check {
  const { id, revisions, level } = report
  const digests = revisions.map((bytes) => sha256(bytes)).toReversed()
  for (const [added, digest] of digests.entries()) {
    const what = added === 0 ? 'this very file' : 'this file, but for what was added to it since,'
    const whole = records.findLast((record) => record.sha256 === digest)
    if (whole) return recognised(whole, records, `${witness} recorded ${what}`)
    const cut = records.findLast((record) => record.revisions.some((revision) => revision.sha256 === digest))
    if (cut) return cutBack(cut, level)
  }
  const higher = records.findLast((record) => record.id === id && isLower(level ?? 'B-B', record.level))
  if (higher && higher.kind === 'report.issued') return cutBack(higher, level)
  return { holds: null, sentence: `${witness} did not record this very file as issued.` }
}

function recognised({ id, kind, level }: IssueRecord, records: readonly IssueRecord[], recorded: string): Check {
  const raised = records.findLast((record) => record.id === id && isLower(level, record.level))
  const later = raised ? ` It was raised to level ${raised.level} since: that is another file, which shows more.` : ''
  const when = kind === 'report.issued' ? 'issued' : 'timestamped later'
  return {
    holds: true,
    sentence: `${recorded} when it was ${when}, as ${id} at level ${level}.${later}`,
  }
}

function cutBack({ id, kind, level }: IssueRecord, found: SignatureLevel | null): Check {
  const done = kind === 'report.issued' ? 'issued at' : 'raised to'
  const sentence = `${id} was ${done} level ${level}, but this file is ${found ?? 'of none'}: it was cut back, or signed anew.`
  return { holds: false, sentence }
}
