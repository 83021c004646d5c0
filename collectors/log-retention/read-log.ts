import { createHash } from 'node:crypto'
import type { Context } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'
import { millis } from '../../src/model/time.ts'
import type { LogFile } from './find-files.ts'
import { planReading } from './plan-reading.ts'
import { type Packing, packingOf, readLines } from './read-lines.ts'
import { type DateReader, dateReader } from './record-date.ts'
import type { Log } from './target.ts'
import { type LocalTime, zoneClock } from './zone.ts'

/** How a date says which zone it is in. */
export type DateZone = 'utc' | 'offset' | 'none'

/** What one stretch of a file held. */
export type PartReading = {
  /** Milliseconds since 1970 of the records with a full date. */
  readonly times: readonly number[]
  /** RFC 3164 dates in the order of the records; their years are inferred later. */
  readonly yearless: readonly LocalTime[]
}

/** What was read of one file. */
export type FileReading = {
  readonly file: LogFile
  readonly parts: readonly PartReading[]
  readonly records: number
  readonly unparsed: number
  readonly zones: ReadonlySet<DateZone>
  /** Whether every record of it was read. */
  readonly whole: boolean
  /** SHA-256 of the file where every byte was read. */
  readonly sha256: string | null
  /** Why it was not read to its end, as a clause; null where it was, or where only the budget ended it. */
  readonly problem: string | null
  /** Whether it could be opened at all. */
  readonly opened: boolean
  /** Bytes as they lie on the disk. */
  readonly bytesRead: number
}

/** Reading stops at this share of the collection's time, so that what was read can still be told. */
const shareOfTime = 0.8

const tolerable: ReadonlySet<string> = new Set(['not-found', 'unreadable', 'not-permitted'])

/** Reads the files of a log, newest first, within the bytes given and the collection's time. */
export async function readLog(
  log: Log,
  files: readonly LogFile[],
  budget: number,
  context: Context,
  started: number,
): Promise<readonly FileReading[]> {
  const deadline = started + context.limits.timeoutMs * shareOfTime
  const late = (): boolean => millis(context.clock.now()) > deadline
  const heads = await Promise.all(files.map((file) => headOf(file, context)))
  const packings = heads.map((head) => (typeof head === 'string' ? 'unknown' : packingOf(head)))
  const plan = planReading(
    files.map((file, index) => ({ path: file.path, size: file.facts.size, packed: packings[index] !== 'plain' })),
    budget,
  )
  const readings: FileReading[] = []
  for (const [index, file] of files.entries()) {
    const head = heads[index]
    const packing = packings[index] ?? 'plain'
    if (typeof head === 'string') readings.push(unread(file, head))
    else if (packing === 'unknown') readings.push(unread(file, `${file.path} is packed in a way that is not read`))
    else {
      const { parts = [], whole = false } = plan[index] ?? {}
      readings.push(await readFile(log, file, { packing, parts, whole }, context, late))
    }
  }
  return readings
}

async function readFile(
  log: Log,
  file: LogFile,
  plan: {
    readonly packing: Packing
    readonly parts: readonly Parameters<typeof readLines>[0][]
    readonly whole: boolean
  },
  context: Context,
  late: () => boolean,
): Promise<FileReading> {
  const collector = dateCollector(dateReader(log.recordDate.format, log.recordDate.field), zoneClock(log.timeZone))
  const hash = createHash('sha256')
  const parts: PartReading[] = []
  let problem: string | null = null
  let whole = plan.whole
  let bytesRead = 0
  for (const part of plan.parts) {
    const lines = readLines(part, plan.packing, context, (bytes) => {
      hash.update(bytes)
      bytesRead += bytes.length
    })
    for (;;) {
      if (late()) {
        whole = false
        await lines.return({ broken: null })
        break
      }
      const step = await lines.next()
      if (step.done) {
        // Where the budget cut a packed file, it is no wonder that it ends early.
        if (step.value.broken !== null && plan.whole) problem = `${file.path} ${step.value.broken}`
        break
      }
      for (const line of step.value) collector.line(line)
    }
    parts.push(collector.endPart())
  }
  return {
    file,
    parts,
    ...collector.counts(),
    whole: whole && problem === null,
    sha256: whole && problem === null ? hash.digest('hex') : null,
    problem,
    opened: true,
    bytesRead,
  }
}

/** Gathers the dates of lines; one time a minute is enough to know oldest, newest and gaps to the minute. */
function dateCollector(read: DateReader, toMillis: (time: LocalTime) => number) {
  const zones = new Set<DateZone>()
  let records = 0
  let unparsed = 0
  let times = new Extremes()
  let yearless: LocalTime[] = []

  return {
    line: (line: string): void => {
      // Blank and indented lines belong to the record before them.
      if (line === '' || line === '\r' || line.startsWith(' ') || line.startsWith('\t')) return
      const date = read(line)
      if (date === undefined) {
        unparsed += 1
        return
      }
      records += 1
      if (date.type === 'instant') {
        zones.add(date.zone)
        times.add(date.ms)
        return
      }
      zones.add('none')
      if (date.type === 'local') times.add(toMillis(date.time))
      else if (!sameMinute(yearless.at(-1), date.time) || yearless.length === 1) yearless.push(date.time)
      else yearless[yearless.length - 1] = date.time
    },
    endPart: (): PartReading => {
      const part = { times: times.list(), yearless }
      times = new Extremes()
      yearless = []
      return part
    },
    counts: () => ({ records, unparsed, zones }),
  }
}

/** Times in the order of their records, of each run within a minute only the earliest and the latest. */
class Extremes {
  readonly #times: number[] = []
  #minute = Number.NaN
  #low = 0
  #high = 0

  add(ms: number): void {
    const minute = Math.floor(ms / 60_000)
    if (minute === this.#minute) {
      if (ms < this.#low) this.#low = ms
      if (ms > this.#high) this.#high = ms
      return
    }
    this.#flush()
    this.#minute = minute
    this.#low = ms
    this.#high = ms
  }

  list(): readonly number[] {
    this.#flush()
    this.#minute = Number.NaN
    return this.#times
  }

  #flush(): void {
    if (Number.isNaN(this.#minute)) return
    this.#times.push(this.#low)
    if (this.#high !== this.#low) this.#times.push(this.#high)
  }
}

function sameMinute(a: LocalTime | undefined, b: LocalTime): boolean {
  return a?.month === b.month && a.day === b.day && a.hour === b.hour && a.minute === b.minute
}

async function headOf(file: LogFile, context: Context): Promise<Uint8Array | string> {
  try {
    return await context.files.read(file.path, { maxBytes: 8 })
  } catch (error) {
    if (error instanceof CollectionError && tolerable.has(error.failure)) return error.message
    throw error
  }
}

function unread(file: LogFile, problem: string): FileReading {
  return {
    file,
    parts: [],
    records: 0,
    unparsed: 0,
    zones: new Set(),
    whole: false,
    sha256: null,
    problem,
    opened: false,
    bytesRead: 0,
  }
}
