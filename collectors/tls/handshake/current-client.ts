import { randomBytes } from 'node:crypto'
import type { Question } from '../ask.ts'
import { type ClientHello, certificateExtras, clientHelloRecord, extensionTypes } from '../wire/client-hello.ts'
import { type HandshakeMessage, handshakeTypes, type Reply } from '../wire/reply.ts'
import { openFlight, serverTrafficSecret } from './flight.ts'
import { type Ephemeral, ephemeral } from './key-shares.ts'

/** What current browsers and TLS libraries offer: TLS 1.3 and 1.2, forward secrecy and AEAD first. */
const currentSuites: readonly number[] = [
  0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f,
  0x0035,
]
const currentGroups: readonly number[] = [0x11ec, 0x1d, 0x17, 0x18, 0x19]
const currentSchemes: readonly number[] = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0807]

export type HandshakeOptions = {
  readonly serverName: string | undefined
  /** Groups to send a key share of; the first ones of `groups` where absent. */
  readonly shares?: readonly number[]
  readonly groups?: readonly number[]
  readonly signatureSchemes?: readonly number[]
  /** TLS 1.3 alone, for a certificate that only it would bring. */
  readonly tls13Only?: boolean
  readonly purpose: 'handshake' | 'certificate'
}

/** Asks for a whole first flight of the server, as a current client would, and reads the encrypted part of it too. */
export function handshakeQuestion(options: HandshakeOptions): Question {
  const groups = options.groups ?? currentGroups
  const ephemerals = (options.shares ?? [0x11ec, 0x1d]).flatMap((group): Ephemeral[] => {
    const own = ephemeral(group)
    return own ? [own] : []
  })
  const hello: ClientHello = {
    protocol: 'TLSv1.3',
    ...(options.tls13Only ? {} : { versions: [0x0304, 0x0303] }),
    random: randomBytes(32),
    sessionId: randomBytes(32),
    cipherSuites: options.tls13Only ? currentSuites.slice(0, 3) : currentSuites,
    ...(options.serverName === undefined ? {} : { serverName: options.serverName }),
    groups,
    signatureSchemes: options.signatureSchemes ?? currentSchemes,
    keyShares: ephemerals.map(({ share }) => share),
    alpn: ['h2', 'http/1.1'],
    extensions: [
      { type: extensionTypes.extendedMasterSecret, data: new Uint8Array() },
      { type: extensionTypes.renegotiationInfo, data: Uint8Array.of(0) },
      ...certificateExtras,
    ],
  }
  const bytes = clientHelloRecord(hello)
  // The record's five bytes are no part of the transcript hash.
  const secretOf = (reply: Reply) => serverTrafficSecret(bytes.subarray(5), ephemerals, reply)
  return {
    purpose: options.purpose,
    protocol: options.tls13Only ? 'TLSv1.3' : null,
    bytes,
    enough: (reply) => flightIsComplete(reply, secretOf),
    serverTraffic: secretOf,
  }
}

/** The messages of a server's first flight: those in the clear, and the sealed ones that the secret opens. */
export function flightOf(reply: Reply, serverTraffic: Uint8Array | undefined): readonly HandshakeMessage[] {
  return serverTraffic ? [...reply.messages, ...openFlight(reply, serverTraffic)] : reply.messages
}

function flightIsComplete(reply: Reply, secretOf: (reply: Reply) => Uint8Array | undefined): boolean {
  if (reply.alert || reply.form === 'malformed') return true
  if (reply.form === 'foreign') return reply.speaks !== null
  if (!reply.serverHello) return false
  if (reply.serverHello.retry) return true
  const last = [handshakeTypes.serverHelloDone, handshakeTypes.certificateVerify, handshakeTypes.finished] as number[]
  if (reply.messages.some(({ type }) => last.includes(type))) return true
  if (reply.sealed.length === 0) return false
  const secret = secretOf(reply)
  // Without the secret nothing more of it can be read.
  return secret === undefined || openFlight(reply, secret).some(({ type }) => last.includes(type))
}
