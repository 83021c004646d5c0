import { randomBytes } from 'node:crypto'
import { type SealedWith, sealedWith } from '../handshake/flight.ts'
import { type Ephemeral, ephemeral } from '../handshake/key-shares.ts'
import { signatureSchemes } from '../registry/signature-schemes.ts'
import type { Conversation } from '../transcript.ts'
import { concat, numberBytes, readBytes, vector } from '../wire/bytes.ts'
import { clientHelloMessage, type Extension, extensionTypes } from '../wire/client-hello.ts'
import { guarded, type HandshakeMessage, handshakeTypes, type Reply, readMessages, readReply } from '../wire/reply.ts'
import { type ClientIdentity, proofTls13 } from './client-identity.ts'
import { clearRecord, handshakeMessage } from './older-client.ts'
import { recordTypes } from './records.ts'
import type { Talk } from './talk.ts'
import {
  deriveSecret,
  finishedOver,
  hashOf,
  openTls13,
  type Schedule,
  scheduleOf,
  sealTls13,
  ticketKeys,
} from './tls13-keys.ts'
import { readTls13, type Ticket } from './tls13-reader.ts'

export type Tls13Offer = {
  readonly cipherSuites: readonly number[]
  /** The group of the one share; one that the server takes. */
  readonly group: number
  readonly serverName: string | undefined
  /** Shown where the server asks for a certificate; none is where absent. */
  readonly identity?: ClientIdentity
}

/** What it takes to come back to a session. */
export type Resumable = { readonly suite: number; readonly ticket: Ticket; readonly resumptionMaster: Uint8Array }

type Ended = {
  readonly secrets: Conversation['secrets']
  readonly suite: number
  readonly resumptionMaster: Uint8Array
}

/**
 * A full handshake, with a certificate only where the offer brings one, and what comes after it: tickets, or the alert
 * that asks for a certificate. It closes the connection in good order, so that the server's close ends the waiting.
 */
export async function shakeTls13(talk: Talk, offer: Tls13Offer): Promise<Ended | undefined> {
  const own = ephemeral(offer.group)
  if (!own) return undefined
  const hello = clientHelloMessage({ ...helloOf(offer), keyShares: [own.share], extensions: [pskModes] })
  talk.send(clearRecord(recordTypes.handshake, 'TLSv1.0', hello))
  const received = await talk.receive(untilFlight(hello, own))
  const keys = keysOf(hello, own, readReply(received))
  const flight = keys ? flightOf(keys, readReply(received)) : []
  if (!keys || flight.at(-1)?.type !== handshakeTypes.finished) return undefined
  const { suite, schedule, hellos } = keys
  const serverPart = concat(hellos, ...flight.map(({ raw }) => raw))
  const request = flight.find(({ type }) => type === handshakeTypes.certificateRequest)
  const context = (request && guarded(() => readBytes(request.body).vector(1))) ?? []
  const proof = request && offer.identity ? proofTls13(offer.identity, request.body, (all) => hashOf(suite, all)) : null
  const shown = request
    ? handshakeMessage(handshakeTypes.certificate, proof?.certificate ?? concat(vector(1, context), vector(3)))
    : new Uint8Array()
  const certificate = proof
    ? concat(shown, handshakeMessage(handshakeTypes.certificateVerify, proof.verify(concat(serverPart, shown))))
    : shown
  const verifyData = finishedOver(suite, schedule.client, concat(serverPart, certificate))
  const ours = concat(certificate, handshakeMessage(handshakeTypes.finished, verifyData))
  const clientApplication = deriveSecret(suite, schedule.master, 'c ap traffic', serverPart)
  const secrets = {
    serverHandshake: schedule.server,
    serverApplication: deriveSecret(suite, schedule.master, 's ap traffic', serverPart),
  }
  talk.send(
    concat(
      sealTls13(suite, schedule.client, 0, recordTypes.handshake, ours),
      sealTls13(suite, clientApplication, 0, recordTypes.alert, Uint8Array.of(1, 0)),
    ),
  )
  // A server that neither answers nor closes has no ticket to give.
  await talk.receive(() => false, afterwardsMs)
  const resumptionMaster = deriveSecret(suite, schedule.master, 'res master', concat(serverPart, ours))
  return { secrets, suite: keys.number, resumptionMaster }
}

type Keys = {
  readonly number: number
  readonly suite: SealedWith
  readonly hellos: Uint8Array
  readonly schedule: Schedule
}

/** The keys of a handshake, from the ServerHello on; undefined where it cannot be followed. */
function keysOf(hello: Uint8Array, own: Ephemeral, { serverHello, messages }: Reply): Keys | undefined {
  const number = serverHello?.cipherSuite ?? -1
  const suite = sealedWith[number]
  const share = serverHello?.keyShare
  const raw = messages.find(({ type }) => type === handshakeTypes.serverHello)?.raw
  if (!suite || !raw || share?.group !== own.share.group) return undefined
  const hellos = concat(hello, raw)
  try {
    return { number, suite, hellos, schedule: scheduleOf(suite, own.agree(share.key), hellos) }
  } catch {
    // A share that is no point of its curve.
    return undefined
  }
}

function flightOf({ suite, schedule }: Keys, { sealed }: Reply): readonly HandshakeMessage[] {
  const opened = openTls13(suite, schedule.server, sealed)
  return readMessages(concat(...opened.map(({ content }) => content))).messages
}

/** Whether the server's first flight is over; looks again only when another sealed record is whole. */
function untilFlight(hello: Uint8Array, own: Ephemeral): (received: Uint8Array) => boolean {
  let seen = 0
  let keys: Keys | undefined
  return (received) => {
    const reply = readReply(received)
    if (reply.alert || reply.form === 'malformed' || reply.form === 'foreign' || reply.serverHello?.retry) return true
    if (reply.sealed.length === seen) return false
    seen = reply.sealed.length
    keys ??= keysOf(hello, own, reply)
    return keys === undefined || flightOf(keys, reply).some(({ type }) => type === handshakeTypes.finished)
  }
}

const afterwardsMs = 1_000

/** What a session that was held can be resumed with; null where the server gave no ticket. */
export function resumableOf(conversation: Conversation, ended: Ended | undefined): Resumable | null {
  const [ticket] = readTls13(conversation).tickets
  return ended && ticket ? { suite: ended.suite, resumptionMaster: ended.resumptionMaster, ticket } : null
}

/** Comes back with a ticket (RFC 8446 section 4.2.11) and reads whether the server takes it. */
export async function resumeTls13(talk: Talk, offer: Tls13Offer, resumable: Resumable): Promise<undefined> {
  const suite = sealedWith[resumable.suite]
  const own = ephemeral(offer.group)
  if (!suite || !own) return undefined
  const { ticket } = resumable
  const length = hashOf(suite).length
  const identity = concat(vector(2, ticket.ticket), numberBytes(ticket.ageAdd, 4))
  const preSharedKey: Extension = {
    type: preSharedKeyType,
    data: concat(vector(2, identity), vector(2, vector(1, new Uint8Array(length)))),
  }
  const hello = clientHelloMessage({
    ...helloOf({ ...offer, cipherSuites: [resumable.suite] }),
    keyShares: [own.share],
    extensions: [pskModes, preSharedKey],
  })
  // The binder stands at the very end and is made over all that comes before the list of binders.
  const { binder } = ticketKeys(suite, resumable.resumptionMaster, ticket.nonce)
  const proof = finishedOver(suite, binder, hello.subarray(0, hello.length - length - 3))
  const bound = concat(hello.subarray(0, hello.length - length), proof)
  talk.send(clearRecord(recordTypes.handshake, 'TLSv1.0', bound))
  await talk.receive((bytes) => {
    const reply = readReply(bytes)
    return reply.serverHello !== null || reply.alert !== null || reply.form === 'malformed' || reply.form === 'foreign'
  })
  return undefined
}

/** pre_shared_key, and the mode with a fresh key exchange in psk_key_exchange_modes. */
export const preSharedKeyType = 41
const pskModes: Extension = { type: extensionTypes.pskKeyExchangeModes, data: Uint8Array.of(1, 1) }

function helloOf({ cipherSuites, group, serverName }: Tls13Offer) {
  return {
    protocol: 'TLSv1.3' as const,
    random: randomBytes(32),
    sessionId: randomBytes(32),
    cipherSuites,
    ...(serverName === undefined ? {} : { serverName }),
    groups: [group],
    signatureSchemes,
  }
}
