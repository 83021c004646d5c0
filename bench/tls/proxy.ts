import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A proxy in front of a server of the loopback. */
export type DelayProxy = {
  readonly port: number
  /** Connections taken since it was last asked. */
  connections(): Promise<number>
  [Symbol.asyncDispose](): Promise<void>
}

export type Delay = {
  /** Added in each direction. */
  readonly delayMs: number
  /** Added to all that the client sends: the round trip that connecting to a distant server takes. */
  readonly connectMs?: number
}

/** Starts a proxy that makes a server of the loopback a distant one. */
export async function delayProxy(target: number, { delayMs, connectMs = 0 }: Delay): Promise<DelayProxy> {
  const child = fork(join(import.meta.dirname, 'delay-proxy.ts'), [target, delayMs, connectMs].map(String))
  const exited = once(child, 'exit')
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    port,
    connections: async () => {
      const answer = once(child, 'message')
      child.send('count')
      const [{ connections }] = (await answer) as [{ connections: number }]
      return connections
    },
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await exited
    },
  }
}
