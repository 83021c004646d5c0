import { type Instant, instant } from '../../../src/model/time.ts'
import { readBytes } from '../wire/bytes.ts'
import { guarded } from '../wire/reply.ts'

/** Where a signed certificate timestamp was found. */
export type TimestampSource = 'certificate' | 'tls' | 'ocsp'

/** A signed certificate timestamp, RFC 6962 section 3.2. */
export type Timestamp = {
  readonly source: TimestampSource
  /** SHA-256 of the log's key, hexadecimal. */
  readonly log: string
  /** Null from the year 10000 on. */
  readonly at: Instant | null
  /** What stands between the log's id and the signature: the moment in eight bytes. */
  readonly atBytes: Uint8Array
  /** What was signed, and how; null where it is malformed. */
  readonly proof: TimestampProof | null
}

/** The extensions and the signature of a timestamp, RFC 5246 section 4.7. */
export type TimestampProof = {
  /** With their length. */
  readonly extensions: Uint8Array
  readonly hash: number
  readonly algorithm: number
  readonly signature: Uint8Array
}

/** Reads a SignedCertificateTimestampList; an empty list where it is malformed. Those of other versions are left out. */
export function readTimestamps(list: Uint8Array | null | undefined, source: TimestampSource): readonly Timestamp[] {
  if (!list) return []
  const found = guarded(() => {
    const reader = readBytes(readBytes(list).vector(2))
    const timestamps: Timestamp[] = []
    while (reader.remaining > 0) {
      const bytes = reader.vector(2)
      const each = readBytes(bytes)
      if (each.u8() !== 0) continue
      const log = Buffer.from(each.take(32)).toString('hex')
      const atBytes = each.take(8)
      const ms = atBytes.reduce((value, byte) => value * 256 + byte, 0)
      const at = ms < latestMs ? instant(ms) : null
      timestamps.push({ source, log, at, atBytes, proof: guarded(() => readProof(bytes.subarray(proofAt))) })
    }
    return timestamps
  })
  return found ?? []
}

/** The year 10000, from which on an instant is no longer sorted as text. */
const latestMs = 253_402_300_800_000
/** After the version, the log's id and the moment. */
const proofAt = 41

function readProof(bytes: Uint8Array): TimestampProof | null {
  const reader = readBytes(bytes)
  const { length } = reader.vector(2)
  const proof = { extensions: bytes.subarray(0, length + 2), hash: reader.u8(), algorithm: reader.u8() }
  const signature = reader.vector(2)
  return reader.remaining === 0 ? { ...proof, signature } : null
}
