import * as z from 'zod'
import type { Observation } from '../../src/model/evidence.ts'
import type { Derived, NotDerived, Recording } from '../../src/model/replay.ts'
import { millis } from '../../src/model/time.ts'
import { ageHours, modeFacts } from './log-facts.ts'
import { skewMs } from './reach-back.ts'

const Moment = z.iso.datetime().nullable()

/** The listing of a log's files, as far as facts follow from it. */
const Listing = z.object({
  log: z.string(),
  files: z.array(
    z.object({
      mode: z.string().regex(/^[0-7]+$/),
      whole: z.boolean(),
      records: z.int(),
      unparsedRecords: z.int(),
      oldest: Moment,
      newest: Moment,
    }),
  ),
})
type Listing = z.infer<typeof Listing>

/** Derives what the listing of a log's files shows; the records themselves were never kept. */
export function replayLogs({ observations, artefacts }: Recording): readonly (Derived | NotDerived)[] {
  return observations.map((observation): Derived | NotDerived => {
    const { kind, subject, evidence } = observation
    const name = evidence.find((each) => each === `log-${subject}.json`) ?? evidence[0]
    const bytes = name === undefined ? undefined : artefacts.get(name)
    if (!bytes) return { kind, subject, evidence, why: 'there is no listing of the files beside it' }
    const listing = Listing.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
    return { kind, subject: listing.log, methods: ['EXAMINE'], evidence, ...derive(listing, observation) }
  })
}

const recordsNotKept = 'it follows from the records, which are not kept, since they hold personal data'
const notListed = 'it follows from the paths of the target and from more than the listing tells'

function derive({ files }: Listing, { collected }: Observation): Pick<Derived, 'facts' | 'open'> {
  const now = millis(collected)
  const times = (of: 'oldest' | 'newest'): number[] =>
    files.flatMap((file) => (file[of] === null ? [] : [Date.parse(file[of])]))
  const [oldest, newest] = [Math.min(...times('oldest')), Math.max(...times('newest'))]
  const hasTimes = times('newest').length > 0
  const allWhole = files.every(({ whole }) => whole)
  // Records from the future count for nothing, and the listing does not tell them from the others.
  const fromFuture = hasTimes && newest > now + skewMs
  const sum = (of: 'records' | 'unparsedRecords'): number => files.reduce((total, file) => total + file[of], 0)
  const open = {
    ...{ provenDays: recordsNotKept, gaps: recordsNotKept, gapCount: recordsNotKept, zone: recordsNotKept },
    ...{ configuredDays: notListed, configuredBasis: notListed, reason: notListed },
    ...(fromFuture ? { oldest: recordsNotKept, newest: recordsNotKept, newestAgeHours: recordsNotKept } : {}),
    ...(allWhole ? { truncated: notListed } : {}),
  }
  const facts = {
    oldest: hasTimes ? new Date(oldest).toISOString() : null,
    newest: hasTimes ? new Date(newest).toISOString() : null,
    newestAgeHours: hasTimes ? ageHours(newest, now) : null,
    records: sum('records'),
    files: files.length,
    unparsedRecords: sum('unparsedRecords'),
    truncated: 'yes',
    ...modeFacts(files.map(({ mode }) => Number.parseInt(mode, 8))),
  }
  return { facts, open }
}
