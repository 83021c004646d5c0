import { readBytes, WireError } from './bytes.ts'
import { foreignProtocol } from './foreign.ts'
import { readServerHello, type ServerHello } from './server-hello.ts'
import { readSslv2Reply } from './sslv2.ts'

/** A TLS alert as it came, in the clear. */
export type Alert = { readonly fatal: boolean; readonly description: number }

/** One handshake message with its type; `raw` is what the transcript hash runs over. */
export type HandshakeMessage = { readonly type: number; readonly body: Uint8Array; readonly raw: Uint8Array }

/** An encrypted TLS 1.3 record: its five-byte header and its content. */
export type SealedRecord = { readonly header: Uint8Array; readonly content: Uint8Array }

/** What the bytes of a server say so far; bytes that are still missing are simply not there yet. */
export type Reply = {
  /** `empty`: nothing yet. `foreign`: not TLS. `malformed`: begins as TLS and breaks its rules. */
  readonly form: 'empty' | 'tls' | 'sslv2' | 'foreign' | 'malformed'
  readonly serverHello: ServerHello | null
  /** The first fatal alert, or a close_notify. */
  readonly alert: Alert | null
  readonly messages: readonly HandshakeMessage[]
  readonly sealed: readonly SealedRecord[]
  /** SSLv2 cipher kinds of a SERVER-HELLO; null where there is none. */
  readonly sslv2Ciphers: readonly number[] | null
  /** The certificate of an SSLv2 SERVER-HELLO, DER. */
  readonly sslv2Certificate: Uint8Array | null
  /** What a foreign server speaks, `HTTP`, `SSH`, ...; null where unknown or not foreign. */
  readonly speaks: string | null
}

export const handshakeTypes = {
  serverHello: 2,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  finished: 20,
} as const

const nothing: Reply = {
  form: 'empty',
  serverHello: null,
  alert: null,
  messages: [],
  sealed: [],
  sslv2Ciphers: null,
  sslv2Certificate: null,
  speaks: null,
}

/** Reads what a server has sent so far; takes any bytes and never throws. */
export function readReply(bytes: Uint8Array): Reply {
  const [first, second, third] = bytes
  if (first === undefined) return nothing
  const isRecord = first >= 20 && first <= 24
  if (isRecord && (second === undefined || second === 3)) return readRecords(bytes)
  if (first >= 0x80 && (third === undefined || third === 4 || third === 0)) {
    const sslv2 = readSslv2Reply(bytes)
    if (sslv2 !== 'foreign') return { ...nothing, form: 'sslv2', ...sslv2 }
  }
  return { ...nothing, form: 'foreign', speaks: foreignProtocol(bytes) }
}

function readRecords(bytes: Uint8Array): Reply {
  const handshake: Uint8Array[] = []
  const sealed: SealedRecord[] = []
  let alert: Alert | null = null
  let malformed = false
  const reader = readBytes(bytes)
  while (reader.remaining >= 5 && !alert) {
    const header = reader.take(5)
    const [type = 0, major = 0, , high = 0, low = 0] = header
    const length = high * 256 + low
    if (type < 20 || type > 24 || major !== 3 || length > 16_384 + 2_048) {
      malformed = true
      break
    }
    // A record that is not there in full may still carry whole handshake messages.
    const content = reader.take(Math.min(length, reader.remaining))
    if (type === 22) handshake.push(content)
    if (type === 23 && content.length === length) sealed.push({ header, content })
    if (type === 21 && sealed.length === 0) alert = readAlert(content)
  }
  const { messages, broken } = readMessages(Buffer.concat(handshake))
  const hello = messages.find(({ type }) => type === handshakeTypes.serverHello)
  if (messages[0]?.type === clientHelloType)
    return { ...nothing, form: 'foreign', speaks: 'an echo of what it is sent' }
  const serverHello = hello ? readServerHello(hello.body) : null
  malformed = malformed || broken || (hello !== undefined && serverHello === null)
  return { ...nothing, form: malformed ? 'malformed' : 'tls', serverHello, alert, messages, sealed }
}

/** close_notify, no_certificate, user_canceled, no_renegotiation and unrecognized_name: what may be no more than a warning. */
const warnings: readonly number[] = [0, 41, 90, 100, 112]

/** The two bytes of an alert; an error is fatal whatever level it is sent with (RFC 8446 section 6.2). Null for other bytes. */
export function alertIn(content: Uint8Array | null): Alert | null {
  const [level, description] = content ?? []
  if (level === undefined || description === undefined || content?.length !== 2) return null
  return { fatal: level === 2 || !warnings.includes(description), description }
}

/** A warning such as unrecognized_name does not end the handshake; close_notify does, whatever its level. */
function readAlert(content: Uint8Array): Alert | null {
  const alert = alertIn(content)
  return alert?.fatal || alert?.description === 0 ? alert : null
}

/** The whole messages at the start of a handshake stream; `broken` where one claims an impossible length. */
export function readMessages(stream: Uint8Array): { messages: HandshakeMessage[]; broken: boolean } {
  const messages: HandshakeMessage[] = []
  let rest = stream
  while (rest.length >= 4) {
    const length = (rest[1] ?? 0) * 65_536 + (rest[2] ?? 0) * 256 + (rest[3] ?? 0)
    if (length > maxMessageBytes) return { messages, broken: true }
    if (rest.length < 4 + length) break
    messages.push({ type: rest[0] ?? 0, body: rest.subarray(4, 4 + length), raw: rest.subarray(0, 4 + length) })
    rest = rest.subarray(4 + length)
  }
  return { messages, broken: false }
}

const clientHelloType = 1
const maxMessageBytes = 262_144

/** The certificates of a TLS 1.2 (or earlier) Certificate message, DER, as sent; null where the message is malformed. */
export function readCertificates(body: Uint8Array): Uint8Array[] | null {
  return guarded(() => {
    const list = readBytes(readBytes(body).vector(3))
    const certificates: Uint8Array[] = []
    while (list.remaining > 0) certificates.push(list.vector(3))
    return certificates
  })
}

/** The certificates of a TLS 1.3 Certificate message, RFC 8446 section 4.4.2; null where it is malformed. */
export function readTls13Certificates(body: Uint8Array): Uint8Array[] | null {
  return guarded(() => {
    const reader = readBytes(body)
    reader.vector(1)
    const list = readBytes(reader.vector(3))
    const certificates: Uint8Array[] = []
    while (list.remaining > 0) {
      certificates.push(list.vector(3))
      list.vector(2)
    }
    return certificates
  })
}

/** What follows the hint before the parameters of a suite with a shared key, RFC 4279 section 3 and RFC 5489 section 2. */
export function withoutPskHint(body: Uint8Array): Uint8Array {
  return body.subarray(2 + (body[0] ?? 0) * 256 + (body[1] ?? 0))
}

/** The named group of an ECDHE ServerKeyExchange, RFC 8422 section 5.4; null where it names none. */
export function readNamedGroup(body: Uint8Array): number | null {
  return guarded(() => {
    const reader = readBytes(body)
    return reader.u8() === 3 ? reader.u16() : null
  })
}

/** Runs a parser; null where the bytes break its rules. */
export function guarded<Value>(parse: () => Value): Value | null {
  try {
    return parse()
  } catch (error) {
    if (error instanceof WireError) return null
    throw error
  }
}
