import { readBytes, readU16s, WireError } from './bytes.ts'
import { type Extension, extensionTypes, type KeyShare, readExtensions } from './client-hello.ts'

/** A ServerHello or a HelloRetryRequest, RFC 8446 sections 4.1.3 and 4.1.4. */
export type ServerHello = {
  /** The version chosen: that of supported_versions where it is there. */
  readonly version: number
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly cipherSuite: number
  readonly compression: number
  readonly retry: boolean
  /** The group chosen, in TLS 1.3; null before. */
  readonly group: number | null
  readonly keyShare: KeyShare | null
  readonly alpn: string | null
  readonly extensions: readonly Extension[]
}

/** SHA-256 of "HelloRetryRequest": the random that marks one. */
const retryRandom = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'

/** Reads the body of a ServerHello message; null where it is malformed. */
export function readServerHello(body: Uint8Array): ServerHello | null {
  try {
    const reader = readBytes(body)
    const legacyVersion = reader.u16()
    const random = reader.take(32)
    const sessionId = reader.vector(1)
    const cipherSuite = reader.u16()
    const compression = reader.u8()
    // Old servers leave the extensions out altogether, and a few pad the end.
    const extensions = reader.remaining >= 2 ? readExtensions(reader.vector(2)) : []
    const find = (type: number): Uint8Array | undefined => extensions.find((each) => each.type === type)?.data
    const version = find(extensionTypes.supportedVersions)
    const share = find(extensionTypes.keyShare)
    const alpn = find(extensionTypes.alpn)
    const retry = Buffer.from(random).toString('hex') === retryRandom
    return {
      version: version ? readBytes(version).u16() : legacyVersion,
      random,
      sessionId,
      cipherSuite,
      compression,
      retry,
      group: share ? (readU16s(share.subarray(0, 2))[0] ?? null) : null,
      keyShare: share && !retry ? readKeyShare(share) : null,
      alpn: alpn ? Buffer.from(readBytes(readBytes(alpn).vector(2)).vector(1)).toString('latin1') : null,
      extensions,
    }
  } catch (error) {
    if (error instanceof WireError) return null
    throw error
  }
}

function readKeyShare(data: Uint8Array): KeyShare {
  const reader = readBytes(data)
  return { group: reader.u16(), key: reader.vector(2) }
}
