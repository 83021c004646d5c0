import { constants, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto'
import { readDhParameters } from '../features/flight-messages.ts'
import { ephemeral } from '../handshake/key-shares.ts'
import { cipherSuites } from '../registry/cipher-suites.ts'
import { type RecordProtocol, versionNumbers } from '../registry/protocols.ts'
import { signatureSchemes } from '../registry/signature-schemes.ts'
import { concat, numberBytes, vector } from '../wire/bytes.ts'
import { type ClientHello, clientHelloMessage, type Extension, extensionTypes } from '../wire/client-hello.ts'
import { handshakeTypes, type Reply, readCertificates, readNamedGroup, readReply } from '../wire/reply.ts'
import { type ClientIdentity, proofOlder } from './client-identity.ts'
import { bulkOf, createCipher, keyBlockOf, type Seal } from './older-cipher.ts'
import { handshakeHash, prf } from './prf.ts'
import { isSwitchedOrOver, recordTypes } from './records.ts'
import type { Talk } from './talk.ts'

/** Groups of which this client makes shares in ServerKeyExchange. */
const ownGroups: readonly number[] = [0x1d, 0x17, 0x18, 0x19, 0x1e]

/** Whether this client can complete a handshake with a suite of a version before TLS 1.3. */
export function canComplete(number: number): boolean {
  const suite = cipherSuites.get(number)
  if (!suite || suite.export || !bulkOf(number)) return false
  return ['RSA', 'DHE', 'ECDHE'].includes(suite.keyExchange) && ['RSA', 'ECDSA', 'DSS'].includes(suite.authentication)
}

export type OlderOffer = {
  readonly protocol: RecordProtocol
  readonly cipherSuites: readonly number[]
  readonly serverName: string | undefined
  readonly sessionId?: Uint8Array
  readonly extensions?: readonly Extension[]
  /** Shown where the server asks for a certificate; none is where absent. */
  readonly identity?: ClientIdentity
}

/** A ClientHello of a version from TLS 1.0 to 1.2, as a message and as a record. */
export function olderHello(offer: OlderOffer): { message: Uint8Array; record: Uint8Array; random: Uint8Array } {
  const random = randomBytes(32)
  const hello: ClientHello = {
    protocol: offer.protocol,
    random,
    cipherSuites: offer.cipherSuites,
    ...(offer.sessionId ? { sessionId: offer.sessionId } : {}),
    ...(offer.serverName === undefined ? {} : { serverName: offer.serverName }),
    groups: ownGroups,
    ...(offer.protocol === 'TLSv1.2' ? { signatureSchemes } : {}),
    extensions: [
      { type: extensionTypes.extendedMasterSecret, data: new Uint8Array() },
      ...(offer.extensions ?? [{ type: extensionTypes.renegotiationInfo, data: Uint8Array.of(0) }]),
    ],
  }
  const message = clientHelloMessage(hello)
  return { message, record: concat([recordTypes.handshake, 3, 1], vector(2, message)), random }
}

/** A session whose handshake we have ended; whether the server has is for the reader of the conversation. */
export type OlderSession = {
  /** What opens this connection; nobody can come back to the session with it, as the master secret would allow. */
  readonly secrets: { readonly keyBlock: Uint8Array }
  readonly seal: Seal
  /** Of our Finished, for the renegotiation_info of another hello on this connection. */
  readonly verifyData: Uint8Array
}

/**
 * A full handshake (RFC 5246 section 7.3), with a certificate only where the offer brings one, until the server's Finished or its refusal
 * is there; undefined where the server's first flight allows none. `damage` spoils the padding of our Finished.
 */
export async function shakeOlder(talk: Talk, offer: OlderOffer, damage?: 'padding'): Promise<OlderSession | undefined> {
  const hello = olderHello(offer)
  talk.send(hello.record)
  const first = readReply(await talk.receive((received) => isFlightOver(readReply(received))))
  const keys = exchangeKeys(first, offer.protocol)
  const serverHello = first.serverHello
  if (!keys || !serverHello) return undefined
  const prfHash = bulkOf(serverHello.cipherSuite)?.prfHash ?? 'sha256'
  const request = first.messages.find(({ type }) => type === handshakeTypes.certificateRequest)
  const { protocol, identity } = offer
  const proof = request && identity ? proofOlder(identity, protocol, request.body) : null
  const ours = concat(
    request ? handshakeMessage(handshakeTypes.certificate, proof?.certificate ?? vector(3)) : [],
    handshakeMessage(16, keys.exchange),
  )
  const messages = concat(hello.message, ...first.messages.map(({ raw }) => raw), ours)
  const verify = proof ? handshakeMessage(handshakeTypes.certificateVerify, proof.verify(messages)) : new Uint8Array()
  const extended = serverHello.extensions.some(({ type }) => type === extensionTypes.extendedMasterSecret)
  const master = extended
    ? prf(protocol, prfHash, keys.premaster, 'extended master secret', handshakeHash(protocol, prfHash, messages), 48)
    : prf(protocol, prfHash, keys.premaster, 'master secret', concat(hello.random, serverHello.random), 48)
  const suite = serverHello.cipherSuite
  const randoms = { clientRandom: hello.random, serverRandom: serverHello.random }
  const keyBlock = keyBlockOf({ protocol, suite, master, ...randoms })
  const cipher = keyBlock && createCipher(protocol, suite, keyBlock)
  if (!cipher) return undefined
  const seen = handshakeHash(protocol, prfHash, concat(messages, verify))
  const verifyData = prf(protocol, prfHash, master, 'client finished', seen, 12)
  const finished = handshakeMessage(handshakeTypes.finished, verifyData)
  talk.send(
    concat(
      clearRecord(recordTypes.handshake, protocol, concat(ours, verify)),
      clearRecord(recordTypes.changeCipherSpec, protocol, [1]),
      cipher.seal(recordTypes.handshake, finished, damage),
    ),
  )
  await talk.receive(isSwitchedOrOver)
  return { secrets: { keyBlock }, seal: cipher.seal, verifyData }
}

/** A record in the clear. */
export function clearRecord(
  type: number,
  protocol: RecordProtocol,
  content: Uint8Array | readonly number[],
): Uint8Array {
  return concat([type], numberBytes(versionNumbers[protocol], 2), vector(2, content))
}

export function handshakeMessage(type: number, body: Uint8Array): Uint8Array {
  return concat([type], vector(3, body))
}

/** The server has said all of its first flight, or will not. */
export function isFlightOver(reply: Reply): boolean {
  if (reply.alert || reply.form === 'malformed' || reply.form === 'foreign') return true
  return reply.messages.some(({ type }) => type === handshakeTypes.serverHelloDone)
}

type Keys = { readonly premaster: Uint8Array; readonly exchange: Uint8Array }

/** Our half of the key exchange; undefined where the server's is missing, malformed, or of a kind that is not ours. */
function exchangeKeys({ serverHello, messages }: Reply, protocol: RecordProtocol): Keys | undefined {
  if (!serverHello || serverHello.version !== versionNumbers[protocol] || !canComplete(serverHello.cipherSuite)) {
    return undefined
  }
  const body = (type: number) => messages.find((each) => each.type === type)?.body
  if (!messages.some(({ type }) => type === handshakeTypes.serverHelloDone)) return undefined
  const parameters = body(handshakeTypes.serverKeyExchange)
  try {
    switch (cipherSuites.get(serverHello.cipherSuite)?.keyExchange) {
      case 'ECDHE':
        return parameters && agreeOnCurve(parameters)
      case 'DHE':
        return parameters && agreeOnField(parameters)
      case 'RSA':
        return encryptFor(body(handshakeTypes.certificate), protocol)
      default:
        return undefined
    }
  } catch {
    // A key that is no key: the server's fault, and no handshake can follow.
    return undefined
  }
}

function agreeOnCurve(parameters: Uint8Array): Keys | undefined {
  const own = ephemeral(readNamedGroup(parameters) ?? -1)
  const length = parameters[3] ?? 0
  if (!own) return undefined
  return { premaster: own.agree(parameters.subarray(4, 4 + length)), exchange: vector(1, own.share.key) }
}

/** Bytes of the longest prime that is counted with; longer ones would take the time of other targets. */
const mostPrimeBytes = 1_024
/** Bits enough for any group: the strength of the session is nobody's concern. */
const exponentBytes = 32

/** By hand, since node:crypto first checks that the prime is one, which takes seconds for long ones. */
function agreeOnField(parameters: Uint8Array): Keys | undefined {
  const read = readDhParameters(parameters)
  if (!read || read.prime.length > mostPrimeBytes) return undefined
  const prime = toNumber(read.prime)
  if (prime < 3n) return undefined
  const exponent = toNumber(randomBytes(exponentBytes))
  const own = power(toNumber(read.generator), exponent, prime)
  const secret = power(toNumber(read.publicKey), exponent, prime)
  // RFC 5246 section 8.1.2: leading zeros are no part of the premaster secret.
  return { premaster: toBytes(secret), exchange: vector(2, toBytes(own)) }
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let square = base % modulus
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
}

function toBytes(number: bigint): Uint8Array {
  const hex = number.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function encryptFor(certificate: Uint8Array | undefined, protocol: RecordProtocol): Keys | undefined {
  const [leaf] = (certificate && readCertificates(certificate)) ?? []
  if (!leaf) return undefined
  const premaster = concat(numberBytes(versionNumbers[protocol], 2), randomBytes(46))
  const key = new X509Certificate(Buffer.from(leaf)).publicKey
  const sealed = publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, premaster)
  return { premaster, exchange: vector(2, sealed) }
}
