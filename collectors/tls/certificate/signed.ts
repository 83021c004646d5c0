import { constants, type KeyObject, verify } from 'node:crypto'
import { type Instant, instant } from '../../../src/model/time.ts'
import { WireError } from '../wire/bytes.ts'
import { type Der, derTags, readDer, readInside, readOid } from './der.ts'
import { isWeakSignature, signatureAlgorithmName } from './signature-algorithms.ts'

/** Something signed in the way of X.509: what was signed, with what algorithm, and the signature. */
export type Signed = {
  readonly tbs: Der
  readonly algorithm: Der
  readonly signature: Der
  readonly rest: readonly Der[]
}

/** Reads SEQUENCE { tbs, algorithm, BIT STRING, ... }; throws WireError for anything else. */
export function readSigned(bytes: Uint8Array): Signed {
  const [tbs, algorithm, signature, ...rest] = readInside(bytes, derTags.sequence)
  if (!tbs || algorithm?.tag !== derTags.sequence || signature?.tag !== derTags.bitString)
    throw new WireError('not signed')
  return { tbs, algorithm, signature, rest }
}

/**
 * Whether a key made a signature: `unknown` where this machine does not know the algorithm. MD5 proves nothing; SHA-1
 * does here, since responders that still use it sign what they made themselves.
 */
export function checkSignature({ tbs, algorithm, signature }: Signed, key: KeyObject): 'valid' | 'invalid' | 'unknown' {
  try {
    const [oid, parameters] = readDer(algorithm.content)
    const name = signatureAlgorithmName(oid ? readOid(oid.content) : '', parameters)
    const hash = /sha-?(1|224|256|384|512)$|^sha(1|224|256|384|512)/i.exec(name)
    const digest = hash?.[1] ?? hash?.[2]
    const [unusedBits, ...rest] = signature.content
    if (unusedBits !== 0) return 'invalid'
    const bits = Uint8Array.from(rest)
    if (/^(?:Ed|ML-DSA)/.test(name)) return verify(null, tbs.raw, key, bits) ? 'valid' : 'invalid'
    if (digest === undefined || (isWeakSignature(name) && digest !== '1')) return 'unknown'
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
    const options = name.startsWith('rsassaPss') ? { key, ...pss } : { key }
    return verify(`sha${digest}`, tbs.raw, options, bits) ? 'valid' : 'invalid'
  } catch {
    // A key of another kind, or one that OpenSSL cannot use.
    return 'invalid'
  }
}

/** A UTCTime or GeneralizedTime, RFC 5280 section 4.1.2.5; throws WireError where it is none. */
export function readTime({ tag, content }: Der): Instant {
  const text = Buffer.from(content).toString('latin1')
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.\d+)?Z$/.exec(text)
  if (!match || (tag !== 0x17 && tag !== 0x18)) throw new WireError('no time')
  const [, year = '', month, day, hour, minute, second] = match
  const full = year.length === 4 ? year : `${Number(year) < 50 ? '20' : '19'}${year}`
  const at = new Date(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(at.getTime())) throw new WireError('no time')
  return instant(at)
}
