import { randomBytes } from 'node:crypto'
import type { Question } from '../ask.ts'
import { flightOf } from '../handshake/current-client.ts'
import { serverTrafficSecret } from '../handshake/flight.ts'
import { ephemeral, shareableGroups } from '../handshake/key-shares.ts'
import type { VersionFacts } from '../inventory/facts.ts'
import { usualTls12Groups } from '../registry/groups.ts'
import { signatureSchemes } from '../registry/signature-schemes.ts'
import type { FeaturePurpose } from '../transcript.ts'
import { numberBytes, u16s, vector } from '../wire/bytes.ts'
import {
  type ClientHello,
  clientHelloMessage,
  clientHelloRecord,
  type Extension,
  extensionTypes,
} from '../wire/client-hello.ts'
import { handshakeTypes, type Reply } from '../wire/reply.ts'

/** What a question about a feature changes of the plain hello. */
export type Change = Partial<Omit<ClientHello, 'protocol' | 'random' | 'serverName'>> & {
  /** Extensions beside those of the plain hello. */
  readonly more?: readonly Extension[]
  /** The version field of the hello, where it is to be none that exists. */
  readonly legacyVersion?: number
}

/** Suites beyond so many make the hello long and the answer no different. */
const mostSuites = 24

/**
 * A hello of a version before TLS 1.3 with suites that the server is known to have, short enough for every server; the
 * answer is read until the server has said all that it says in the clear.
 */
export function olderQuestion(
  purpose: FeaturePurpose,
  { protocol, suites, groups }: VersionFacts,
  serverName: string | undefined,
  change: Change = {},
): Question {
  const { more = [], legacyVersion, ...rest } = change
  const plain: ClientHello = { protocol, random: randomBytes(32), cipherSuites: suites.slice(0, mostSuites) }
  const extended: ClientHello = {
    ...plain,
    ...(serverName === undefined ? {} : { serverName }),
    groups: (groups.length > 0 ? groups : usualTls12Groups).slice(0, 8),
    ...(protocol === 'TLSv1.2' ? { signatureSchemes } : {}),
    ...rest,
    extensions: [{ type: extensionTypes.renegotiationInfo, data: Uint8Array.of(0) }, ...more],
  }
  const bytes = clientHelloRecord(protocol === 'SSLv3' ? { ...plain, ...withoutExtensions(rest) } : extended)
  // The version stands after the headers of the record and of the message.
  if (legacyVersion !== undefined) bytes.set(numberBytes(legacyVersion, 2), 9)
  return { purpose, protocol, bytes, enough: hasClearFlight }
}

function withoutExtensions({ cipherSuites, compressionMethods }: Change): Partial<ClientHello> {
  return { ...(cipherSuites ? { cipherSuites } : {}), ...(compressionMethods ? { compressionMethods } : {}) }
}

/** A TLS 1.3 hello with a share that the server takes, so that the encrypted part of its answer can be read. */
export function tls13Question(
  purpose: FeaturePurpose,
  { suites, groups }: VersionFacts,
  serverName: string | undefined,
  change: Change = {},
): Question {
  const { more = [], legacyVersion: _, ...rest } = change
  const group = shareableGroups.find((each) => groups.includes(each))
  const own = group === undefined ? undefined : ephemeral(group)
  const ephemerals = own ? [own] : []
  const hello: ClientHello = {
    protocol: 'TLSv1.3',
    random: randomBytes(32),
    sessionId: randomBytes(32),
    cipherSuites: suites,
    ...(serverName === undefined ? {} : { serverName }),
    groups: own ? [own.share.group] : groups.slice(0, 8),
    signatureSchemes,
    keyShares: ephemerals.map(({ share }) => share),
    ...rest,
    extensions: more,
  }
  const message = clientHelloMessage(hello)
  const secretOf = (reply: Reply) => serverTrafficSecret(message, ephemerals, reply)
  return {
    purpose,
    protocol: 'TLSv1.3',
    bytes: clientHelloRecord(hello),
    enough: sealedFlightEnds(secretOf),
    serverTraffic: secretOf,
  }
}

/** The signature algorithms of certificates (RFC 8446 section 4.2.3), so that only the handshake's own are in question. */
export function anyCertificateSignature(): Extension {
  return { type: 50, data: vector(2, u16s(signatureSchemes)) }
}

function hasClearFlight(reply: Reply): boolean {
  return isOver(reply) || reply.messages.some(({ type }) => type === handshakeTypes.serverHelloDone)
}

/** Whether the server's first flight is over; looks again only when another sealed record of the same answer is whole. */
function sealedFlightEnds(secretOf: (reply: Reply) => Uint8Array | undefined): (reply: Reply) => boolean {
  const last: readonly number[] = [handshakeTypes.certificateVerify, handshakeTypes.finished]
  let looked: { readonly random: string; readonly sealed: number; readonly over: boolean } | undefined
  return (reply) => {
    if (isOver(reply)) return true
    if (!reply.serverHello) return false
    if (reply.serverHello.retry || reply.messages.some(({ type }) => type === handshakeTypes.serverHelloDone))
      return true
    const sealed = reply.sealed.length
    if (sealed === 0) return false
    const random = Buffer.from(reply.serverHello.random).toString('latin1')
    if (looked?.random === random && looked.sealed === sealed) return looked.over
    const secret = secretOf(reply)
    const over = secret === undefined || flightOf(reply, secret).some(({ type }) => last.includes(type))
    looked = { random, sealed, over }
    return over
  }
}

function isOver(reply: Reply): boolean {
  return reply.alert !== null || reply.form === 'malformed' || (reply.form === 'foreign' && reply.speaks !== null)
}
