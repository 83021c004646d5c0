import { createDecipheriv, createHash, createHmac } from 'node:crypto'
import { concat, numberBytes, vector } from '../wire/bytes.ts'
import { type HandshakeMessage, handshakeTypes, type Reply, readMessages, type SealedRecord } from '../wire/reply.ts'
import type { Ephemeral } from './key-shares.ts'

export type SealedWith = {
  readonly hash: 'sha256' | 'sha384'
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305' | 'aes-128-ccm'
  readonly keyBytes: number
  readonly tagBytes: number
}

/** The TLS 1.3 suites that can be spoken. */
export const sealedWith: { readonly [number: number]: SealedWith } = {
  4865: { hash: 'sha256', cipher: 'aes-128-gcm', keyBytes: 16, tagBytes: 16 },
  4866: { hash: 'sha384', cipher: 'aes-256-gcm', keyBytes: 32, tagBytes: 16 },
  4867: { hash: 'sha256', cipher: 'chacha20-poly1305', keyBytes: 32, tagBytes: 16 },
  4868: { hash: 'sha256', cipher: 'aes-128-ccm', keyBytes: 16, tagBytes: 16 },
  4869: { hash: 'sha256', cipher: 'aes-128-ccm', keyBytes: 16, tagBytes: 8 },
}

/** The TLS 1.3 suites whose encrypted part can be read. */
export const readableSuites: readonly number[] = Object.keys(sealedWith).map(Number)

/**
 * The server's handshake traffic secret (RFC 8446 section 7.1) of a handshake whose ClientHello message and keys were
 * ours; undefined while the ServerHello is not there, or where it cannot be followed.
 */
export function serverTrafficSecret(
  clientHello: Uint8Array,
  ephemerals: readonly Ephemeral[],
  reply: Reply,
): Uint8Array | undefined {
  const { serverHello } = reply
  const suite = sealedWith[serverHello?.cipherSuite ?? -1]
  const raw = reply.messages.find(({ type }) => type === handshakeTypes.serverHello)?.raw
  const own = ephemerals.find(({ share }) => share.group === serverHello?.keyShare?.group)
  if (!serverHello?.keyShare || !suite || !raw || !own) return undefined
  try {
    const shared = own.agree(serverHello.keyShare.key)
    const { hash } = suite
    const empty = createHash(hash).digest()
    const zeros = new Uint8Array(empty.length)
    const early = extract(hash, zeros, zeros)
    const handshake = extract(hash, expandLabel(hash, early, 'derived', empty, empty.length), shared)
    const transcript = createHash(hash).update(clientHello).update(raw).digest()
    return expandLabel(hash, handshake, 's hs traffic', transcript, empty.length)
  } catch {
    // A key share that is no point of its curve: the server's fault, and nothing more can be read.
    return undefined
  }
}

/** The encrypted handshake messages of a TLS 1.3 reply, as far as they are there and open with the secret. */
export function openFlight(reply: Reply, secret: Uint8Array): HandshakeMessage[] {
  const suite = sealedWith[reply.serverHello?.cipherSuite ?? -1]
  if (!suite) return []
  const key = expandLabel(suite.hash, secret, 'key', new Uint8Array(), suite.keyBytes)
  const iv = expandLabel(suite.hash, secret, 'iv', new Uint8Array(), 12)
  const opened: Uint8Array[] = []
  for (const [sequence, record] of reply.sealed.entries()) {
    const content = openRecord(suite, key, iv, sequence, record)
    if (content === undefined) break
    opened.push(content)
  }
  return readMessages(Buffer.concat(opened)).messages
}

/** The handshake bytes of one record, RFC 8446 section 5.2; undefined where it does not open or is something else. */
function openRecord(
  suite: SealedWith,
  key: Uint8Array,
  iv: Uint8Array,
  sequence: number,
  { header, content }: SealedRecord,
): Uint8Array | undefined {
  const length = content.length - suite.tagBytes
  if (length < 1) return undefined
  const counter = numberBytes(sequence, 12)
  const nonce = iv.map((byte, index) => byte ^ (counter[index] ?? 0))
  try {
    // The four ciphers share one interface; their declarations do not.
    const decipher = createDecipheriv(suite.cipher as 'aes-128-ccm', key, nonce, { authTagLength: suite.tagBytes })
    decipher.setAuthTag(content.subarray(length))
    decipher.setAAD(header, { plaintextLength: length })
    const plain = Buffer.concat([decipher.update(content.subarray(0, length)), decipher.final()])
    const end = plain.findLastIndex((byte) => byte !== 0)
    return plain[end] === 22 ? plain.subarray(0, end) : undefined
  } catch {
    return undefined
  }
}

/** HKDF-Extract, RFC 5869. */
export function extract(hash: string, salt: Uint8Array, input: Uint8Array): Uint8Array {
  return createHmac(hash, salt).update(input).digest()
}

/** HKDF-Expand-Label, RFC 8446 section 7.1. */
export function expandLabel(
  hash: string,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const info = concat(numberBytes(length, 2), vector(1, Buffer.from(`tls13 ${label}`)), vector(1, context))
  const blocks: Uint8Array[] = []
  for (let filled = 0; filled < length; ) {
    const block = createHmac(hash, secret)
      .update(concat(blocks.at(-1) ?? [], info, [blocks.length + 1]))
      .digest()
    blocks.push(block)
    filled += block.length
  }
  return Buffer.concat(blocks).subarray(0, length)
}
