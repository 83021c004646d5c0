import { setTimeout as sleep } from 'node:timers/promises'
import { type Evidence, isSettled, readEvidence, speaksTls } from './evidence.ts'
import { exchange, type Wire } from './exchange.ts'
import { smallHelloBytes } from './hellos.ts'
import { isAnsweredBetween, knownToBeAnswered } from './interlude.ts'
import type { Pacer } from './pacer.ts'
import { type RecordProtocol, versionNumbers } from './registry/protocols.ts'
import { isClosedWithinRoom, isClosedWithoutWord, roomShown } from './room.ts'
import { type End, type Exchange, isAboutFeature, type Purpose } from './transcript.ts'
import { type OfferedHello, readClientHello } from './wire/client-hello.ts'
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

/** How long others have to show that a server has less room than it seemed. */
const roomPauseMs = 150

/**
 * An asker that appends every attempt to `exchanges`. It gives up on a server that speaks another protocol, or that
 * answers nothing even when asked one question alone, so that neither costs the whole time limit.
 */
export function createAsk(wire: Wire, pacer: Pacer, exchanges: Exchange[], earlier: readonly Exchange[] = []): Ask {
  const hopeless = new AbortController()
  const signal = AbortSignal.any([wire.signal, hopeless.signal])
  let anyAnswer = false
  let rescue: Promise<Evidence> | undefined
  let longestAnswered = 0
  let shortestIgnored = Number.POSITIVE_INFINITY
  /**
   * Whether a hello is of a length that the server seems not to answer, though it answers shorter ones: one that was
   * ignored alone stands for all that are longer, and for the shorter ones that were ignored once already.
   */
  const isTooLong = ({ bytes: { length } }: Question, attempts: number): boolean =>
    length > smallHelloBytes &&
    length > longestAnswered &&
    (attempts > 0 ? Number.isFinite(shortestIgnored) : length >= shortestIgnored)

  let tls13: 'answered' | 'ignored' | undefined
  /** Whether the server falls silent at whatever offers TLS 1.3: such a hello is sent, but not insisted on. */
  const isIgnored = ({ bytes }: Question): boolean => tls13 === 'ignored' && offersTls13(readClientHello(bytes))

  async function attempt(question: Question, count: number, alone: boolean, pauseMs = 0): Promise<Attempt> {
    let width = pacer.width
    const { purpose, protocol, bytes: sent } = question
    const run = async (open: number): Promise<Evidence> => {
      // Quiet before an attempt alone, so that the server has noticed the end of the connections before it.
      if (alone) await pause(pauseMs, signal)
      width = pacer.width
      const unasked: Exchange = {
        purpose,
        protocol,
        attempt: count,
        alone,
        open,
        sent,
        received: new Uint8Array(),
        end: 'stopped',
      }
      if (signal.aborted || isTooLong(question, count - 1)) return readEvidence(unasked)
      const began = pacer.tick()
      const heard = await exchange({ ...wire, signal }, sent, question.enough)
      const serverTraffic = question.serverTraffic?.(readReply(heard.received))
      const times = { began, ended: pacer.tick() }
      const made: Exchange = { ...unasked, ...heard, ...times, ...(serverTraffic ? { serverTraffic } : {}) }
      exchanges.push(made)
      const evidence = readEvidence(made)
      if (speaksTls(evidence)) longestAnswered = Math.max(longestAnswered, sent.length)
      else if (alone && anyAnswer && !made.preamble?.trouble) shortestIgnored = Math.min(shortestIgnored, sent.length)
      if (offersTls13(evidence.offered)) {
        if (speaksTls(evidence)) tls13 = 'answered'
        else if (alone && anyAnswer && made.end === 'timeout') tls13 ??= 'ignored'
      }
      return evidence
    }
    const evidence = await pacer.run(run, alone ? 'alone' : undefined)
    anyAnswer ||= speaksTls(evidence)
    if (!anyAnswer && evidence.verdict.kind === 'foreign') hopeless.abort()
    return { evidence, width }
  }

  /** The second and later attempts, until the server answers or has shown often enough that it will not. */
  async function insist(question: Question, first: Attempt): Promise<Evidence> {
    let { evidence, width } = first
    for (const [index, pauseMs] of pausesMs.entries()) {
      if (isSettled(evidence) || signal.aborted || isTooLong(question, index + 1) || isIgnored(question))
        return evidence
      const before = evidence
      // Others that are under way may show meanwhile that there was room.
      const mayHaveRoom = isClosedWithoutWord(before)
      if (mayHaveRoom) await pause(pauseMs, signal)
      const hadRoom = isClosedWithinRoom(before, room())
      if (!hadRoom) pacer.slowDown(width)
      const alone = !hadRoom && mustBeAlone(before, index)
      if (!alone && !mayHaveRoom) await pause(pauseMs, signal)
      // What others were answered meanwhile shows that it is the question; where there are none, one is asked.
      if (index === 0 && wantsInterlude(before)) await askBetween(before.exchange)
      ;({ evidence, width } = await attempt(question, index + 2, alone, pauseMs))
      // Closed twice in good order, though there was room: that is an answer, and no sign of too many connections.
      const isRefused = () =>
        [before, evidence].every((each) => isClosedWithinRoom(each, room())) &&
        isAnsweredBetween(before.exchange, evidence.exchange, exchanges.map(readEvidence))
      if (isRefused()) {
        // Early on the room seems larger than it is: what others are answered meanwhile shows it.
        await pause(roomPauseMs, signal)
        if (isRefused()) {
          if (!hadRoom) pacer.recover()
          return evidence
        }
      }
      if (!alone || !sameFailure(before, evidence)) continue
      // It is the question that the server does not like, not the number of connections.
      pacer.recover()
      if (comesAgain.includes(evidence.exchange.end)) return evidence
    }
    return evidence
  }

  /** Whether the end of a connection may come to mean something where it comes again. */
  const wantsInterlude = (before: Evidence): boolean =>
    anyAnswer && (isClosedWithoutWord(before) || isAboutFeature(before.exchange))

  async function askBetween(before: Exchange): Promise<void> {
    const soFar = [...earlier, ...exchanges].map(readEvidence)
    const now = { ...before, began: Number.POSITIVE_INFINITY }
    const known = isAnsweredBetween(before, now, soFar) ? undefined : knownToBeAnswered(soFar)
    if (!known || signal.aborted) return
    const { purpose, protocol, sent: bytes } = known
    await attempt({ purpose, protocol, bytes, enough: hasAnswer }, known.attempt + 1, false)
  }

  const room = (): number => roomShown(exchanges.map(readEvidence))
  const mustBeAlone = ({ exchange, verdict }: Evidence, index: number): boolean =>
    index > 0 || !anyAnswer || exchange.end === 'timeout' || verdict.kind === 'alert'

  return async (question) => {
    const first = await attempt(question, 1, false)
    if (isSettled(first.evidence) || signal.aborted) return first.evidence
    if (!anyAnswer && rescue) {
      // One question finds out whether the server answers at all; the others wait for that.
      await rescue
      if (!anyAnswer) return first.evidence
    }
    if (anyAnswer) return insist(question, first)
    rescue = insist(question, first)
    const evidence = await rescue
    rescue = undefined
    if (!anyAnswer) hopeless.abort()
    return evidence
  }
}

function offersTls13(hello: Pick<OfferedHello, 'versions'> | null | undefined): boolean {
  return hello?.versions.includes(versionNumbers['TLSv1.3']) ?? false
}

function hasAnswer(reply: Reply): boolean {
  return reply.serverHello !== null || reply.alert !== null || reply.form === 'malformed' || reply.form === 'foreign'
}

type Attempt = { readonly evidence: Evidence; readonly width: number }

function sameFailure(before: Evidence, after: Evidence): boolean {
  return !isSettled(after) && before.exchange.end === after.exchange.end
}

/** Ends that will come a third time when they came twice; a refused, reset or closed connection may not. */
const comesAgain: readonly End[] = ['answered', 'timeout', 'unreachable', 'too-large']

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
