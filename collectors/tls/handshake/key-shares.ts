import * as crypto from 'node:crypto'
import type { KeyShare } from '../wire/client-hello.ts'

/** An ephemeral key of ours: the share to offer, and the secret that the server's share makes of it. */
export type Ephemeral = {
  readonly share: KeyShare
  /** The shared secret (RFC 8446 section 7.4); throws where the server's share is no valid one. */
  agree(serverShare: Uint8Array): Uint8Array
}

const curves: { readonly [group: number]: string } = { 23: 'prime256v1', 24: 'secp384r1', 25: 'secp521r1' }
const montgomeryCurves: { readonly [group: number]: 'X25519' | 'X448' } = { 29: 'X25519', 30: 'X448' }

type KemType = 'ml-kem-512' | 'ml-kem-768' | 'ml-kem-1024'
const kems: { readonly [group: number]: KemType } = { 512: 'ml-kem-512', 513: 'ml-kem-768', 514: 'ml-kem-1024' }

/** draft-ietf-tls-ecdhe-mlkem: which part comes first in the share and in the secret. */
const hybrids: { readonly [group: number]: { readonly first: number; readonly second: number } } = {
  4588: { first: 0x201, second: 0x1d },
  4587: { first: 0x17, second: 0x201 },
  4589: { first: 0x18, second: 0x202 },
}

/** Bytes of encapsulation key and ciphertext, FIPS 203 table 3. */
const kemBytes: { readonly [type in KemType]: { readonly key: number; readonly ciphertext: number } } = {
  'ml-kem-512': { key: 800, ciphertext: 768 },
  'ml-kem-768': { key: 1_184, ciphertext: 1_088 },
  'ml-kem-1024': { key: 1_568, ciphertext: 1_568 },
}

/** The groups of which a share can be made, given a Node that has ML-KEM. */
export const shareableGroups: readonly number[] = [
  0x1d, 0x17, 0x18, 0x19, 0x1e, 0x11ec, 0x11eb, 0x11ed, 0x201, 0x202, 0x200,
]

/** A fresh key for a group; undefined where this Node cannot do the group. */
export function ephemeral(group: number): Ephemeral | undefined {
  const curve = curves[group]
  if (curve !== undefined) return ellipticCurve(group, curve)
  const montgomeryCurve = montgomeryCurves[group]
  if (montgomeryCurve !== undefined) return montgomery(group, montgomeryCurve)
  const kem = kems[group]
  if (kem !== undefined) return encapsulated(group, kem)
  const hybrid = hybrids[group]
  return hybrid && joined(group, ephemeral(hybrid.first), ephemeral(hybrid.second))
}

function ellipticCurve(group: number, curve: string): Ephemeral {
  const own = crypto.createECDH(curve)
  return { share: { group, key: own.generateKeys() }, agree: (share) => own.computeSecret(share) }
}

function montgomery(group: number, crv: 'X25519' | 'X448'): Ephemeral {
  const { publicKey, privateKey } =
    crv === 'X25519' ? crypto.generateKeyPairSync('x25519') : crypto.generateKeyPairSync('x448')
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  return {
    share: { group, key },
    agree: (share) => {
      const x = Buffer.from(share).toString('base64url')
      const peer = crypto.createPublicKey({ key: { kty: 'OKP', crv, x }, format: 'jwk' })
      return crypto.diffieHellman({ privateKey, publicKey: peer })
    },
  }
}

function encapsulated(group: number, type: KemType): Ephemeral | undefined {
  // Node before 24.7 has no ML-KEM.
  if (typeof crypto.decapsulate !== 'function') return undefined
  const { publicKey, privateKey } = crypto.generateKeyPairSync(type as 'ml-kem-768')
  const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-kemBytes[type].key)
  return { share: { group, key }, agree: (ciphertext) => crypto.decapsulate(privateKey, ciphertext) }
}

function joined(group: number, first: Ephemeral | undefined, second: Ephemeral | undefined): Ephemeral | undefined {
  if (!first || !second) return undefined
  return {
    share: { group, key: Buffer.concat([first.share.key, second.share.key]) },
    agree: (share) => {
      const cut = answerBytes(first)
      if (cut >= share.length) throw new RangeError('the server’s key share is too short')
      return Buffer.concat([first.agree(share.subarray(0, cut)), second.agree(share.subarray(cut))])
    },
  }
}

/** Bytes of the server's answer to a share: a ciphertext, or a public key as long as ours. */
function answerBytes({ share }: Ephemeral): number {
  const kem = kems[share.group]
  return kem ? kemBytes[kem].ciphertext : share.key.length
}
