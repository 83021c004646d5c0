import { parseTreeHead, type TreeHead } from '../../ledger/checkpoint.ts'
import { parseNote, verifierKey } from '../../ledger/note.ts'
import { AffidavitError } from '../../model/errors.ts'
import type { Check } from '../check.ts'
import { checkIssued, issueKinds, issueRecord, type ReportFile } from '../check-issued.ts'
import type { BundleTrust } from './trust.ts'
import { openBundle, type VerifiedBundle } from './verify.ts'

/**
 * What an evidence bundle says of a report: whether both are of one ledger, and which file was issued. A bundle that is
 * not what was exported speaks against the report, since it was brought to speak for it. Throws ConfigError where it
 * cannot be read.
 */
export async function checkAgainstBundle(
  path: string,
  report: ReportFile,
  trust: BundleTrust,
): Promise<readonly Check[]> {
  const opened = await openBundle(path, trust)
  if (!('entries' in opened)) {
    const why = opened.result.checks.find(({ holds }) => holds === false)?.sentence ?? ''
    return [
      { holds: false, sentence: `The bundle is not what was exported, and can say nothing for the report. ${why}` },
    ]
  }
  const head = headOf(report)
  if (!head || head.origin !== opened.head.origin || verifierKey(opened.key) !== report.key?.trim()) {
    const sentence = `The bundle is one of the ledger ${opened.head.origin} under another key or name than the report's: it says nothing of it.`
    return [{ holds: null, sentence }]
  }
  const records = [...opened.entries.values()].flatMap(({ entry }) => {
    return issueKinds.some((kind) => kind === entry.kind) ? (issueRecord(entry) ?? []) : []
  })
  return [await checkHistory(opened, head), checkIssued(records, report, 'The bundle')]
}

function headOf({ checkpoint }: ReportFile): TreeHead | null {
  try {
    return parseTreeHead(parseNote(checkpoint).text)
  } catch (error) {
    if (error instanceof AffidavitError) return null
    throw error
  }
}

/** A bundle proves each of its checkpoints to be the beginning of its newest; the report's is one of them, or unknown. */
async function checkHistory({ files, content }: VerifiedBundle, head: TreeHead): Promise<Check> {
  const same = content.checkpoints.find(({ size }) => size === head.size)
  if (!same) return { holds: null, sentence: 'The bundle does not hold the checkpoint that the report rests on.' }
  const kept = parseTreeHead(parseNote(Buffer.from(await files.read(same.file)).toString('utf8')).text)
  if (Buffer.from(kept.root).equals(Buffer.from(head.root))) {
    return {
      holds: true,
      sentence: `The bundle's ledger begins with the ${head.size} entries that the report rests on.`,
    }
  }
  return {
    holds: false,
    sentence: `The first ${head.size} entries of the bundle's ledger are not those that the report rests on.`,
  }
}
