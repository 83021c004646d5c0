import { sameBytes } from '../bytes.ts'
import { type Scheme, writeScheme } from './algorithms.ts'
import type { Certificate } from './certificate.ts'
import {
  contextOf,
  type Der,
  DerError,
  expectTag,
  fields,
  readDer,
  readSmallInteger,
  readTime,
  sameDer,
  tags,
} from './der.ts'
import { der, derBits, derInteger, derOctets, derOid, derSequence, derTime } from './der-write.ts'
import { oids } from './oids.ts'
import { type RevocationReason, revocationReasons } from './revocation.ts'

/** One certificate that is not to be relied on any more, since when (milliseconds since 1970), and why. */
export type Revocation = { readonly serial: Der; readonly at: number; readonly reason: RevocationReason }

export type CrlParts = {
  /** The issuer's distinguished name and key identifier. */
  readonly issuer: Uint8Array
  readonly keyIdentifier: Uint8Array
  readonly scheme: Scheme
  /** Rises with every list of the issuer. */
  readonly number: number
  /** Milliseconds since 1970; whole seconds are written. */
  readonly from: number
  readonly until: number
  /** Entries as they are to stand, DER. */
  readonly entries: readonly Uint8Array[]
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

/** A complete certificate revocation list, version 2 (RFC 5280 section 5). */
export function writeCrl(parts: CrlParts): Uint8Array {
  const { issuer, keyIdentifier, number, from, until, entries } = parts
  const algorithm = writeScheme(parts.scheme, 'certificate')
  const extension = (oid: string, value: Uint8Array) => derSequence(derOid(oid), derOctets(value))
  const signed = derSequence(
    derInteger(1),
    algorithm,
    issuer,
    derTime(from),
    derTime(until),
    ...(entries.length > 0 ? [derSequence(...entries)] : []),
    der(
      contextOf(0),
      derSequence(
        extension(oids.authorityKeyIdentifier, derSequence(der(0x80, keyIdentifier))),
        extension(oids.crlNumber, derInteger(number)),
      ),
    ),
  )
  return derSequence(signed, algorithm, derBits(parts.sign(signed)))
}

/** An entry of a list, with its reason where it has one to tell (RFC 5280 section 5.3.1). */
export function writeCrlEntry({ serial, at, reason }: Revocation): Uint8Array {
  const code = der(0x0a, Uint8Array.of(revocationReasons.indexOf(reason)))
  const why = derSequence(derSequence(derOid(oids.reasonCode), derOctets(code)))
  return derSequence(serial.bytes, derTime(at), ...(reason === 'unspecified' ? [] : [why]))
}

/** What the next list of an issuer has to know of its last: the number, its end (ms), and the entries. Throws DerError. */
export function readCrlState(bytes: Uint8Array): {
  readonly number: number
  readonly nextUpdate: number
  readonly entries: readonly Der[]
} {
  const list = fields(readDer(bytes).parts[0], 'tbsCertList')
  for (const field of ['version', 'signature', 'issuer', 'thisUpdate']) list.any(field)
  const nextUpdate = readTime(list.any('nextUpdate'), 'nextUpdate')
  const entries = list.optional(tags.sequence)?.parts ?? []
  const extensions = list.optional(contextOf(0))?.parts[0]?.parts ?? []
  list.end()
  for (const each of extensions) {
    const [oid, value] = each.parts
    if (!oid || !value || !sameBytes(oid.bytes, derOid(oids.crlNumber))) continue
    return {
      number: readSmallInteger(readDer(expectTag(value, tags.octetString, 'crlNumber').content), 'crlNumber'),
      nextUpdate,
      entries,
    }
  }
  throw new DerError('a CRL without a number')
}

/** Whether a list's entry is that of a certificate. */
export const isEntryOf = (entry: Der, { serial }: Certificate): boolean =>
  entry.parts[0] !== undefined && sameDer(entry.parts[0], serial)
