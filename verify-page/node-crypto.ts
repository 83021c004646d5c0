import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { Buffer } from 'buffer/index.js'

/*
 * What the checks of the embedded evidence use of node:crypto, under the same names and for the same arguments: SHA-256
 * and Ed25519. Anything else throws, so that a new use is noticed where the page is tested.
 */

type Data = Uint8Array | string

function expectSha256(name: string): void {
  if (name !== 'sha256') throw new TypeError(`${name} is not available in the page`)
}

const bytesOf = (data: Data): Uint8Array => (typeof data === 'string' ? new TextEncoder().encode(data) : data)

const output = (digest: Uint8Array, encoding?: 'hex' | 'base64' | 'binary' | 'buffer'): Buffer | string =>
  encoding === undefined || encoding === 'buffer' ? Buffer.from(digest) : Buffer.from(digest).toString(encoding)

export function createHash(name: string) {
  expectSha256(name)
  const state = sha256.create()
  const hash = {
    update(data: Data) {
      state.update(bytesOf(data))
      return hash
    },
    digest: (encoding?: 'hex' | 'base64') => output(state.digest(), encoding),
  }
  return hash
}

export function hash(name: string, data: Data, encoding: 'hex' | 'base64' | 'binary' | 'buffer' = 'hex') {
  expectSha256(name)
  return output(sha256(bytesOf(data)), encoding)
}

type Jwk = { readonly kty: string; readonly crv: string; readonly x: string }

/** An Ed25519 key from its JWK. */
export function createPublicKey({ key }: { readonly key: Jwk }): Uint8Array {
  if (key.kty !== 'OKP' || key.crv !== 'Ed25519') throw new TypeError('only Ed25519 keys are available in the page')
  return Buffer.from(key.x.replaceAll('-', '+').replaceAll('_', '/'), 'base64')
}

export function verify(_: null, data: Uint8Array, key: Uint8Array, signature: Uint8Array): boolean {
  return ed25519.verify(Uint8Array.from(signature), Uint8Array.from(data), Uint8Array.from(key), { zip215: false })
}
