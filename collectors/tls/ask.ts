import { setTimeout as sleep } from 'node:timers/promises'
import { type Evidence, isSettled, readEvidence } from './evidence.ts'
import { exchange, type Wire } from './exchange.ts'
import type { Pacer } from './pacer.ts'
import type { RecordProtocol } from './registry/protocols.ts'
import type { End, Exchange, Purpose } from './transcript.ts'
import { type Reply, readReply } from './wire/reply.ts'

/** Bytes for the server, and when its answer is complete. */
export type Question = {
  readonly purpose: Purpose
  readonly protocol: RecordProtocol | null
  readonly bytes: Uint8Array
  readonly enough: (reply: Reply) => boolean
  /** What opens the encrypted part of the answer, to be kept beside it. */
  readonly serverTraffic?: (reply: Reply) => Uint8Array | undefined
}

/** Asks a question, again where the server did not answer it, and gives the evidence of the last attempt. */
export type Ask = (question: Question) => Promise<Evidence>

/** Waits before the second, third, fourth attempt. */
const pausesMs = [50, 150, 400]

/** An asker that appends every attempt to `exchanges`. */
export function createAsk(wire: Wire, pacer: Pacer, exchanges: Exchange[]): Ask {
  let anyAnswer = false
  let anyFailureAlone = false

  async function attempt(
    question: Question,
    count: number,
    alone: boolean,
  ): Promise<{ evidence: Evidence; width: number }> {
    let width = pacer.width
    const run = async (): Promise<Evidence> => {
      width = pacer.width
      const { received, end } = await exchange(wire, question.bytes, question.enough)
      const { purpose, protocol, bytes: sent } = question
      const serverTraffic = question.serverTraffic?.(readReply(received))
      const kept: Exchange = {
        purpose,
        protocol,
        attempt: count,
        alone,
        sent,
        received,
        end,
        ...(serverTraffic ? { serverTraffic } : {}),
      }
      exchanges.push(kept)
      return readEvidence(kept)
    }
    const evidence = await pacer.run(run, alone ? 'alone' : undefined)
    if (evidence.reply.form !== 'empty') anyAnswer = true
    return { evidence, width }
  }

  return async (question) => {
    let { evidence, width } = await attempt(question, 1, false)
    for (const [index, pauseMs] of pausesMs.entries()) {
      if (isSettled(evidence) || evidence.exchange.end === 'stopped' || wire.signal.aborted) return evidence
      // Where not even one question alone is answered, the others need not be asked again.
      if (!anyAnswer && anyFailureAlone) return evidence
      pacer.slowDown(width)
      const before = evidence
      const alone = index > 0 || evidence.exchange.end === 'timeout' || evidence.verdict.kind === 'alert'
      await pause(pauseMs, wire.signal)
      ;({ evidence, width } = await attempt(question, index + 2, alone))
      if (alone && sameFailure(before, evidence)) {
        anyFailureAlone = true
        // It is the question that the server does not like, not the number of connections.
        pacer.recover()
        if (alone && enoughTries(evidence, index)) return evidence
      }
    }
    return evidence
  }
}

function sameFailure(before: Evidence, after: Evidence): boolean {
  return !isSettled(after) && before.exchange.end === after.exchange.end
}

/** An alert, a silence or a close that comes twice will come a third time; a refused or reset connection may not. */
function enoughTries({ exchange: { end } }: Evidence, index: number): boolean {
  const once: readonly End[] = ['answered', 'timeout', 'unreachable', 'too-large']
  return once.includes(end) || index === pausesMs.length - 1
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
