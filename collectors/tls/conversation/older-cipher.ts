import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { cipherSuites } from '../registry/cipher-suites.ts'
import { type RecordProtocol, versionNumbers } from '../registry/protocols.ts'
import { concat, numberBytes, vector } from '../wire/bytes.ts'
import { type PrfHash, prf } from './prf.ts'
import type { RawRecord } from './records.ts'

type Aead = { readonly kind: 'aead'; readonly name: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305' }
type Cbc = {
  readonly kind: 'cbc'
  readonly name: 'aes-128-cbc' | 'aes-256-cbc' | 'des-ede3-cbc'
  readonly mac: 'sha1' | 'sha256' | 'sha384'
  readonly macBytes: number
  readonly blockBytes: number
}
type Bulk = (Aead | Cbc) & { readonly keyBytes: number; readonly ivBytes: number; readonly prfHash: PrfHash }

/** Protects what we send. */
export type Seal = (type: number, content: Uint8Array, damage?: 'padding') => Uint8Array
/** The content of the next record of the server; null where it does not open. */
export type Open = (record: RawRecord) => Uint8Array | null

const ciphers: { readonly [cipher: string]: Bulk['name'] } = {
  'AES-128-GCM': 'aes-128-gcm',
  'AES-256-GCM': 'aes-256-gcm',
  'CHACHA20-POLY1305': 'chacha20-poly1305',
  'AES-128-CBC': 'aes-128-cbc',
  'AES-256-CBC': 'aes-256-cbc',
  '3DES-CBC': 'des-ede3-cbc',
}
const macs: { readonly [mac: string]: { readonly mac: Cbc['mac']; readonly macBytes: number } } = {
  SHA1: { mac: 'sha1', macBytes: 20 },
  SHA256: { mac: 'sha256', macBytes: 32 },
  SHA384: { mac: 'sha384', macBytes: 48 },
}

/** The record protection of a suite of a version before TLS 1.3; undefined where this client does not have it. */
export function bulkOf(number: number): Bulk | undefined {
  const suite = cipherSuites.get(number)
  const name = ciphers[suite?.cipher ?? '']
  if (!suite || name === undefined || suite.era === '1.3') return undefined
  const keyBytes = name === 'des-ede3-cbc' ? 24 : name.includes('128') ? 16 : 32
  const prfHash: PrfHash = suite.name.endsWith('SHA384') ? 'sha384' : 'sha256'
  if (name === 'aes-128-gcm' || name === 'aes-256-gcm') return { kind: 'aead', name, keyBytes, ivBytes: 4, prfHash }
  if (name === 'chacha20-poly1305') return { kind: 'aead', name, keyBytes, ivBytes: 12, prfHash }
  const mac = macs[suite.mac]
  if (!mac) return undefined
  const blockBytes = name === 'des-ede3-cbc' ? 8 : 16
  return { kind: 'cbc', name, keyBytes, ivBytes: blockBytes, blockBytes, prfHash, ...mac }
}

/** What a session's keys are made of. */
export type Keying = {
  readonly protocol: RecordProtocol
  readonly suite: number
  readonly master: Uint8Array
  readonly clientRandom: Uint8Array
  readonly serverRandom: Uint8Array
}

/** The key block of RFC 5246 section 6.3: it opens one connection, and, unlike the master secret, no later one. */
export function keyBlockOf({ protocol, suite, master, clientRandom, serverRandom }: Keying): Uint8Array | undefined {
  const bulk = bulkOf(suite)
  if (!bulk) return undefined
  const seed = concat(serverRandom, clientRandom)
  return prf(protocol, bulk.prfHash, master, 'key expansion', seed, lengthOf(bulk))
}

function lengthOf(bulk: Bulk): number {
  return partsOf(bulk).reduce((sum, size) => sum + size)
}

/** Lengths of MAC keys, keys and initial vectors, the client's before the server's. */
function partsOf(bulk: Bulk): readonly number[] {
  const macBytes = bulk.kind === 'cbc' ? bulk.macBytes : 0
  return [macBytes, macBytes, bulk.keyBytes, bulk.keyBytes, bulk.ivBytes, bulk.ivBytes]
}

/** Our sealing and the server's opening, both at their first record; undefined where the suite is not ours. */
export function createCipher(
  protocol: RecordProtocol,
  suite: number,
  keyBlock: Uint8Array,
): { seal: Seal; open: Open } | undefined {
  const bulk = bulkOf(suite)
  if (!bulk || keyBlock.length < lengthOf(bulk)) return undefined
  let at = 0
  const [clientMac, serverMac, clientKey, serverKey, clientIv, serverIv] = partsOf(bulk).map((size) => {
    at += size
    return keyBlock.subarray(at - size, at)
  })
  const none = new Uint8Array()
  const client = { mac: clientMac ?? none, key: clientKey ?? none, iv: clientIv ?? none }
  const server = { mac: serverMac ?? none, key: serverKey ?? none, iv: serverIv ?? none }
  return bulk.kind === 'aead'
    ? { seal: sealAead(bulk, protocol, client), open: openAead(bulk, protocol, server) }
    : { seal: sealCbc(bulk, protocol, client), open: openCbc(bulk, protocol, server) }
}

type Keys = { readonly mac: Uint8Array; readonly key: Uint8Array; readonly iv: Uint8Array }

function additional(sequence: number, type: number, protocol: RecordProtocol, length: number): Uint8Array {
  return concat(numberBytes(sequence, 8), [type], numberBytes(versionNumbers[protocol], 2), numberBytes(length, 2))
}

function recordOf(type: number, protocol: RecordProtocol, content: Uint8Array): Uint8Array {
  return concat([type], numberBytes(versionNumbers[protocol], 2), vector(2, content))
}

/** GCM sends eight bytes of the nonce (RFC 5288 section 3), ChaCha20 none (RFC 7905 section 2). */
function nonceOf(bulk: Aead, iv: Uint8Array, explicit: Uint8Array, sequence: number): Uint8Array {
  if (bulk.name !== 'chacha20-poly1305') return concat(iv, explicit)
  const counter = numberBytes(sequence, 12)
  return iv.map((byte, index) => byte ^ (counter[index] ?? 0))
}

function sealAead(bulk: Aead & Bulk, protocol: RecordProtocol, { key, iv }: Keys): Seal {
  let sequence = 0
  return (type, content) => {
    const explicit = bulk.name === 'chacha20-poly1305' ? new Uint8Array() : numberBytes(sequence, 8)
    // The ciphers share one interface; their declarations do not.
    const cipher = createCipheriv(bulk.name as 'aes-128-gcm', key, nonceOf(bulk, iv, explicit, sequence), {
      authTagLength: 16,
    })
    cipher.setAAD(additional(sequence, type, protocol, content.length), { plaintextLength: content.length })
    const sealed = concat(cipher.update(content), cipher.final())
    sequence += 1
    return recordOf(type, protocol, concat(explicit, sealed, cipher.getAuthTag()))
  }
}

function openAead(bulk: Aead & Bulk, protocol: RecordProtocol, { key, iv }: Keys): Open {
  let sequence = 0
  return ({ type, content }) => {
    const explicitBytes = bulk.name === 'chacha20-poly1305' ? 0 : 8
    const length = content.length - explicitBytes - 16
    if (length < 0) return null
    try {
      const nonce = nonceOf(bulk, iv, content.subarray(0, explicitBytes), sequence)
      const decipher = createDecipheriv(bulk.name as 'aes-128-gcm', key, nonce, { authTagLength: 16 })
      decipher.setAAD(additional(sequence, type, protocol, length), { plaintextLength: length })
      decipher.setAuthTag(content.subarray(content.length - 16))
      const body = content.subarray(explicitBytes, explicitBytes + length)
      const plain = concat(decipher.update(body), decipher.final())
      sequence += 1
      return plain
    } catch {
      return null
    }
  }
}

/** MAC, then padding, then encryption, RFC 5246 section 6.2.3.2; TLS 1.0 goes on from the last block instead of an IV. */
function sealCbc(bulk: Cbc & Bulk, protocol: RecordProtocol, { key, mac, iv }: Keys): Seal {
  let sequence = 0
  let chain = iv
  return (type, content, damage) => {
    const tag = createHmac(bulk.mac, mac)
      .update(additional(sequence, type, protocol, content.length))
      .update(content)
      .digest()
    const length = bulk.blockBytes - ((content.length + tag.length) % bulk.blockBytes)
    const right = new Uint8Array(length).fill(length - 1)
    // The last byte says how long the padding is, and stays.
    const padding = damage === 'padding' ? right.map((byte, at) => (at < length - 1 ? byte ^ 0x55 : byte)) : right
    const explicit = protocol === 'TLSv1.0' ? new Uint8Array() : randomBytes(bulk.blockBytes)
    const cipher = createCipheriv(bulk.name, key, explicit.length > 0 ? explicit : chain).setAutoPadding(false)
    const sealed = concat(cipher.update(concat(content, tag, padding)), cipher.final())
    chain = sealed.subarray(sealed.length - bulk.blockBytes)
    sequence += 1
    return recordOf(type, protocol, concat(explicit, sealed))
  }
}

/** The content without its MAC, which is not checked: what a server sends on its own connection need not be trusted. */
function openCbc(bulk: Cbc & Bulk, protocol: RecordProtocol, { key, iv }: Keys): Open {
  let chain = iv
  return ({ content }) => {
    const explicitBytes = protocol === 'TLSv1.0' ? 0 : bulk.blockBytes
    const body = content.subarray(explicitBytes)
    if (body.length === 0 || body.length % bulk.blockBytes !== 0) return null
    const start = explicitBytes > 0 ? content.subarray(0, explicitBytes) : chain
    const decipher = createDecipheriv(bulk.name, key, start).setAutoPadding(false)
    const plain = concat(decipher.update(body), decipher.final())
    chain = body.subarray(body.length - bulk.blockBytes)
    const length = plain.length - 1 - (plain.at(-1) ?? 0) - bulk.macBytes
    return length < 0 ? null : plain.subarray(0, length)
  }
}
