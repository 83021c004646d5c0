import { type RecordProtocol, versionNumbers } from '../registry/protocols.ts'
import { concat, numberBytes, readBytes, readU16s, u16s, vector, WireError } from './bytes.ts'

/** A public key offered for one group. */
export type KeyShare = { readonly group: number; readonly key: Uint8Array }

/** What a ClientHello offers; an absent field is an absent extension. */
export type ClientHello = {
  /** The highest version offered; in TLS 1.3 the supported_versions extension carries it. */
  readonly protocol: RecordProtocol
  /** For TLS 1.3 hellos: every version offered, for instance 1.3 and 1.2. Default: the protocol alone. */
  readonly versions?: readonly number[]
  readonly random: Uint8Array
  readonly sessionId?: Uint8Array
  readonly cipherSuites: readonly number[]
  readonly compressionMethods?: readonly number[]
  readonly serverName?: string
  readonly groups?: readonly number[]
  readonly signatureSchemes?: readonly number[]
  /** An empty list makes a TLS 1.3 server ask for a share of the group that it chooses (HelloRetryRequest). */
  readonly keyShares?: readonly KeyShare[]
  readonly alpn?: readonly string[]
  /** Extensions beside the ones above, in this order, at the end. */
  readonly extensions?: readonly Extension[]
}

export type Extension = { readonly type: number; readonly data: Uint8Array }

/** Extension types, IANA. */
export const extensionTypes = {
  serverName: 0,
  statusRequest: 5,
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  alpn: 16,
  signedCertificateTimestamps: 18,
  encryptThenMac: 22,
  extendedMasterSecret: 23,
  sessionTicket: 35,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  cookie: 44,
  pskKeyExchangeModes: 45,
  keyShare: 51,
  renegotiationInfo: 0xff01,
} as const

/** The ClientHello as a handshake message, RFC 8446 section 4.1.2 and RFC 5246 section 7.4.1.2. */
export function clientHelloMessage(hello: ClientHello): Uint8Array {
  const legacyVersion = Math.min(versionNumbers[hello.protocol], versionNumbers['TLSv1.2'])
  const extensions = extensionsOf(hello)
  const body = concat(
    numberBytes(legacyVersion, 2),
    hello.random,
    vector(1, hello.sessionId ?? []),
    vector(2, u16s(hello.cipherSuites)),
    vector(1, hello.compressionMethods ?? [0]),
    extensions.length === 0 ? [] : vector(2, ...extensions.map(({ type, data }) => extension(type, data))),
  )
  return concat([1], vector(3, body))
}

/** The ClientHello in one record, as it is sent. */
export function clientHelloRecord(hello: ClientHello): Uint8Array {
  const recordVersion = hello.protocol === 'SSLv3' ? 0x0300 : 0x0301
  return concat([22], numberBytes(recordVersion, 2), vector(2, clientHelloMessage(hello)))
}

function extensionsOf(hello: ClientHello): readonly Extension[] {
  const list: Extension[] = []
  const add = (type: number, ...parts: readonly (Uint8Array | readonly number[])[]): void => {
    list.push({ type, data: concat(...parts) })
  }
  if (hello.serverName !== undefined) {
    add(extensionTypes.serverName, vector(2, [0], vector(2, Buffer.from(hello.serverName, 'latin1'))))
  }
  if (hello.groups) {
    add(extensionTypes.supportedGroups, vector(2, u16s(hello.groups)))
    if (hello.protocol !== 'TLSv1.3' || hello.versions) add(extensionTypes.pointFormats, vector(1, [0]))
  }
  if (hello.signatureSchemes) add(extensionTypes.signatureAlgorithms, vector(2, u16s(hello.signatureSchemes)))
  if (hello.alpn) {
    add(extensionTypes.alpn, vector(2, ...hello.alpn.map((name) => vector(1, Buffer.from(name, 'latin1')))))
  }
  if (hello.protocol === 'TLSv1.3') {
    add(extensionTypes.supportedVersions, vector(1, u16s(hello.versions ?? [versionNumbers['TLSv1.3']])))
  }
  if (hello.keyShares) {
    const shares = hello.keyShares.map(({ group, key }) => concat(numberBytes(group, 2), vector(2, key)))
    add(extensionTypes.keyShare, vector(2, ...shares))
  }
  return [...list, ...(hello.extensions ?? [])]
}

function extension(type: number, data: Uint8Array): Uint8Array {
  return concat(numberBytes(type, 2), vector(2, data))
}

/** What an encoded ClientHello offered, as far as the facts rest on it. */
export type OfferedHello = {
  readonly versions: readonly number[]
  readonly cipherSuites: readonly number[]
  readonly groups: readonly number[] | null
  readonly serverName: string | null
  /** Types of the extensions, in their order. */
  readonly extensions: readonly number[]
}

/** Asks for a stapled OCSP response and for certificate timestamps, RFC 6066 section 8 and RFC 6962 section 3.3.1. */
export const certificateExtras: readonly Extension[] = [
  { type: extensionTypes.statusRequest, data: Uint8Array.of(1, 0, 0, 0, 0) },
  { type: extensionTypes.signedCertificateTimestamps, data: new Uint8Array() },
]

/** Reads a recorded ClientHello record again; undefined where the bytes are none. */
export function readClientHello(record: Uint8Array): OfferedHello | undefined {
  try {
    const outer = readBytes(record)
    if (outer.u8() !== 22) return undefined
    outer.u16()
    const message = readBytes(outer.vector(2))
    if (message.u8() !== 1) return undefined
    const body = readBytes(message.vector(3))
    const legacyVersion = body.u16()
    body.take(32)
    body.vector(1)
    const cipherSuites = readU16s(body.vector(2))
    body.vector(1)
    const extensions = body.remaining > 0 ? readExtensions(body.vector(2)) : []
    const find = (type: number): Uint8Array | undefined => extensions.find((each) => each.type === type)?.data
    const versions = find(extensionTypes.supportedVersions)
    const groups = find(extensionTypes.supportedGroups)
    const name = find(extensionTypes.serverName)
    return {
      versions: versions ? readU16s(readBytes(versions).vector(1)) : [legacyVersion],
      cipherSuites,
      groups: groups ? readU16s(readBytes(groups).vector(2)) : null,
      serverName: name ? Buffer.from(name.subarray(5)).toString('latin1') : null,
      extensions: extensions.map(({ type }) => type),
    }
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

/** The extensions of a hello; throws WireError where the list is cut. */
export function readExtensions(bytes: Uint8Array): Extension[] {
  const reader = readBytes(bytes)
  const list: Extension[] = []
  while (reader.remaining > 0) list.push({ type: reader.u16(), data: reader.vector(2) })
  return list
}
