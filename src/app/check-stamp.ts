import { parseTreeHead } from '../ledger/checkpoint.ts'
import { decodeEntry } from '../ledger/entry.ts'
import { entryTimes } from '../ledger/entry-times.ts'
import { parseNote } from '../ledger/note.ts'
import { isProven, isVoid, type TimeBound, type TimeContradiction } from '../ledger/time-bounds.ts'
import { AffidavitError } from '../model/errors.ts'
import { readReply, type StampCircumstances, verifyStamp } from '../signing/stamp.ts'
import type { Check } from './check.ts'
import { revocationChecks } from './stamp-revocations.ts'

/** What a report calls the time stamp over its `checkpoint.txt`. */
export const stampFile = 'checkpoint.tsr'

type File = { readonly name: string; readonly bytes: Uint8Array }

/**
 * Judges the time stamp over a report's checkpoint where it has one, and the times of the evidence against it and against
 * each other. `anchors` are the certificates (PEM or DER) that vouch for time-stamp authorities.
 */
export async function checkStamp(
  attachments: readonly File[],
  anchors: readonly (string | Uint8Array)[],
  circumstances: StampCircumstances = {},
): Promise<readonly Check[]> {
  const bytes = (name: string) => attachments.find((attachment) => attachment.name === name)?.bytes
  const [reply, note] = [bytes(stampFile), bytes('checkpoint.txt')]
  if (reply === undefined) return stampChecks([], contradictionsIn(bytes('evidence.jsonl'), []))
  if (note === undefined) {
    return [{ holds: false, sentence: `The embedded ${stampFile} is over a checkpoint that is not there.` }]
  }
  try {
    const { size } = parseTreeHead(parseNote(Buffer.from(note).toString('utf8')).text)
    const bound = { ...(await verifyStamp(readReply(reply), note, anchors, circumstances)), size }
    return stampChecks([bound], contradictionsIn(bytes('evidence.jsonl'), [bound]))
  } catch (error) {
    if (!(error instanceof AffidavitError)) throw error
    return [{ holds: false, sentence: `The time stamp over the embedded checkpoint does not hold: ${error.message}.` }]
  }
}

/** The time stamp that bounds most of the ledger for a reader today, of those that hold, by ascending size. */
export function newestProven(bounds: readonly TimeBound[]): TimeBound | undefined {
  return bounds.findLast(isProven)
}

/** What time stamps that hold, by ascending size, are worth to a reader. */
export function stampChecks(
  bounds: readonly TimeBound[],
  contradictions: readonly TimeContradiction[],
): readonly Check[] {
  const trusted = newestProven(bounds)
  const any = bounds.at(-1)
  const checks: Check[] = []
  if (trusted) {
    const sentence = `${trusted.authority}, a time-stamping authority that you trust, states that the ledger with its first ${trusted.size} entries existed at ${trusted.time}: none of them was added or changed after that.`
    checks.push({ holds: true, sentence })
  } else if (any && !isVoid(any)) {
    const but =
      any.anchored && any.ended
        ? `a certificate behind it ended at ${any.ended}, and nothing here shows that the stamp was made before`
        : 'no certificate that you trust vouches for this authority'
    const sentence = `The checkpoint over ${any.size} entries bears a time stamp of ${any.time} by ${any.authority}; ${but}.`
    checks.push({ holds: null, sentence })
  }
  checks.push(...revocationChecks(bounds))
  if (contradictions.length > 0) checks.push({ holds: null, sentence: contradictionText(contradictions) })
  return checks
}

/** Up to so many contradictions are named in a sentence. */
const mostNamed = 5

/** What follows where times contradict each other. */
export const contradictionMeaning =
  'A clock was wrong, or somebody made times up: ask before you rely on when something was collected.'

function contradictionText(contradictions: readonly TimeContradiction[]): string {
  const named = contradictions.slice(0, mostNamed).map(({ message }) => message)
  const more = contradictions.length > mostNamed ? `; and ${contradictions.length - mostNamed} more` : ''
  return `The times do not agree: ${named.join('; ')}${more}. ${contradictionMeaning}`
}

/** Lines that are no entries are others' to tell. */
function contradictionsIn(
  evidence: Uint8Array | undefined,
  bounds: readonly TimeBound[],
): readonly TimeContradiction[] {
  const times = entryTimes(bounds)
  for (const line of Buffer.from(evidence ?? [])
    .toString('utf8')
    .split('\n')) {
    const entry = entryOf(line)
    if (entry) times.see(entry)
  }
  return times.contradictions()
}

function entryOf(line: string) {
  try {
    return line === '' ? undefined : decodeEntry(Buffer.from(line))
  } catch {
    return undefined
  }
}
