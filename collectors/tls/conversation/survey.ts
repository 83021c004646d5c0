import { randomBytes } from 'node:crypto'
import { endingOf } from '../features/client-certificate.ts'
import type { Known } from '../features/known.ts'
import { afterPause, endsInGoodOrder, ticketIn } from '../features/sessions.ts'
import { shareableGroups } from '../handshake/key-shares.ts'
import { cipherSuites } from '../registry/cipher-suites.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import type { Conversation } from '../transcript.ts'
import { shortIdBytes, withoutForeignId } from '../weaknesses/ticketbleed.ts'
import { vector } from '../wire/bytes.ts'
import { type Extension, extensionTypes } from '../wire/client-hello.ts'
import { readReply } from '../wire/reply.ts'
import type { ClientIdentity } from './client-identity.ts'
import { canComplete, type OlderOffer, olderHello, shakeOlder } from './older-client.ts'
import { readOlder } from './older-reader.ts'
import { isSwitchedOrOver, recordTypes, splitRecords } from './records.ts'
import { type Hold, holdAgainAfterReset, type Script } from './talk.ts'
import { resumableOf, resumeTls13, shakeTls13 } from './tls13-client.ts'

/**
 * Holds whole sessions: comes back to them, and asks for another handshake within one. Once more with the client's own
 * certificate where the server lets nobody in without one.
 */
export async function surveySessions(
  hold: Hold,
  known: Known,
  serverName: string | undefined,
  identity?: ClientIdentity,
): Promise<void> {
  const held: Conversation[] = []
  await surveyEach(keeping(hold, held), known, serverName)
  if (!identity || !held.some((each) => endingOf(each).required === 'yes')) return
  await surveyEach((script) => hold({ ...script, certified: true }), known, serverName, identity)
}

function keeping(hold: Hold, held: Conversation[]): Hold {
  return async (script) => {
    const conversation = await hold(script)
    held.push(conversation)
    return conversation
  }
}

async function surveyEach(
  hold: Hold,
  known: Known,
  serverName: string | undefined,
  identity?: ClientIdentity,
): Promise<void> {
  const offer = offerFor(known, serverName, identity)
  await Promise.all([
    ...(offer ? [surveyTickets(hold, offer), surveyIds(hold, offer), renegotiate(hold, offer)] : []),
    surveyTls13(hold, known, serverName, identity),
  ])
}

/** The newest version before TLS 1.3 in which this client can complete a handshake, with the suites that allow it. */
export function offerFor(
  { versions }: Known,
  serverName: string | undefined,
  identity?: ClientIdentity,
): OlderOffer | undefined {
  for (const { protocol, suites } of versions) {
    if (protocol === 'TLSv1.3' || protocol === 'SSLv3') continue
    const usable = suites.filter(canComplete)
    // Finite fields cost both sides the most.
    const light = usable.filter((number) => cipherSuites.get(number)?.keyExchange !== 'DHE')
    const offered = (light.length > 0 ? light : usable).slice(0, 24)
    if (offered.length > 0) return { protocol, cipherSuites: offered, serverName, ...(identity ? { identity } : {}) }
  }
  return undefined
}

const renegotiationInfo: Extension = { type: extensionTypes.renegotiationInfo, data: Uint8Array.of(0) }

async function surveyTickets(hold: Hold, offer: OlderOffer): Promise<void> {
  const asking = {
    ...offer,
    extensions: [renegotiationInfo, { type: extensionTypes.sessionTicket, data: new Uint8Array() }],
  }
  const session = await holdSession(hold, 'ticket', asking)
  const ticket = ticketIn(readOlder(session).clear)?.ticket
  if (!ticket) return
  const back = { ...offer, extensions: [renegotiationInfo, { type: extensionTypes.sessionTicket, data: ticket }] }
  await Promise.all([
    comeBack(hold, 'resumption-ticket', { ...back, sessionId: randomBytes(32) }),
    // One byte short of a whole id: a server with the flaw fills it up with a byte of its memory, which is not kept.
    comeBack(hold, 'ticketbleed', { ...back, sessionId: randomBytes(shortIdBytes) }, withoutForeignId),
  ])
}

async function surveyIds(hold: Hold, offer: OlderOffer): Promise<void> {
  const session = await holdSession(hold, 'id', offer)
  const { finished, first } = readOlder(session)
  const sessionId = first.serverHello?.sessionId
  if (!finished || !sessionId || sessionId.length === 0) return
  await comeBack(hold, 'resumption-id', { ...offer, sessionId })
}

function holdSession(hold: Hold, variant: string, offer: OlderOffer): Promise<Conversation> {
  return hold({
    topic: 'session',
    variant,
    protocol: offer.protocol,
    speak: async (talk) => {
      const session = await shakeOlder(talk, offer)
      if (!session) return undefined
      // A session whose connection breaks off is forgotten; one that ends in good order is not.
      talk.send(session.seal(recordTypes.alert, closeNotify))
      await talk.receive(() => false, closingMs)
      return session.secrets
    },
  })
}

const closeNotify = Uint8Array.of(1, 0)
/** A server that does not close in turn is not waited for any longer. */
const closingMs = 300

async function comeBack(
  hold: Hold,
  topic: 'resumption-id' | 'resumption-ticket' | 'ticketbleed',
  offer: OlderOffer,
  conceal?: (received: Uint8Array) => Uint8Array,
): Promise<void> {
  await hold({
    topic,
    variant: null,
    protocol: offer.protocol,
    ...(conceal ? { conceal } : {}),
    speak: async (talk) => {
      talk.send(olderHello(offer).record)
      // The end of an abbreviated flight, or the first sight of a full one.
      await talk.receive((received) => isSwitchedOrOver(received) || readReply(received).messages.length > 1)
      return undefined
    },
  })
}

async function renegotiate(hold: Hold, offer: OlderOffer): Promise<void> {
  const script = (variant: string | null, pauseMs: number): Script => ({
    topic: 'renegotiation',
    variant,
    protocol: offer.protocol,
    speak: async (talk) => {
      const session = await shakeOlder(talk, offer)
      if (!session) return undefined
      await talk.listen(() => false, pauseMs)
      const data = vector(1, session.verifyData)
      const again = olderHello({ ...offer, extensions: [{ type: extensionTypes.renegotiationInfo, data }] })
      talk.send(session.seal(22, again.message))
      await talk.receive((received) => splitRecords(received).length > 0, renegotiationMs)
      return session.secrets
    },
  })
  const held = await holdAgainAfterReset(hold, script(null, 0))
  // Some servers end every session soon: a pause shows whether it was the hello.
  if (endsInGoodOrder(held)) await hold(script(afterPause, pauseMs))
}

const pauseMs = 500

/** A server that ignores the hello is not waited for any longer. */
const renegotiationMs = 1_000

async function surveyTls13(
  hold: Hold,
  { tls13 }: Known,
  serverName: string | undefined,
  identity?: ClientIdentity,
): Promise<void> {
  const group = shareableGroups.find((each) => tls13?.groups.includes(each))
  if (!tls13 || group === undefined) return
  const protocol: RecordProtocol = 'TLSv1.3'
  const offer = { cipherSuites: tls13.suites, group, serverName, ...(identity ? { identity } : {}) }
  let ended: Awaited<ReturnType<typeof shakeTls13>>
  const session = await hold({
    topic: 'tls13-session',
    variant: null,
    protocol,
    speak: async (talk) => {
      ended = await shakeTls13(talk, offer)
      return ended?.secrets
    },
  })
  const resumable = resumableOf(session, ended)
  if (!resumable) return
  await hold({
    topic: 'tls13-resumption',
    variant: null,
    protocol,
    speak: (talk) => resumeTls13(talk, offer, resumable),
  })
}
