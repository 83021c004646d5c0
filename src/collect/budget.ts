import type { Socket } from 'node:net'
import { CollectionError } from '../model/errors.ts'
import type { Usage } from '../model/evidence.ts'
import type { Limits } from '../model/plan.ts'

/** Counts what one collection sends and receives, and ends it where a limit is reached (`budget`). */
export type Budget = {
  spendRequest(): void
  spendConnection(): void
  /** Bytes that no socket carries: those read from files. */
  spendBytes(count: number): void
  /** Counts a socket's bytes until it closes, and destroys it where they exceed the limit. */
  track(socket: Socket): void
  /** Throws where the bytes are spent. */
  check(): void
  usage(): Omit<Usage, 'durationMs'>
  /** Destroys every socket that is still open. */
  close(): void
}

/** How often the bytes of open sockets are looked at. */
const watchMs = 25

export function createBudget(limits: Limits): Budget {
  const open = new Set<Socket>()
  let requests = 0
  let connections = 0
  let read = 0
  let closedSent = 0
  let closedReceived = 0
  let watch: NodeJS.Timeout | undefined

  const sent = (): number => sum(open, (socket) => socket.bytesWritten) + closedSent
  const received = (): number => sum(open, (socket) => socket.bytesRead) + closedReceived + read

  function check(): void {
    if (sent() + received() > limits.bytes) throw exceeded('bytes', limits.bytes)
  }

  function watchBytes(): void {
    if (sent() + received() <= limits.bytes) return
    for (const socket of open) socket.destroy(exceeded('bytes', limits.bytes))
  }

  function forget(socket: Socket): void {
    if (!open.delete(socket)) return
    closedSent += socket.bytesWritten
    closedReceived += socket.bytesRead
    if (open.size === 0) clearInterval(watch)
  }

  return {
    spendRequest: () => {
      check()
      if (requests >= limits.requests) throw exceeded('requests', limits.requests)
      requests += 1
    },
    spendConnection: () => {
      check()
      if (connections >= limits.connections) throw exceeded('connections', limits.connections)
      connections += 1
    },
    spendBytes: (count) => {
      read += count
      check()
    },
    track: (socket) => {
      if (open.size === 0) watch = setInterval(watchBytes, watchMs).unref()
      open.add(socket)
      socket.once('close', () => forget(socket))
    },
    check,
    usage: () => ({ connections, requests, bytesSent: sent(), bytesReceived: received() }),
    close: () => {
      clearInterval(watch)
      for (const socket of open) socket.destroy()
    },
  }
}

function exceeded(limit: 'bytes' | 'requests' | 'connections', value: number): CollectionError {
  return new CollectionError('budget', `the limit of ${value} ${limit} is reached`, {
    hint: `Raise limits.${limit} of the target if the target can bear it.`,
  })
}

function sum(sockets: Iterable<Socket>, of: (socket: Socket) => number): number {
  let total = 0
  for (const socket of sockets) total += of(socket)
  return total
}
