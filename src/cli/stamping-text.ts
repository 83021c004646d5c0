import type { Stamping } from '../app/stamp-ledger.ts'
import { printable } from './terminal.ts'
import { count } from './words.ts'

/** What became of a time stamp over the ledger, in a sentence or two; null where none was asked for. */
export function stampingText(stamping: Stamping): string | null {
  switch (stamping.state) {
    case 'none':
      return null
    case 'pending':
      return `Not timestamped yet: ${printable(stamping.reason)}. It is asked for again after the next run, or with: affidavit checkpoint`
    case 'stamped': {
      const { size, time, authority, clockAheadMs } = stamping
      const bound = `Timestamped: ${count(size, 'entry', 'entries')} existed at ${time}, states ${printable(authority)}.`
      return clockAheadMs === null ? bound : `${bound} ${clockText(clockAheadMs)}`
    }
    default:
      return stamping satisfies never
  }
}

function clockText(aheadMs: number): string {
  const minutes = Math.round(Math.abs(aheadMs) / 60_000)
  const off =
    minutes < 120
      ? count(minutes, 'minute')
      : minutes < 2880
        ? `${Math.round(minutes / 60)} hours`
        : `${Math.round(minutes / 1440)} days`
  return `This machine's clock is ${off} ${aheadMs > 0 ? 'ahead of' : 'behind'} that: set it right, since it dates the evidence.`
}
