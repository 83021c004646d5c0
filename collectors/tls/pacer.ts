/** Keeps connections to one server few enough for it. */
export type Pacer = {
  /**
   * Runs a task as soon as another connection may be opened; alone: while no other task runs. The task is told how many
   * run when it starts, itself included.
   */
  run<Result>(task: (running: number) => Promise<Result>, mode?: 'alone'): Promise<Result>
  /** A number that is higher at each call, so that the order of what happened can be told. */
  tick(): number
  /** Says that the server refused or dropped a connection: from now on half as many at once. */
  slowDown(startedUnder: number): void
  /** Says that the last slowing down was not called for: back to the width before it. */
  recover(): void
  /** How many tasks may run at once at the moment. */
  readonly width: number
}

type Waiting = { readonly alone: boolean; readonly start: (running: number) => void }

/** A pacer that lets at most `width` tasks run at once, and fewer once the server has shown its limit. */
export function createPacer(width: number): Pacer {
  let allowed = width
  let before = width
  let running = 0
  let exclusive = false
  let ticks = 0
  const queue: Waiting[] = []

  const startNext = (): void => {
    for (let next = queue[0]; next && !exclusive; next = queue[0]) {
      if (next.alone ? running > 0 : running >= allowed) return
      queue.shift()
      running += 1
      exclusive = next.alone
      next.start(running)
    }
  }
  return {
    get width() {
      return allowed
    },
    tick() {
      ticks += 1
      return ticks
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
      const count = await new Promise<number>((start) => {
        queue.push({ alone: mode === 'alone', start })
        startNext()
      })
      try {
        return await task(count)
      } finally {
        running -= 1
        exclusive = false
        startNext()
      }
    },
  }
}
