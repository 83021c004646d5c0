import { createHash, createPublicKey, verify } from 'node:crypto'
import { daysBetween, type Instant, later } from '../../../src/model/time.ts'
import { concat, vector } from '../wire/bytes.ts'
import { guarded } from '../wire/reply.ts'
import type { Log, LogList, LogState } from './log-list.ts'
import type { Certificate } from './parse.ts'
import { readIdentity, withoutTimestamps } from './tbs.ts'
import type { Timestamp, TimestampProof } from './timestamps.ts'

/** The logs that timestamps are held against, or why the list that was given cannot be used; null where none was. */
export type KnownLogs = LogList | { readonly problem: string } | null

/** A timestamp as the facts show it. */
export type CheckedTimestamp = Pick<Timestamp, 'source' | 'log' | 'at'> & {
  readonly status: 'verified' | 'invalid' | 'unknown-log' | 'not-checked'
  /** Why it is not verified; or null. */
  readonly reason: string | null
  readonly name: string | null
  readonly operator: string | null
  readonly state: LogState | null
  readonly stateSince: Instant | null
  /**
   * Whether browsers count it, by the state of its log: one in use, or, where the timestamp is embedded, one that was
   * retired only later; null unless verified.
   */
  readonly counts: 'yes' | 'no' | null
}

/** What the timestamps of a chain come to. */
export type TimestampFacts = {
  readonly scts: readonly CheckedTimestamp[]
  readonly sctCount: number
  readonly sctCheck: 'done' | 'none' | 'undetermined'
  readonly sctCheckReason: string | null
  /** Logs and their operators with a verified timestamp that counts; null unless the check is done. */
  readonly sctLogs: number | null
  readonly sctOperators: number | null
  /** Those of these logs that are not retired since. */
  readonly sctCurrentLogs: number | null
  readonly sctInvalid: number | null
  readonly sctUnknown: number | null
  readonly sctListPublished: Instant | null
  readonly sctListAgeDays: number | null
}

/** What a timestamp speaks of. */
export type Stamped = {
  readonly leaf: Certificate
  /** Undefined where it is not known. */
  readonly issuer: Certificate | undefined
  readonly at: Instant
}

const unchecked = {
  sctLogs: null,
  sctOperators: null,
  sctCurrentLogs: null,
  sctInvalid: null,
  sctUnknown: null,
  sctListPublished: null,
  sctListAgeDays: null,
}

/** What is said of the timestamps of a certificate that does not parse. */
export const noTimestamps: TimestampFacts = {
  scts: [],
  sctCount: 0,
  sctCheck: 'undetermined',
  sctCheckReason: 'the certificate does not parse',
  ...unchecked,
}

const noLog = { name: null, operator: null, state: null, stateSince: null, counts: null }

/** Holds the timestamps of a certificate against the logs that are known. Never throws. */
export function timestampFacts(found: readonly Timestamp[], logs: KnownLogs, stamped: Stamped): TimestampFacts {
  if (logs === null || 'problem' in logs) {
    const sctCheckReason = logs?.problem ?? 'the target names no list of logs'
    const scts = found.map(
      ({ source, log, at }) =>
        ({ source, log, at, status: 'not-checked', reason: sctCheckReason, ...noLog }) satisfies CheckedTimestamp,
    )
    const sctCheck = logs === null ? 'none' : 'undetermined'
    return { scts, sctCount: scts.length, sctCheck, sctCheckReason, ...unchecked }
  }
  const scts = found.map((each) => check(each, logs.logs.get(each.log), stamped))
  const counting = scts.filter(({ counts }) => counts === 'yes')
  return {
    scts,
    sctCount: scts.length,
    sctCheck: 'done',
    sctCheckReason: null,
    sctLogs: distinct(counting, 'log'),
    sctOperators: distinct(counting, 'operator'),
    sctCurrentLogs: distinct(
      counting.filter(({ state }) => state !== 'retired'),
      'log',
    ),
    sctInvalid: scts.filter(({ status }) => status === 'invalid').length,
    sctUnknown: scts.filter(({ status }) => status === 'unknown-log').length,
    sctListPublished: logs.published,
    sctListAgeDays: logs.published && daysBetween(logs.published, stamped.at),
  }
}

function distinct(timestamps: readonly CheckedTimestamp[], name: 'log' | 'operator'): number {
  return new Set(timestamps.map((each) => each[name])).size
}

/** Clocks differ. */
const leewayMs = 300_000

function check(timestamp: Timestamp, log: Log | undefined, stamped: Stamped): CheckedTimestamp {
  const { source, log: id, at, proof } = timestamp
  const told = (status: CheckedTimestamp['status'], reason: string | null): CheckedTimestamp => {
    const known = log
      ? { name: log.name, operator: log.operator, state: log.state, stateSince: log.since, counts: null }
      : noLog
    return { source, log: id, at, status, reason, ...known }
  }
  if (!log) return told('unknown-log', 'the log is not in the list')
  if (!proof) return told('invalid', 'it is malformed')
  if (at === null || at > later(stamped.at, leewayMs)) return told('invalid', 'it is from the future')
  const entry = entryOf(source, stamped)
  if (typeof entry === 'string') return told('not-checked', entry)
  const wrong = signatureProblem(timestamp, proof, entry, log)
  if (wrong) return told('invalid', wrong)
  return { ...told('verified', null), counts: isCounted(source, at, log) ? 'yes' : 'no' }
}

function isCounted(source: Timestamp['source'], at: Instant, { state, since }: Log): boolean {
  if (state === 'retired') return source === 'certificate' && since !== null && at < since
  return state === 'qualified' || state === 'usable' || state === 'readonly'
}

const x509Entry = [0, 0]
const precertificateEntry = [0, 1]

/** LogEntryType and signed_entry of RFC 6962 section 3.2; why they cannot be had where they cannot. */
function entryOf(source: Timestamp['source'], { leaf, issuer }: Stamped): Uint8Array | string {
  if (source !== 'certificate') return concat(x509Entry, vector(3, leaf.der))
  if (!issuer) return 'the issuer of the certificate is not known, and its key is a part of what was signed'
  const tbs = guarded(() => withoutTimestamps(leaf.der))
  const issuerKey = guarded(() => readIdentity(issuer.der).publicKeyInfo)
  if (!tbs || !issuerKey) return 'the certificate as it was before the timestamps came in cannot be had'
  return concat(precertificateEntry, createHash('sha256').update(issuerKey).digest(), vector(3, tbs))
}

/** HashAlgorithm and SignatureAlgorithm, RFC 5246 section 7.4.1.4.1; RFC 6962 section 2.1.4 allows no others. */
const sha256 = 4
const algorithms: { readonly [keyType: string]: number } = { rsa: 1, ec: 3 }
const versionAndType = [0, 0]

function signatureProblem(
  { atBytes }: Timestamp,
  { extensions, hash, algorithm, signature }: TimestampProof,
  entry: Uint8Array,
  log: Log,
): string | null {
  const key = createPublicKey({ key: Buffer.from(log.key), format: 'der', type: 'spki' })
  if (hash !== sha256 || algorithm !== algorithms[key.asymmetricKeyType ?? '']) {
    return `it is not signed as a log with such a key signs: hash ${hash}, signature ${algorithm}`
  }
  const signed = concat(versionAndType, atBytes, entry, extensions)
  return verify('sha256', signed, key, signature) ? null : 'the log did not sign it for this certificate'
}
