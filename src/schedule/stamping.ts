import type { Logger } from 'pino'
import type { Stamping } from '../app/stamp-ledger.ts'

/** How long a pending time stamp waits before authorities are asked again; the last one for all further times. */
export const retryAfterMs: readonly number[] = [1, 5, 15, 60].map((minutes) => minutes * 60_000)

/** What is still to be timestamped, since when, and why it is not. */
export type Untimed = { readonly entries: number; readonly reason: string }

/** Asks again, later and later, for time stamps that no authority gave; nothing waits for it. */
export type StampingRetries = {
  /** Takes down what became of a stamp that was due after a run. */
  saw(stamping: Stamping): void
  /** Asks for what an earlier process may have left pending. */
  start(): void
  stop(): Promise<void>
}

/** `stamp` has what is due timestamped; `tell` hears of what is pending, and of null when nothing is any more. */
export function stampingRetries(
  stamp: (signal: AbortSignal) => Promise<Stamping>,
  {
    log,
    tell,
    delaysMs = retryAfterMs,
  }: {
    readonly log: Logger
    readonly tell: (untimed: Untimed | null) => void
    readonly delaysMs?: readonly number[]
  },
): StampingRetries {
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let failures = 0
  let working: Promise<void> = Promise.resolve()

  const saw = (stamping: Stamping): void => {
    clearTimeout(timer)
    if (stamping.state === 'stamped') log.info(stamping, 'ledger timestamped')
    if (stamping.state !== 'pending') {
      failures = 0
      tell(null)
      return
    }
    log.warn(stamping, 'ledger not timestamped yet')
    tell({ entries: stamping.size, reason: stamping.reason })
    schedule()
  }
  const schedule = (): void => {
    if (stopping.signal.aborted) return
    clearTimeout(timer)
    const delay = delaysMs[Math.min(failures, delaysMs.length - 1)]
    failures += 1
    timer = setTimeout(again, delay)
  }
  const again = (): void => {
    working = stamp(stopping.signal).then(saw, (error: unknown) => {
      // The store may be locked or away for a while; the daemon outlives that.
      log.error({ err: error }, 'time stamp could not be asked for')
      schedule()
    })
  }
  return {
    saw,
    start: again,
    async stop() {
      stopping.abort()
      clearTimeout(timer)
      await working
      clearTimeout(timer)
    },
  }
}
