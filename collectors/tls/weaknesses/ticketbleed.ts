import { recordTypes } from '../conversation/records.ts'
import { alertName } from '../registry/alerts.ts'
import type { Conversation } from '../transcript.ts'
import { handshakeTypes, readReply } from '../wire/reply.ts'
import { type Verdict, verdict } from './weakness.ts'

/** The length of the session id that is sent to find Ticketbleed. */
export const shortIdBytes = 31

/** Where the length of the session id stands in a ServerHello: after the message's head, the version and the random. */
const idLengthAt = 4 + 2 + 32

/** Blanks what a ServerHello's session id has beyond the length of ours, whatever records come before or cut it. */
export function withoutForeignId(received: Uint8Array): Uint8Array {
  const kept = Uint8Array.from(received)
  const places = handshakePlaces(received)
  const at = (index: number): number => received[places[index] ?? -1] ?? 0
  const lengthOf = (start: number): number => at(start + 1) * 65_536 + at(start + 2) * 256 + at(start + 3)
  let start = 0
  while (start < places.length && at(start) !== handshakeTypes.serverHello) start += 4 + lengthOf(start)
  const id = start + idLengthAt + 1
  for (const place of places.slice(id + shortIdBytes, id + at(id - 1))) kept[place] = 0
  return kept
}

/** Where the bytes of handshake messages stand among bytes received, as far as those are records. */
function handshakePlaces(received: Uint8Array): readonly number[] {
  const places: number[] = []
  for (let at = 0; at + 5 <= received.length && received[at + 1] === 3; ) {
    const length = (received[at + 3] ?? 0) * 256 + (received[at + 4] ?? 0)
    const end = Math.min(at + 5 + length, received.length)
    if (received[at] === recordTypes.handshake) for (let place = at + 5; place < end; place++) places.push(place)
    at = end
  }
  return places
}

/** Alerts that are about the hello itself, since the same one was answered without the ticket. */
const refusals: readonly string[] = ['handshake_failure', 'illegal_parameter', 'decode_error']

/** What came back for a session id one byte short (CVE-2016-9244): a server with the flaw fills it up with its memory. */
export function ticketbleed({ turns, end }: Conversation): Verdict {
  const [turn] = turns
  const { serverHello, alert } = readReply(turn?.received ?? new Uint8Array())
  if (alert && !serverHello) {
    const name = alertName(alert.description)
    if (refusals.includes(name))
      return verdict('tested', 'not-vulnerable', `the server refused a short session id with ${name}`)
    return verdict('tested', 'undetermined', `the server answered the ticket with ${name}, which may have other causes`)
  }
  if (!turn || !serverHello) return verdict('tested', 'undetermined', `the server did not answer the ticket (${end})`)
  const ours = Buffer.from(turn.sent.subarray(44, 44 + shortIdBytes))
  const theirs = serverHello.sessionId
  const isOurs = ours.equals(theirs.subarray(0, shortIdBytes))
  if (isOurs && theirs.length > shortIdBytes) {
    return verdict('tested', 'vulnerable', 'the server filled a short session id up with bytes that it was not sent')
  }
  if (isOurs) return verdict('tested', 'not-vulnerable', 'the server gave the session id back as it was sent')
  return verdict('tested', 'not-vulnerable', 'the server did not give the session id back')
}
