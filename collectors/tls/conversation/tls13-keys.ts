import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { expandLabel, extract, type SealedWith } from '../handshake/flight.ts'
import { concat, numberBytes } from '../wire/bytes.ts'
import type { SealedRecord } from '../wire/reply.ts'
import { recordTypes } from './records.ts'

/** The secrets of RFC 8446 section 7.1 as far as they follow from the key exchange alone. */
export type Schedule = {
  readonly client: Uint8Array
  readonly server: Uint8Array
  readonly master: Uint8Array
}

const none = new Uint8Array()

export function hashOf({ hash }: SealedWith, ...messages: readonly Uint8Array[]): Uint8Array {
  return createHash(hash)
    .update(concat(...messages))
    .digest()
}

/** Handshake traffic secrets and master secret from the shared secret and the messages up to the ServerHello. */
export function scheduleOf(suite: SealedWith, shared: Uint8Array, hellos: Uint8Array): Schedule {
  const { hash } = suite
  const empty = hashOf(suite)
  const zeros = new Uint8Array(empty.length)
  const derive = (secret: Uint8Array, label: string, context: Uint8Array) =>
    expandLabel(hash, secret, label, context, empty.length)
  const handshake = extract(hash, derive(extract(hash, zeros, zeros), 'derived', empty), shared)
  const seen = hashOf(suite, hellos)
  return {
    client: derive(handshake, 'c hs traffic', seen),
    server: derive(handshake, 's hs traffic', seen),
    master: extract(hash, derive(handshake, 'derived', empty), zeros),
  }
}

/** Derive-Secret, RFC 8446 section 7.1. */
export function deriveSecret(suite: SealedWith, secret: Uint8Array, label: string, messages: Uint8Array): Uint8Array {
  const seen = hashOf(suite, messages)
  return expandLabel(suite.hash, secret, label, seen, seen.length)
}

/** The verify_data of a Finished over messages, RFC 8446 section 4.4.4; a PSK binder is one too. */
export function finishedOver(suite: SealedWith, base: Uint8Array, messages: Uint8Array): Uint8Array {
  const length = hashOf(suite).length
  const key = expandLabel(suite.hash, base, 'finished', none, length)
  return createHmac(suite.hash, key).update(hashOf(suite, messages)).digest()
}

/** The key of a ticket and the key of its binder, RFC 8446 sections 4.6.1 and 4.2.11.2. */
export function ticketKeys(suite: SealedWith, resumptionMaster: Uint8Array, nonce: Uint8Array) {
  const { hash } = suite
  const empty = hashOf(suite)
  const psk = expandLabel(hash, resumptionMaster, 'resumption', nonce, empty.length)
  const early = extract(hash, new Uint8Array(empty.length), psk)
  return { binder: expandLabel(hash, early, 'res binder', empty, empty.length) }
}

type Protection = { readonly key: Uint8Array; readonly iv: Uint8Array }

function protectionOf(suite: SealedWith, secret: Uint8Array): Protection {
  return {
    key: expandLabel(suite.hash, secret, 'key', none, suite.keyBytes),
    iv: expandLabel(suite.hash, secret, 'iv', none, 12),
  }
}

function nonceOf(iv: Uint8Array, sequence: number): Uint8Array {
  const counter = numberBytes(sequence, 12)
  return iv.map((byte, index) => byte ^ (counter[index] ?? 0))
}

/** One record of ours, RFC 8446 section 5.2. */
export function sealTls13(
  suite: SealedWith,
  secret: Uint8Array,
  sequence: number,
  type: number,
  content: Uint8Array,
): Uint8Array {
  const { key, iv } = protectionOf(suite, secret)
  const plain = concat(content, [type])
  const header = concat([recordTypes.application, 3, 3], numberBytes(plain.length + suite.tagBytes, 2))
  const options = { authTagLength: suite.tagBytes }
  // The four ciphers share one interface; their declarations do not.
  const cipher = createCipheriv(suite.cipher as 'aes-128-ccm', key, nonceOf(iv, sequence), options)
  cipher.setAAD(header, { plaintextLength: plain.length })
  const sealed = concat(cipher.update(plain), cipher.final())
  return concat(header, sealed, cipher.getAuthTag())
}

/** What records of the server hold, from the first on, as far as they open with a secret. */
export function openTls13(
  suite: SealedWith,
  secret: Uint8Array,
  records: readonly SealedRecord[],
): { readonly type: number; readonly content: Uint8Array }[] {
  const { key, iv } = protectionOf(suite, secret)
  const opened: { type: number; content: Uint8Array }[] = []
  for (const [sequence, { header, content }] of records.entries()) {
    const length = content.length - suite.tagBytes
    if (length < 1) return opened
    try {
      const options = { authTagLength: suite.tagBytes }
      const decipher = createDecipheriv(suite.cipher as 'aes-128-ccm', key, nonceOf(iv, sequence), options)
      decipher.setAuthTag(content.subarray(length))
      decipher.setAAD(header, { plaintextLength: length })
      const plain = concat(decipher.update(content.subarray(0, length)), decipher.final())
      const end = plain.findLastIndex((byte) => byte !== 0)
      opened.push({ type: plain[end] ?? 0, content: plain.subarray(0, Math.max(0, end)) })
    } catch {
      return opened
    }
  }
  return opened
}
