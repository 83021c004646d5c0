import { WireError } from '../wire/bytes.ts'
import { derTags, readDer, readInside } from './der.ts'

/** The parts of a certificate by which revocation services name it, DER, RFC 5280 section 4.1. */
export type Identity = {
  /** Content of the INTEGER. */
  readonly serial: Uint8Array
  /** The Names, with tag and length. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  /** The bits of subjectPublicKey, without the count of unused ones. */
  readonly publicKey: Uint8Array
}

/** Reads what names a certificate; throws WireError where the bytes are none. */
export function readIdentity(der: Uint8Array): Identity {
  const [tbs] = readInside(der, derTags.sequence)
  const parts = readDer(tbs?.content ?? new Uint8Array())
  const [serial, , issuer, , subject, key] = parts[0]?.tag === 0xa0 ? parts.slice(1) : parts
  const bits = key && readDer(key.content).find(({ tag }) => tag === derTags.bitString)
  if (!serial || !issuer || !subject || !bits) throw new WireError('no certificate')
  return { serial: serial.content, issuer: issuer.raw, subject: subject.raw, publicKey: bits.content.subarray(1) }
}
