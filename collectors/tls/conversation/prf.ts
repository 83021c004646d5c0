import { createHash, createHmac } from 'node:crypto'
import type { RecordProtocol } from '../registry/protocols.ts'
import { concat } from '../wire/bytes.ts'

/** The hash of a TLS 1.2 suite's pseudorandom function; older versions have one of their own. */
export type PrfHash = 'sha256' | 'sha384'

/** PRF of RFC 5246 section 5, and of RFC 2246 section 5 for TLS 1.0 and 1.1. */
export function prf(
  protocol: RecordProtocol,
  hash: PrfHash,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelled = concat(Buffer.from(label, 'latin1'), seed)
  if (protocol === 'TLSv1.2') return expand(hash, secret, labelled, length)
  const half = Math.ceil(secret.length / 2)
  const md5 = expand('md5', secret.subarray(0, half), labelled, length)
  const sha1 = expand('sha1', secret.subarray(secret.length - half), labelled, length)
  return md5.map((byte, index) => byte ^ (sha1[index] ?? 0))
}

function expand(hash: string, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = []
  let chain = seed
  for (let filled = 0; filled < length; ) {
    chain = createHmac(hash, secret).update(chain).digest()
    const block = createHmac(hash, secret).update(chain).update(seed).digest()
    blocks.push(block)
    filled += block.length
  }
  return new Uint8Array(concat(...blocks).subarray(0, length))
}

/** The hash over the handshake messages that Finished and the extended master secret are made of. */
export function handshakeHash(protocol: RecordProtocol, hash: PrfHash, messages: Uint8Array): Uint8Array {
  if (protocol === 'TLSv1.2') return createHash(hash).update(messages).digest()
  return concat(createHash('md5').update(messages).digest(), createHash('sha1').update(messages).digest())
}
