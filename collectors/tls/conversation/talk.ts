import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectBefore, type Wire } from '../exchange.ts'
import type { Pacer } from '../pacer.ts'
import { preambleOf } from '../starttls/connect.ts'
import type { Conversation, End } from '../transcript.ts'

/** Both directions of one connection. Nothing throws for what the server does: the end tells. */
export type Talk = {
  send(bytes: Uint8Array): void
  /** Waits until what came since the last `send` is enough, or the connection or the time is over; gives those bytes. */
  receive(enough: (received: Uint8Array) => boolean, timeoutMs?: number): Promise<Uint8Array>
  /** The same, but a time that is over ends no more than the waiting: whether what came is enough, or the connection over. */
  listen(enough: (received: Uint8Array) => boolean, timeoutMs: number): Promise<boolean>
  /**
   * How long a server has to be waited for until its silence says something, in milliseconds: several times what it took
   * for the quickest of its first answers, since slower ones waited for others of our connections.
   */
  readonly patienceMs: number
}

/** What a server took for the quickest of its first answers. */
type Pace = { quickestMs: number }

/** Between these a server's own pace decides. */
const [leastPatienceMs, mostPatienceMs] = [300, 1_500]
const paces = 6

/** What a conversation is about, and what is said in it. */
export type Script = Pick<Conversation, 'topic' | 'variant' | 'protocol' | 'certified'> & {
  /** Speaks, and gives the secrets that open what was received. */
  readonly speak: (talk: Talk) => Promise<Conversation['secrets'] | undefined>
  /** Takes what must not be kept out of received bytes. */
  readonly conceal?: (received: Uint8Array) => Uint8Array
}

/** Holds a conversation on a connection of its own. */
export type Hold = (script: Script) => Promise<Conversation>

/** Holds a conversation once more where it ended with a reset, which may be chance or somebody in between; gives the last. */
export async function holdAgainAfterReset(hold: Hold, script: Script): Promise<Conversation> {
  const held = await hold(script)
  return held.end === 'reset' ? hold(script) : held
}

/** The conversation that says the most: the last that was not reset; whether the server only ever reset them. */
export function mostTelling(conversations: readonly Conversation[]): {
  readonly conversation: Conversation | undefined
  readonly alwaysReset: boolean
} {
  const conversation = conversations.findLast(({ end }) => end !== 'reset')
  return { conversation: conversation ?? conversations.at(-1), alwaysReset: !conversation && conversations.length > 1 }
}

/** Waits before the second, third, fourth attempt. */
const pausesMs = [50, 150, 400]
const mostReceivedBytes = 262_144

/** A holder that appends every conversation to `conversations`, and repeats one to whose first words nothing came. */
export function createHold(wire: Wire, pacer: Pacer, conversations: Conversation[]): Hold {
  const pace: Pace = { quickestMs: Number.POSITIVE_INFINITY }

  async function attempt(script: Script, pauseMs: number, alone: boolean): Promise<[Conversation, width: number]> {
    let width = pacer.width
    const run = async (): Promise<Conversation> => {
      // Quiet before an attempt alone, so that the server has noticed the end of the connections before it.
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: wire.signal }).catch(() => undefined)
      width = pacer.width
      return once(wire, script, pace)
    }
    const conversation = await pacer.run(run, alone ? 'alone' : undefined)
    conversations.push(conversation)
    return [conversation, width]
  }

  return async (script) => {
    let [conversation, width] = await attempt(script, 0, false)
    for (const [index, pauseMs] of pausesMs.entries()) {
      if (!isTurnedAway(conversation) || wire.signal.aborted) return conversation
      pacer.slowDown(width)
      ;[conversation, width] = await attempt(script, pauseMs, index > 0)
    }
    return conversation
  }
}

/** Whether the server seems to have had no room for a connection. */
function isTurnedAway({ turns, end }: Conversation): boolean {
  return turns.every(({ received }) => received.length === 0) && ['refused', 'reset', 'closed'].includes(end)
}

async function once(
  wire: Wire,
  { topic, variant, protocol, certified, speak, conceal }: Script,
  pace: Pace,
): Promise<Conversation> {
  const about = { topic, variant, protocol, ...(certified ? { certified } : {}) }
  const deadline = AbortSignal.any([wire.signal, AbortSignal.timeout(wire.timeoutMs)])
  const socket = await connectBefore(wire, deadline)
  if ('end' in socket) return { ...about, turns: [], secrets: {}, ...socket }
  const preamble = preambleOf(socket.open)
  const line = openLine(socket.open, deadline, wire.signal, pace)
  try {
    const secrets = (await speak(line.talk)) ?? {}
    const turns = line.turns().map(({ sent, received }) => ({ sent, received: conceal?.(received) ?? received }))
    return { ...about, turns, end: line.end() ?? 'answered', secrets, ...(preamble ? { preamble } : {}) }
  } finally {
    socket.open.destroy()
  }
}

type Line = {
  readonly talk: Talk
  turns(): { sent: Uint8Array; received: Uint8Array }[]
  end(): End | null
}

function openLine(socket: Socket, deadline: AbortSignal, stop: AbortSignal, pace: Pace): Line {
  const turns: { sent: Uint8Array; heard: Growing }[] = []
  let end: End | null = null
  let size = 0
  let wake = (): void => undefined
  const over = (how: End): void => {
    end ??= how
    wake()
  }
  socket.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (firstSent !== undefined) pace.quickestMs = Math.min(pace.quickestMs, performance.now() - firstSent)
    turns.at(-1)?.heard.add(chunk)
    if (size > mostReceivedBytes) over('too-large')
    wake()
  })
  socket.once('end', () => over('closed'))
  socket.once('close', () => over('closed'))
  socket.on('error', (error: NodeJS.ErrnoException) =>
    over(error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'closed'),
  )
  let firstSent: number | undefined
  /** Waits until there is enough or the connection is over; false where the time is over before. */
  const wait = async (enough: (received: Uint8Array) => boolean, limit: AbortSignal): Promise<boolean> => {
    const expire = (): void => wake()
    limit.addEventListener('abort', expire, { once: true })
    let isOver = end !== null || enough(soFar())
    while (!isOver && !limit.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      isOver = end !== null || enough(soFar())
    }
    limit.removeEventListener('abort', expire)
    return isOver
  }
  const within = (timeoutMs: number): AbortSignal => AbortSignal.any([deadline, AbortSignal.timeout(timeoutMs)])
  const soFar = (): Uint8Array => turns.at(-1)?.heard.bytes() ?? new Uint8Array()
  return {
    turns: () => turns.map(({ sent, heard }) => ({ sent, received: heard.bytes() })),
    end: () => end,
    talk: {
      get patienceMs() {
        return Math.ceil(Math.min(mostPatienceMs, Math.max(leastPatienceMs, paces * pace.quickestMs)))
      },
      send(bytes) {
        // What is said into a closed connection was never sent.
        if (end !== null || socket.destroyed) return
        firstSent ??= performance.now()
        turns.push({ sent: bytes, heard: growing() })
        socket.write(bytes)
      },
      async receive(enough, timeoutMs) {
        const limit = timeoutMs === undefined ? deadline : within(timeoutMs)
        if (!(await wait(enough, limit))) end = stop.aborted ? 'stopped' : 'timeout'
        return soFar()
      },
      listen: (enough, timeoutMs) => wait(enough, within(timeoutMs)),
    },
  }
}

type Growing = { add(chunk: Uint8Array): void; bytes(): Uint8Array }

/** Bytes that grow at the end, in time that stays linear however small the pieces are. */
function growing(): Growing {
  let buffer = new Uint8Array(4_096)
  let length = 0
  return {
    add(chunk) {
      if (length + chunk.length > buffer.length) {
        const larger = new Uint8Array(Math.max(buffer.length * 2, length + chunk.length))
        larger.set(buffer)
        buffer = larger
      }
      buffer.set(chunk, length)
      length += chunk.length
    },
    bytes: () => Buffer.from(buffer.buffer, 0, length),
  }
}
