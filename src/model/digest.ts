import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Json } from './json.ts'

/** A SHA-256 digest as 64 lower-case hexadecimal digits. */
export type Sha256 = string & { readonly brand: 'Sha256' }

/** SHA-256 (FIPS 180-4) over the concatenation of the parts. */
export function sha256(...parts: readonly (Uint8Array | string)[]): Sha256 {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex') as Sha256
}

/** The canonical JSON text of a value, RFC 8785; throws TypeError on what JSON cannot say (NaN, undefined, cycles). */
export function canonicalJson(value: Json): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('not a JSON value')
  return text
}

/** SHA-256 over the canonical JSON of a value. */
export function digestOf(value: Json): Sha256 {
  return sha256(canonicalJson(value))
}
