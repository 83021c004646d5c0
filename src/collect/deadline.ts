import { CollectionError } from '../model/errors.ts'

/** A signal that a timer aborts, unless it is cleared before. */
export type Deadline = { readonly signal: AbortSignal; clear(): void }

/** A signal that ends the collection with `timeout`. */
export function timeLimit(timeoutMs: number): Deadline {
  const controller = new AbortController()
  const timer = setTimeout(() => {
    const hint = 'Raise limits.timeout of the target, or look at why it answers so slowly.'
    controller.abort(new CollectionError('timeout', `the collection took longer than ${timeoutMs} ms`, { hint }))
  }, timeoutMs)
  return { signal: controller.signal, clear: () => clearTimeout(timer) }
}

/** A signal that follows another one after a while. */
export function afterAbort(signal: AbortSignal, ms: number): Deadline {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const start = (): void => {
    timer = setTimeout(() => controller.abort(signal.reason), ms)
  }
  signal.addEventListener('abort', start, { once: true })
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', start)
    },
  }
}
