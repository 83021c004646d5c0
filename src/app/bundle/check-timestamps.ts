import { entryTimes } from '../../ledger/entry-times.ts'
import type { ProvedEntries } from '../../ledger/proved-entries.ts'
import type { CheckpointTimestamp } from '../../ledger/store.ts'
import { isProven, type TimeBound, type TimeContradiction } from '../../ledger/time-bounds.ts'
import { clockProblems } from '../../ledger/verify-timestamps.ts'
import { AffidavitError } from '../../model/errors.ts'
import type { Instant } from '../../model/time.ts'
import { readReply, verifyStamp } from '../../signing/stamp.ts'
import { type Check, checkOf } from '../check.ts'
import { stampChecks } from '../check-stamp.ts'
import { textOf } from './content.ts'
import type { BundleFiles } from './files.ts'
import type { BundleTrust } from './trust.ts'

/** What a bundle says of itself, as far as times go. */
type Listed = {
  readonly checkpoints: readonly { readonly file: string; readonly size: number; readonly created: string }[]
  readonly timestamps: readonly { readonly file: string; readonly checkpoint: string; readonly received: Instant }[]
  readonly untimed: string | null
}

type TimeTrust = Required<Pick<BundleTrust, 'trust' | 'revocation'>>

type Stamped = {
  readonly checks: readonly Check[]
  /** What the time stamps that hold say, by ascending size. */
  readonly bounds: readonly TimeBound[]
  /** The same, as a store keeps them. */
  readonly timestamps: readonly CheckpointTimestamp[]
}

/** Every time stamp of a bundle against the checkpoint it is over, and what follows from those that hold. */
export async function checkTimestamps(
  files: BundleFiles,
  listed: Listed,
  entries: ProvedEntries['entries'],
  trust: TimeTrust,
): Promise<Stamped> {
  const { stamps, problems } = await readStamps(files, listed, trust)
  const bounds = stamps.map(({ bound }) => bound).toSorted((a, b) => a.size - b.size)
  const times = entryTimes(bounds)
  for (const { entry } of [...entries.values()].sort((a, b) => a.entry.sequence - b.entry.sequence)) times.see(entry)
  const contradictions = [...stamps.flatMap(({ clocks }) => clocks), ...times.contradictions()]
  const own = checkOwn(stamps, await textOf(files, 'checkpoint.txt'), listed.untimed)
  const checks = problems.length > 0 ? [checkOf(problems, '')] : [own, ...stampChecks(bounds, contradictions)]
  return { checks, bounds, timestamps: stamps.map(({ stamp }) => stamp) }
}

/** Whether somebody else states when the checkpoint that the bundle rests on existed. */
function checkOwn(stamps: readonly ReadStamp[], checkpoint: string, untimed: string | null): Check {
  const own = stamps.filter(({ stamp }) => stamp.note === checkpoint).map(({ bound }) => bound)
  const best = own.find(isProven) ?? own[0]
  if (best) {
    const sentence = `The bundle’s own checkpoint bears a time stamp of ${best.time} by ${best.authority}.`
    return { holds: isProven(best) ? true : null, sentence }
  }
  const why = untimed === null ? 'no authority was asked for one' : untimed
  const sentence = `The bundle’s own checkpoint bears no time stamp: ${why}. When it was exported is the exporter’s own word.`
  return { holds: null, sentence }
}

type ReadStamp = {
  readonly stamp: CheckpointTimestamp
  readonly bound: TimeBound
  readonly clocks: readonly TimeContradiction[]
}

async function readStamps(
  files: BundleFiles,
  { checkpoints, timestamps }: Listed,
  { trust, revocation }: TimeTrust,
): Promise<{ readonly stamps: readonly ReadStamp[]; readonly problems: readonly string[] }> {
  const stamps: ReadStamp[] = []
  const named = new Set(timestamps.map(({ file }) => file))
  const problems = [...files.names]
    .filter((name) => name.startsWith('timestamps/') && !named.has(name))
    .map((name) => `${name} belongs to no checkpoint.`)
  for (const { file, checkpoint, received } of timestamps) {
    const head = checkpoints.find((each) => each.file === checkpoint)
    if (!head) {
      problems.push(`${file} is over a checkpoint that is not there.`)
      continue
    }
    try {
      const note = Buffer.from(await files.read(checkpoint))
      const token = readReply(await files.read(file))
      const bound = { ...(await verifyStamp(token, note, trust, { revocation })), size: head.size }
      const stamp = { note: note.toString('utf8'), token, received }
      stamps.push({ stamp, bound, clocks: clockProblems(bound, { ...head, received }) })
    } catch (error) {
      if (!(error instanceof AffidavitError)) throw error
      problems.push(`${file} does not hold: ${error.message}.`)
    }
  }
  return { stamps, problems }
}
