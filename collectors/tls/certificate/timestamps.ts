import { type Instant, instant } from '../../../src/model/time.ts'
import { readBytes } from '../wire/bytes.ts'
import { guarded } from '../wire/reply.ts'

/** Where a signed certificate timestamp was found. */
export type TimestampSource = 'certificate' | 'tls' | 'ocsp'

/** A signed certificate timestamp, RFC 6962 section 3.2; its signature is not checked, since that needs the log's key. */
export type Timestamp = {
  readonly source: TimestampSource
  /** SHA-256 of the log's key, hexadecimal. */
  readonly log: string
  readonly at: Instant
}

/** Reads a SignedCertificateTimestampList; an empty list where it is malformed. */
export function readTimestamps(list: Uint8Array | null | undefined, source: TimestampSource): readonly Timestamp[] {
  if (!list) return []
  const found = guarded(() => {
    const reader = readBytes(readBytes(list).vector(2))
    const timestamps: Timestamp[] = []
    while (reader.remaining > 0) {
      const each = readBytes(reader.vector(2))
      if (each.u8() !== 0) continue
      const log = Buffer.from(each.take(32)).toString('hex')
      const ms = each.take(8).reduce((value, byte) => value * 256 + byte, 0)
      if (ms < latestMs) timestamps.push({ source, log, at: instant(ms) })
    }
    return timestamps
  })
  return found ?? []
}

/** The year 10000, from which on an instant is no longer sorted as text. */
const latestMs = 253_402_300_800_000
