import { randomBytes } from 'node:crypto'
import { usualTls12Groups, usualTls13Groups } from './registry/groups.ts'
import type { RecordProtocol } from './registry/protocols.ts'
import { signatureSchemes } from './registry/signature-schemes.ts'
import { concat, vector } from './wire/bytes.ts'
import { type ClientHello, clientHelloRecord, type Extension, extensionTypes } from './wire/client-hello.ts'

/** A hello up to this many bytes is taken by every server; longer ones hang or break some old ones. */
export const smallHelloBytes = 255

/** What a probing hello varies; everything else is the same in all of them. */
export type HelloOptions = {
  readonly protocol: RecordProtocol
  readonly cipherSuites: readonly number[]
  readonly groups?: readonly number[]
  readonly signatureSchemes?: readonly number[]
  /** Fewer groups and signature schemes, to stay below `smallHelloBytes`. */
  readonly small?: boolean
  /** Whether SSLv3, which has no extensions, is asked for with the server's name all the same. */
  readonly named?: boolean
  /** Extensions beside the usual ones; none go to SSLv3. */
  readonly extensions?: readonly Extension[]
  /** With a shared key that no server knows instead of signature algorithms, in TLS 1.3 alone. */
  readonly strangeKey?: boolean
}

/** Makes ClientHello records for one server name. */
export type MakeHello = (options: HelloOptions) => Uint8Array

/**
 * Probing hellos: a TLS 1.3 one carries no key share, so that the server names the group that it wants; one for an
 * older version carries no supported_versions, so that servers that stumble over it are seen as they are.
 */
export function helloMaker(serverName: string | undefined): MakeHello {
  return (options) => clientHelloRecord(probingHello(options, serverName))
}

function probingHello(options: HelloOptions, serverName: string | undefined): ClientHello {
  const { protocol, cipherSuites, small } = options
  const hello = { protocol, random: randomBytes(32), cipherSuites }
  const name = serverName === undefined ? {} : { serverName }
  if (protocol === 'SSLv3') return options.named ? { ...hello, ...name } : hello
  const extensions = [{ type: extensionTypes.renegotiationInfo, data: Uint8Array.of(0) }, ...(options.extensions ?? [])]
  const schemes = options.signatureSchemes ?? (small ? signatureSchemes.slice(0, 10) : signatureSchemes)
  if (protocol === 'TLSv1.3') {
    const groups = options.groups ?? (small ? usualTls13Groups.slice(0, 6) : usualTls13Groups)
    const keyShares: ClientHello['keyShares'] = []
    const common = { ...hello, ...name, sessionId: randomBytes(32), groups, keyShares }
    return options.strangeKey ? { ...common, extensions: strangeKey() } : { ...common, signatureSchemes: schemes }
  }
  const groups = options.groups ?? (small ? usualTls12Groups.slice(0, 6) : usualTls12Groups)
  return { ...hello, ...name, groups, ...(protocol === 'TLSv1.2' ? { signatureSchemes: schemes } : {}), extensions }
}

/** psk_dhe_ke with an identity that says who asks, and a binder of no key; RFC 8446 sections 4.2.9 and 4.2.11. */
function strangeKey(): readonly Extension[] {
  const identities = vector(2, vector(2, Buffer.from('affidavit')), new Uint8Array(4))
  const data = concat(identities, vector(2, vector(1, randomBytes(32))))
  return [
    { type: extensionTypes.pskKeyExchangeModes, data: Uint8Array.of(1, 1) },
    { type: extensionTypes.preSharedKey, data },
  ]
}
