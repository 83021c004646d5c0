/** Keeps connections to one server few enough for it. */
export type Pacer = {
  /**
   * Runs a task as soon as another connection may be opened; alone: while no other task runs; last: alone, and once
   * none waits.
   */
  run<Result>(task: () => Promise<Result>, mode?: 'alone' | 'last'): Promise<Result>
  /** Says that the server refused or dropped a connection: from now on half as many at once. */
  slowDown(startedUnder: number): void
  /** Says that the last slowing down was not called for: back to the width before it. */
  recover(): void
  /** How many tasks may run at once at the moment. */
  readonly width: number
}

type Waiting = { readonly alone: boolean; readonly start: () => void }

/** A pacer that lets at most `width` tasks run at once, and fewer once the server has shown its limit. */
export function createPacer(width: number): Pacer {
  let allowed = width
  let before = width
  let running = 0
  let exclusive = false
  const queue: Waiting[] = []
  const last: (() => void)[] = []

  const startNext = (): void => {
    // Whoever waited for the task that just ended may have more to ask, and goes first.
    if (queue.length === 0 && running === 0 && last.length > 0) setImmediate(startLast)
    for (let next = queue[0]; next && !exclusive; next = queue[0]) {
      if (next.alone ? running > 0 : running >= allowed) return
      queue.shift()
      running += 1
      exclusive = next.alone
      next.start()
    }
  }
  const startLast = (): void => {
    if (queue.length > 0 || running > 0) return
    const start = last.shift()
    if (!start) return
    running += 1
    exclusive = true
    start()
  }
  return {
    get width() {
      return allowed
    },
    slowDown(startedUnder) {
      // Sixteen connections that are dropped together are one sign, not sixteen.
      if (startedUnder > allowed) return
      before = allowed
      allowed = Math.max(1, Math.floor(allowed / 2))
    },
    recover() {
      allowed = Math.max(allowed, before)
      startNext()
    },
    async run(task, mode) {
      await new Promise<void>((start) => {
        if (mode === 'last') last.push(start)
        else queue.push({ alone: mode === 'alone', start })
        startNext()
      })
      try {
        return await task()
      } finally {
        running -= 1
        exclusive = false
        startNext()
      }
    },
  }
}
