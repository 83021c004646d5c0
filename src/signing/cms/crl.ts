import { sameBytes } from '../bytes.ts'
import { readScheme } from './algorithms.ts'
import { type Certificate, readExtensionList, readExtensions } from './certificate.ts'
import {
  context,
  contextOf,
  type Der,
  DerError,
  expectTag,
  fields,
  readBitString,
  readDer,
  readSmallInteger,
  readTime,
  sameDer,
  tags,
} from './der.ts'
import { oids } from './oids.ts'
import { title } from './path.ts'
import { isSignedBy } from './primitives.ts'
import { earlierOf, RevocationError, type RevocationStatement, readReason, revocationSources } from './revocation.ts'

/**
 * What a complete CRL of a certificate's own issuer says of it (RFC 5280 sections 5 and 6.3.3). Indirect and delta lists,
 * lists of some reasons only, and critical extensions that are not understood are refused. Throws RevocationError.
 */
export async function readCrl(
  bytes: Uint8Array,
  certificate: Certificate,
  issuer: Certificate,
): Promise<RevocationStatement> {
  try {
    return await read(bytes, certificate, issuer)
  } catch (error) {
    if (error instanceof DerError) throw new RevocationError(`the CRL is malformed: ${error.message}`)
    throw error
  }
}

async function read(bytes: Uint8Array, certificate: Certificate, issuer: Certificate): Promise<RevocationStatement> {
  const outer = fields(readDer(bytes), 'certificateList')
  const signed = outer.take(tags.sequence, 'tbsCertList')
  const algorithm = outer.take(tags.sequence, 'signatureAlgorithm')
  const signature = readBitString(outer.any('signatureValue'), 'signatureValue')
  outer.end()

  const list = fields(signed, 'tbsCertList')
  const version = list.optional(tags.integer)
  if (version && readSmallInteger(version, 'version') !== 1) throw new DerError('not version 2')
  const inner = list.take(tags.sequence, 'signature')
  if (!sameDer(inner, algorithm)) throw new DerError('the two signature algorithms of a CRL differ')
  const name = list.take(tags.sequence, 'issuer')
  if (!sameDer(name, certificate.issuer)) throw new RevocationError('the CRL is that of another issuer')
  const thisUpdate = readTime(list.any('thisUpdate'), 'thisUpdate')
  // Every conforming list has it, RFC 5280 section 5.1.2.5; what lacks it would be fresh for ever.
  const nextUpdate = readTime(list.any('nextUpdate'), 'nextUpdate')
  const entries = list.optional(tags.sequence)?.parts ?? []
  const extensions = list.optional(contextOf(0))
  list.end()
  if (!version && extensions) throw new DerError('a CRL of version 1 with extensions')

  await checkSignature(issuer, algorithm, signed.bytes, signature)
  const known = readExtensions(extensions, [oids.issuingDistributionPoint, oids.authorityKeyIdentifier])
  if (known.has(oids.deltaCrlIndicator)) throw new RevocationError('the CRL says only what is new since another')
  checkScope(known.get(oids.issuingDistributionPoint)?.value, certificate)
  const found = readEntries(entries, certificate)
  const common = { source: 'crl', thisUpdate, nextUpdate, responder: issuer } as const
  return found
    ? { ...common, status: 'revoked', ...found }
    : { ...common, status: 'good', invalidSince: null, reason: null }
}

async function checkSignature(issuer: Certificate, algorithm: Der, signed: Uint8Array, signature: Uint8Array) {
  if (!(issuer.keyUsage?.has('cRLSign') ?? true)) {
    throw new RevocationError(`the certificate ${title(issuer)} may not sign CRLs`)
  }
  if (await isSignedBy(issuer.publicKey, readScheme(algorithm, 'signatureAlgorithm'), signed, signature)) return
  throw new RevocationError(`the CRL was not signed with the key of ${title(issuer)}`)
}

/** Sees that the list answers for the certificate, RFC 5280 section 6.3.3 (b). */
function checkScope(value: Uint8Array | undefined, certificate: Certificate): void {
  if (!value) return
  const point = fields(readDer(value), 'issuingDistributionPoint')
  const name = point.optional(contextOf(0))
  const isSet = (n: number) => point.optional(context(n))?.content.some((octet) => octet !== 0) ?? false
  const users = isSet(1)
  const authorities = isSet(2)
  const someReasons = point.optional(context(3)) !== undefined
  const indirect = isSet(4)
  const attributes = isSet(5)
  point.end()
  if (someReasons || indirect || attributes) {
    throw new RevocationError('the CRL is indirect, for some reasons only, or for attribute certificates')
  }
  if ((users && certificate.authority) || (authorities && !certificate.authority)) {
    throw new RevocationError(`the CRL is not one for ${certificate.authority ? 'authorities' : 'end entities'}`)
  }
  if (name && !sharesName(name, certificate)) {
    throw new RevocationError('the CRL belongs to a distribution point that the certificate does not name')
  }
}

function sharesName(point: Der, certificate: Certificate): boolean {
  const [names] = point.parts
  if (names?.tag !== contextOf(0)) return false
  const urls = revocationSources(certificate).crl.map((url) => new TextEncoder().encode(url))
  return names.parts.some(({ tag, content }) => tag === context(6) && urls.some((url) => sameBytes(url, content)))
}

/** Reads every entry: one that cannot be understood makes the whole list useless, RFC 5280 section 5.3. */
function readEntries(
  entries: readonly Der[],
  certificate: Certificate,
): Pick<RevocationStatement, 'invalidSince' | 'reason'> | null {
  let found: Pick<RevocationStatement, 'invalidSince' | 'reason'> | null = null
  for (const each of entries) {
    const [serial, date, more, ...rest] = expectTag(each, tags.sequence, 'revokedCertificate').parts
    if (!serial || !date || rest.length > 0) throw new DerError('a faulty entry of a CRL')
    const extensions = more ? readExtensionList(more, [oids.reasonCode, oids.invalidityDate]) : undefined
    if (!sameDer(serial, certificate.serial)) continue
    if (found) throw new DerError('a certificate that is listed twice')
    const invalidSince = earlierOf(readTime(date, 'revocationDate'), extensions?.get(oids.invalidityDate)?.value)
    found = { invalidSince, reason: readReason(extensions?.get(oids.reasonCode)?.value) }
  }
  return found
}
