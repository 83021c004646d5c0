import type { JsonObject } from '../../../src/model/json.ts'
import { type OlderReading, readOlder } from '../conversation/older-reader.ts'
import { recordTypes, splitRecords } from '../conversation/records.ts'
import { mostTelling } from '../conversation/talk.ts'
import { preSharedKeyType } from '../conversation/tls13-client.ts'
import { newSessionTicket, readTls13 } from '../conversation/tls13-reader.ts'
import { alertName } from '../registry/alerts.ts'
import type { Conversation } from '../transcript.ts'
import { type HandshakeMessage, handshakeTypes, readReply } from '../wire/reply.ts'
import { endingOf } from './client-certificate.ts'
import { type Finding, inferred, tested, undetermined } from './feature.ts'
import { conversationsOn, type Heard, withoutOlder } from './heard.ts'

/** Whether the server takes back a session by its id, in versions before TLS 1.3. */
export function sessionIds(heard: Heard): Finding {
  const without = withoutOlder(heard, 'no')
  if (without) return without
  const resumed = conversationsOn(heard, 'resumption-id').at(-1)
  const session = sessionOf(heard, 'id')
  if (resumed) return resumption(resumed)
  if (!session) return undetermined('no session could be held')
  if (!session.reading.finished) return undetermined(whyUnfinished(session))
  const id = session.reading.first.serverHello?.sessionId.length ?? 0
  return id === 0 ? tested(false, 'the server gives its sessions no id') : undetermined('the server was not asked')
}

/** Whether the server gives session tickets (RFC 5077) and takes them back, in versions before TLS 1.3. */
export function sessionTickets(heard: Heard): Finding {
  const none: JsonObject = { lifetimeSeconds: null }
  const without = withoutOlder(heard, 'no', none)
  if (without) return without
  const session = sessionOf(heard, 'ticket')
  if (!session) return undetermined('no session could be held', none)
  const ticket = ticketIn(session.reading.clear)
  if (!ticket) {
    if (!session.reading.finished) return undetermined(whyUnfinished(session), none)
    return tested(false, 'the server gave no ticket, though one was asked for', none)
  }
  const details = { lifetimeSeconds: ticket.lifetimeSeconds }
  const resumed = conversationsOn(heard, 'resumption-ticket').at(-1)
  return resumed ? { ...resumption(resumed), details } : undetermined('it gave a ticket that was not tried', details)
}

/** The ticket of a NewSessionTicket, RFC 5077 section 3.3; undefined where none came or an empty one. */
export function ticketIn(
  clear: readonly HandshakeMessage[],
): { lifetimeSeconds: number; ticket: Uint8Array } | undefined {
  const body = clear.find(({ type }) => type === newSessionTicket)?.body
  if (!body || body.length <= 6) return undefined
  return { lifetimeSeconds: Buffer.from(body).readUInt32BE(0), ticket: body.subarray(6) }
}

/** An abbreviated handshake (RFC 5246 section 7.3) has the server end it at once, and echo the id that we sent. */
function resumption({ turns, end }: Conversation): Finding {
  const [turn] = turns
  const reply = readReply(turn?.received ?? new Uint8Array())
  const { serverHello } = reply
  if (!serverHello) {
    const how = reply.alert
      ? `answered with the alert ${alertName(reply.alert.description)}`
      : `gave no answer (${end})`
    return undetermined(`asked to resume the session, the server ${how}`)
  }
  const asked = turn && Buffer.from(turn.sent).subarray(44, 44 + (turn.sent[43] ?? 0))
  const isEcho = asked !== undefined && asked.length > 0 && asked.equals(serverHello.sessionId)
  const next = reply.messages.find(({ type }) => type !== handshakeTypes.serverHello)
  if (!isEcho || (next && next.type !== newSessionTicket))
    return tested(false, 'the server began a new session instead')
  // Some servers give an id back and begin a new session all the same: what follows tells.
  const isSwitched = splitRecords(turn?.received ?? new Uint8Array()).some(
    ({ type }) => type === recordTypes.changeCipherSpec,
  )
  if (next || isSwitched) return tested(true)
  return undetermined(`asked to resume the session, the server gave its id back, and nothing after it (${end})`)
}

type Session = { readonly conversation: Conversation; readonly reading: OlderReading }

function sessionOf(heard: Heard, variant: string): Session | undefined {
  const conversation = conversationsOn(heard, 'session').findLast((each) => each.variant === variant)
  return conversation && { conversation, reading: readOlder(conversation) }
}

function whyUnfinished({ conversation, reading }: Session): string {
  if (endingOf(conversation).required === 'yes') return whyShutOut(conversation)
  if (reading.alert) return `the handshake ended with the alert ${alertName(reading.alert.description)}`
  return `the handshake was not completed (${conversation.end})`
}

function whyShutOut({ certified }: Conversation): string {
  return certified ? 'the client certificate was not accepted' : 'a client certificate is required'
}

/** Whether TLS 1.3 sessions can be resumed: a ticket came, and the server took it back. */
export function tls13Resumption(heard: Heard): Finding {
  const session = tls13Session(heard)
  if (!session || 'status' in session) return session ?? undetermined('no session could be held')
  const details = { tickets: session.tickets.length, lifetimeSeconds: session.tickets[0]?.lifetimeSeconds ?? null }
  if (session.tickets.length === 0) return tested(false, 'the server gave no ticket', details)
  const resumed = conversationsOn(heard, 'tls13-resumption').at(-1)
  const { reply } = resumed ? readTls13(resumed) : { reply: null }
  if (!reply?.serverHello) return undetermined('it gave a ticket, but did not answer when it came back', details)
  const isTaken = reply.serverHello.extensions.some(({ type }) => type === preSharedKeyType)
  return isTaken ? tested(true, null, details) : tested(false, 'it gave a ticket, but did not take it back', details)
}

/** Whether TLS 1.3 early data (0-RTT) is offered, which can be replayed. */
export function earlyData(heard: Heard): Finding {
  const session = tls13Session(heard)
  if (!session || 'status' in session) {
    const finding = session ?? undetermined('no session could be held')
    return { ...finding, details: { maxEarlyData: finding.status === 'no' ? 0 : null } }
  }
  const most = Math.max(0, ...session.tickets.map(({ maxEarlyData }) => maxEarlyData))
  if (most > 0) return tested(true, `the server takes up to ${most} bytes`, { maxEarlyData: most })
  return tested(false, null, { maxEarlyData: 0 })
}

function tls13Session(heard: Heard): ReturnType<typeof readTls13> | Finding | undefined {
  const { versions } = heard.known
  const tls13 = versions.find(({ protocol }) => protocol === 'TLSv1.3')
  if (tls13?.offered === 'no') return inferred(false, 'TLS 1.3 is not offered')
  const conversation = conversationsOn(heard, 'tls13-session').at(-1)
  if (!conversation) return undefined
  if (endingOf(conversation).required === 'yes') return undetermined(whyShutOut(conversation))
  const reading = readTls13(conversation)
  if (reading.finished && conversation.turns.length > 1) {
    const isCut = reading.tickets.length === 0 && reading.alert === null && conversation.end !== 'closed'
    return isCut ? undetermined(`no ticket came before the waiting was over (${conversation.end})`) : reading
  }
  const how = reading.alert ? `with the alert ${alertName(reading.alert.description)}` : `(${conversation.end})`
  return undetermined(`the handshake was not completed ${how}`)
}

/** The variant of a conversation about renegotiation in which the server had time to end the session by itself. */
export const afterPause = 'after-pause'

/** Whether a server met a hello within a session by ending the session in good order, for whatever reason. */
export function endsInGoodOrder(conversation: Conversation): boolean {
  const { finished, after, alert } = readOlder(conversation)
  if (!finished || after.some(({ type }) => type === handshakeTypes.serverHello)) return false
  return alert ? alert.description === closeNotify : conversation.end === 'closed'
}

const closeNotify = 0

/** Whether the server lets the client begin another handshake within a session, in versions before TLS 1.3. */
export function clientRenegotiation(heard: Heard): Finding {
  const without = withoutOlder(heard, 'no')
  if (without) return without
  const held = conversationsOn(heard, 'renegotiation')
  const paused = held.findLast(({ variant }) => variant === afterPause)
  const { conversation, alwaysReset } = mostTelling(paused ? [paused] : held)
  if (!conversation) return undetermined('no session could be held')
  const reading = readOlder(conversation)
  const { turns, end } = conversation
  const isOver = readOlder({ ...conversation, turns: turns.slice(0, 2) }).alert !== null || turns.length < 3
  if (paused && reading.finished && isOver) return undetermined('the server ends its sessions before it can be asked')
  if (!reading.finished || turns.length < 3) return undetermined(whyUnfinished({ conversation, reading }))
  if (reading.after.some(({ type }) => type === handshakeTypes.serverHello)) {
    return tested(true, 'the server answered a hello within the session')
  }
  if (reading.alert) return tested(false, `the server answered with the alert ${alertName(reading.alert.description)}`)
  if (end === 'closed' || alwaysReset) return tested(false, 'the server ended the connection')
  return undetermined(`the server did not answer a hello within the session (${end})`)
}
