import { type Evidence, keyOf, speaksTls } from './evidence.ts'
import type { Exchange } from './transcript.ts'

/**
 * How many connections of ours at once the server has shown to have room for: the most that were open when it answered
 * one; 0 where it answered a question later that it had first turned away, so that its room changes.
 */
export function roomShown(evidence: readonly Evidence[]): number {
  const turnedAway = new Set<string>()
  let room = 0
  for (const each of evidence) {
    const key = keyOf(each.exchange)
    if (!speaksTls(each)) turnedAway.add(key)
    else if (turnedAway.has(key)) return 0
    else room = Math.max(room, each.exchange.open ?? 0)
  }
  return room
}

/**
 * Whether a connection that the server closed in good order, without a word, was one that it had room for: it is the
 * hello then that it will not answer.
 */
export function isClosedWithinRoom(each: Evidence, room: number): boolean {
  return isClosedWithoutWord(each) && isWithinRoom(each.exchange, room)
}

/** Whether the server closed a connection in good order without having said anything. */
export function isClosedWithoutWord({ exchange, reply }: Evidence): boolean {
  return exchange.end === 'closed' && reply.form === 'empty'
}

/** Whether the number of connections cannot be why an exchange ended as it did. */
export function isWithinRoom({ alone, open }: Exchange, room: number): boolean {
  return alone || (open !== undefined && open <= room)
}
