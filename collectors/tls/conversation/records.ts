import { readBytes } from '../wire/bytes.ts'
import { alertIn } from '../wire/reply.ts'

/** One record as it came: its five-byte header and its content, sealed or not. */
export type RawRecord = { readonly type: number; readonly header: Uint8Array; readonly content: Uint8Array }

export const recordTypes = { changeCipherSpec: 20, alert: 21, handshake: 22, application: 23, heartbeat: 24 } as const

const mostRecordBytes = 16_384 + 2_048

/** The whole records at the start of bytes; ends at the first thing that is none. Never throws. */
export function splitRecords(bytes: Uint8Array): RawRecord[] {
  const records: RawRecord[] = []
  const reader = readBytes(bytes)
  while (reader.remaining >= 5) {
    const header = reader.take(5)
    const [type = 0, major = 0, , high = 0, low = 0] = header
    const length = high * 256 + low
    if (type < 20 || type > 24 || major !== 3 || length > mostRecordBytes || length > reader.remaining) return records
    records.push({ type, header, content: reader.take(length) })
  }
  return records
}

/** The records that came before the server switched to its keys, and those after. */
export function aroundSwitch(records: readonly RawRecord[]): {
  clear: readonly RawRecord[]
  sealed: readonly RawRecord[]
} {
  const at = records.findIndex(({ type }) => type === recordTypes.changeCipherSpec)
  return at < 0 ? { clear: records, sealed: [] } : { clear: records.slice(0, at), sealed: records.slice(at + 1) }
}

/** The server has switched to its keys and sent something under them, or ended with a fatal alert. */
export function isSwitchedOrOver(received: Uint8Array): boolean {
  const { clear, sealed } = aroundSwitch(splitRecords(received))
  return sealed.length > 0 || clear.some(({ type, content }) => type === recordTypes.alert && alertIn(content)?.fatal)
}
