import { basename, dirname } from 'node:path'
import type { Collector, Context, NewObservation } from '../../src/collect/contract.ts'
import { CollectionError } from '../../src/model/errors.ts'
import { instant, millis } from '../../src/model/time.ts'
import { configuredFor } from './configured.ts'
import { findFiles } from './find-files.ts'
import { hasWildcard } from './glob.ts'
import { logFacts } from './log-facts.ts'
import { type Configuration, loadLogrotate } from './logrotate/load.ts'
import { type ReachBack, reachBack } from './reach-back.ts'
import { type FileReading, readLog } from './read-log.ts'
import { replayLogs } from './replay.ts'
import { type Log, LogRetentionTarget } from './target.ts'
import { zoneClock } from './zone.ts'

/**
 * Looks at log files and at the logrotate configuration that governs them: how long they are configured to be kept, how
 * far back the records' own dates reach, and where records are missing. It never goes by a file's modification time.
 */
export const logRetentionCollector: Collector<LogRetentionTarget> = {
  id: 'log-retention',
  version: 1,
  title: 'Log retention',
  emits: ['log.source'],
  target: LogRetentionTarget,
  defaults: { timeoutMs: 120_000, concurrency: 1, connections: 1, requests: 0, bytes: 256 * 1024 * 1024 },
  shorthandForm: 'a log file, as in /var/log/api/audit.log, or a pattern in quotes',
  shorthand: (text) => ({
    logs: [
      {
        id:
          basename(text)
            .replace(/[^A-Za-z0-9._-]+/g, '')
            .replace(/^[._-]+/, '') || 'log',
        files: [text],
      },
    ],
  }),
  subject: ({ logs }) => logs.map(({ id }) => id).join(', '),
  reach: ({ logs }) => ({ endpoints: [], paths: [...new Set(logs.flatMap(pathsOf))] }),
  collect,
  replay: replayLogs,
}

/** What may be missing or closed without keeping the other logs from being looked at. */
const ofOneLog: ReadonlySet<string> = new Set(['not-found', 'unreadable', 'not-permitted'])

/** The share of the bytes that logs may take; the rest is for logrotate's files. */
const shareForLogs = 0.9

async function* collect({ logs }: LogRetentionTarget, context: Context): AsyncIterable<NewObservation> {
  const started = millis(context.clock.now())
  const configurations = new Map<string, Promise<Configuration>>()
  let bytes = context.limits.bytes * shareForLogs
  let failure: CollectionError | undefined
  // Logs that name the same files share one reading and one set of artefacts.
  const configurationOf = ({ logrotate }: Log): Promise<Configuration> => {
    const key = logrotate.join('\n')
    const loaded = configurations.get(key) ?? loadLogrotate(logrotate, context)
    configurations.set(key, loaded)
    return loaded
  }
  for (const [index, log] of logs.entries()) {
    try {
      const share = Math.floor(bytes / (logs.length - index))
      const { observation, bytesRead } = await observe(log, share, context, started, () => configurationOf(log))
      bytes -= bytesRead
      yield observation
    } catch (error) {
      // The other logs are still looked at; the first failure is the collection's own.
      if (!(error instanceof CollectionError) || !ofOneLog.has(error.failure)) throw error
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
}

async function observe(
  log: Log,
  bytes: number,
  context: Context,
  started: number,
  loadConfiguration: () => Promise<Configuration>,
): Promise<{ readonly observation: NewObservation; readonly bytesRead: number }> {
  const { files, problems } = await findFiles(log.files, context)
  const configuration = await loadConfiguration()
  const readings = await readLog(log, files, bytes, context, started)
  const closed = readings.find(({ problem, whole }) => problem !== null && !whole)
  if (closed !== undefined && readings.every(({ opened }) => !opened)) {
    throw new CollectionError('unreadable', closed.problem ?? '', {
      subject: closed.file.path,
      hint: 'Let the user that runs Affidavit read the log, for instance through the group adm.',
    })
  }
  const now = millis(context.clock.now())
  const reach = reachBack(readings, { now, gapMs: log.gap, toMillis: zoneClock(log.timeZone) })
  const listing = context.record(`log-${log.id}.json`, 'application/json', describeFiles(log, readings, reach))
  return {
    observation: {
      kind: 'log.source',
      subject: log.id,
      methods: ['EXAMINE'],
      collected: instant(now),
      facts: logFacts({ readings, problems, reach, configured: configuredFor(log, files, configuration), now }),
      evidence: [listing, ...configuration.evidence],
    },
    bytesRead: readings.reduce((sum, reading) => sum + reading.bytesRead, 0),
  }
}

/** What can be compared with the files themselves: no record is kept, as records hold personal data. */
function describeFiles(log: Log, readings: readonly FileReading[], { ranges }: ReachBack): string {
  const files = readings.map((reading, index) => ({
    path: reading.file.path,
    size: reading.file.facts.size,
    mode: reading.file.facts.mode.toString(8),
    uid: reading.file.facts.uid,
    gid: reading.file.facts.gid,
    sha256: reading.sha256,
    whole: reading.whole,
    records: reading.records,
    unparsedRecords: reading.unparsed,
    oldest: instantOf(ranges[index]?.from),
    newest: instantOf(ranges[index]?.to),
  }))
  return `${JSON.stringify({ log: log.id, files }, null, 2)}\n`
}

function instantOf(ms: number | undefined): string | null {
  return ms === undefined ? null : instant(ms)
}

function pathsOf({ files, logrotate }: Log): readonly string[] {
  return [...files.map((pattern) => (hasWildcard(basename(pattern)) ? dirname(pattern) : pattern)), ...logrotate]
}
