import * as crypto from 'node:crypto'
import type { KeyShare } from '../wire/client-hello.ts'

/** An ephemeral key of ours: the share to offer, and the secret that the server's share makes of it. */
export type Ephemeral = {
  readonly share: KeyShare
  /** The shared secret (RFC 8446 section 7.4); throws where the server's share is no valid one. */
  agree(serverShare: Uint8Array): Uint8Array
}

const X25519 = 0x1d
const X448 = 0x1e
const X25519MLKEM768 = 0x11ec
const SecP256r1MLKEM768 = 0x11eb
const curves: { readonly [group: number]: string } = { 23: 'prime256v1', 24: 'secp384r1', 25: 'secp521r1' }

/** A fresh key for a group; undefined where this Node cannot do the group. */
export function ephemeral(group: number): Ephemeral | undefined {
  const curve = curves[group]
  if (curve !== undefined) return ellipticCurve(group, curve)
  if (group === X25519 || group === X448) return montgomery(group, group === X25519 ? 'x25519' : 'x448')
  // draft-ietf-tls-ecdhe-mlkem: the order of the two parts follows the order in the name but for the P-256 group.
  if (group === X25519MLKEM768) return hybrid(group, mlKem768(), ephemeral(X25519), 'ml-kem-first')
  if (group === SecP256r1MLKEM768) return hybrid(group, mlKem768(), ephemeral(0x17), 'ml-kem-last')
  return undefined
}

function ellipticCurve(group: number, curve: string): Ephemeral {
  const own = crypto.createECDH(curve)
  return { share: { group, key: own.generateKeys() }, agree: (share) => own.computeSecret(share) }
}

function montgomery(group: number, type: 'x25519' | 'x448'): Ephemeral {
  const { publicKey, privateKey } =
    type === 'x25519' ? crypto.generateKeyPairSync('x25519') : crypto.generateKeyPairSync('x448')
  const crv = type === 'x25519' ? 'X25519' : 'X448'
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

const mlKem768KeyBytes = 1_184
const mlKem768CiphertextBytes = 1_088

type Kem = { readonly key: Uint8Array; open(ciphertext: Uint8Array): Uint8Array }

function mlKem768(): Kem | undefined {
  // Node before 24.7 has no ML-KEM.
  if (typeof crypto.decapsulate !== 'function') return undefined
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ml-kem-768')
  const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-mlKem768KeyBytes)
  return { key, open: (ciphertext) => crypto.decapsulate(privateKey, ciphertext) }
}

function hybrid(
  group: number,
  kem: Kem | undefined,
  classic: Ephemeral | undefined,
  order: 'ml-kem-first' | 'ml-kem-last',
): Ephemeral | undefined {
  if (!kem || !classic) return undefined
  const join = (kemPart: Uint8Array, classicPart: Uint8Array): Uint8Array =>
    Buffer.concat(order === 'ml-kem-first' ? [kemPart, classicPart] : [classicPart, kemPart])
  return {
    share: { group, key: join(kem.key, classic.share.key) },
    agree: (share) => {
      const cut = order === 'ml-kem-first' ? mlKem768CiphertextBytes : share.length - mlKem768CiphertextBytes
      if (cut < 0 || cut > share.length) throw new RangeError('the server’s key share has the wrong length')
      const [first, second] = [share.subarray(0, cut), share.subarray(cut)]
      return order === 'ml-kem-first'
        ? join(kem.open(first), classic.agree(second))
        : join(kem.open(second), classic.agree(first))
    },
  }
}
