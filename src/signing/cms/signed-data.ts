import { sameBytes } from '../bytes.ts'
import { type Hash, readHash, readScheme, type Scheme, writeHash, writeScheme } from './algorithms.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { contextOf, type Der, DerError, expectTag, fields, readDer, readOid, readSmallInteger, tags } from './der.ts'
import { der, derInteger, derOctets, derOid, derSequence, derSet } from './der-write.ts'
import { oids } from './oids.ts'

/** A CMS SignedData (RFC 5652) with one signer, in which everything that is not signed follows from what is. */
export type SignedData = {
  readonly contentType: string
  /** What is signed, where it stands inside; null where it is detached. */
  readonly content: Uint8Array | null
  readonly certificates: readonly Certificate[]
  readonly hash: Hash
  readonly scheme: Scheme
  /** The signer's certificate: the one of `certificates` that the signer's identifier names. */
  readonly signer: Certificate
  /** Signed attributes by type, each with its one value, and the bytes that the signature covers. */
  readonly attributes: ReadonlyMap<string, Der>
  readonly signedBytes: Uint8Array
  readonly signature: Uint8Array
  /** Unsigned attributes by type, each with its one value. */
  readonly unsigned: ReadonlyMap<string, Der>
}

/** Each may have to be tried as the issuer of each. */
const mostCertificates = 64

/** Reads a ContentInfo that holds a SignedData; throws DerError. Use `writeSignedData` to see whether it is canonical. */
export function readSignedData(bytes: Uint8Array): SignedData {
  const info = fields(readDer(bytes), 'contentInfo')
  if (readOid(info.any('contentType'), 'contentType') !== oids.signedData) throw new DerError('not a SignedData')
  const [data] = info.take(contextOf(0), 'content').parts
  info.end()
  const part = fields(data, 'signedData')
  readSmallInteger(part.any('version'), 'version')
  for (const value of part.take(tags.set, 'digestAlgorithms').parts) readHash(value, 'digestAlgorithm')
  const { contentType, content } = readContent(part.any('encapContentInfo'))
  const held = part.take(contextOf(0), 'certificates').parts
  if (held.length > mostCertificates) throw new DerError(`${held.length} certificates, more than a signature needs`)
  const certificates = held.map((value) => readCertificate(value.bytes))
  part.optional(contextOf(1))
  const signers = part.take(tags.set, 'signerInfos').parts
  part.end()
  const [signer] = signers
  if (!signer || signers.length !== 1) throw new DerError(`${signers.length} signers where there must be one`)
  return { contentType, content, certificates, ...readSigner(signer, certificates) }
}

function readContent(value: Der): Pick<SignedData, 'contentType' | 'content'> {
  const part = fields(value, 'encapContentInfo')
  const contentType = readOid(part.any('eContentType'), 'eContentType')
  const held = part.optional(contextOf(0))
  part.end()
  return { contentType, content: held ? expectTag(held.parts[0], tags.octetString, 'eContent').content : null }
}

function readSigner(value: Der, certificates: readonly Certificate[]) {
  const part = fields(value, 'signerInfo')
  const version = readSmallInteger(part.any('version'), 'version')
  const identifier = part.any('sid')
  const signer = certificates.find((certificate) => sameBytes(identifier.bytes, writeIdentifier(certificate, version)))
  if (!signer) throw new DerError("the signer's certificate is not among the certificates")
  const hash = readHash(part.any('digestAlgorithm'), 'digestAlgorithm')
  const signed = part.take(contextOf(0), 'signedAttrs')
  const scheme = readScheme(part.any('signatureAlgorithm'), 'signatureAlgorithm', hash)
  const signature = part.take(tags.octetString, 'signature').content
  const unsigned = part.optional(contextOf(1))
  part.end()
  // Not slice(): that of a Buffer is no copy, and the bytes are the caller’s.
  const signedBytes = Uint8Array.from(signed.bytes)
  signedBytes[0] = tags.set
  return {
    hash,
    scheme,
    signer,
    attributes: readAttributes(signed),
    signedBytes,
    signature,
    unsigned: unsigned ? readAttributes(unsigned) : new Map<string, Der>(),
  }
}

function readAttributes(value: Der): ReadonlyMap<string, Der> {
  const found = new Map<string, Der>()
  for (const item of value.parts) {
    const part = fields(item, 'attribute')
    const type = readOid(part.any('attrType'), 'attrType')
    const values = part.take(tags.set, 'attrValues').parts
    part.end()
    const [only] = values
    if (!only || values.length !== 1) throw new DerError(`the attribute ${type} has ${values.length} values`)
    if (found.has(type)) throw new DerError(`the attribute ${type} stands twice`)
    found.set(type, only)
  }
  return found
}

/** SignerIdentifier: issuerAndSerialNumber in version 1, subjectKeyIdentifier in version 3. */
function writeIdentifier(certificate: Certificate, version: number): Uint8Array {
  if (version === 1) return derSequence(certificate.issuer.bytes, certificate.serial.bytes)
  return der(0x80, certificate.subjectKeyIdentifier ?? new Uint8Array())
}

/** What `writeSignedData` needs: the unsigned attributes in the order in which they are to stand. */
export type SignedDataParts = Pick<
  SignedData,
  'contentType' | 'content' | 'hash' | 'scheme' | 'signer' | 'signedBytes' | 'signature' | 'unsigned'
> & { readonly certificates: readonly { readonly bytes: Uint8Array }[] }

/**
 * The one DER encoding of a signature: certificates sorted, algorithms as `writeScheme` has them, no CRLs, signer named
 * by issuer and serial number. What is not byte for byte this has something in it that nobody vouches for.
 */
export function writeSignedData(parts: SignedDataParts): Uint8Array {
  const { contentType, content, certificates, hash, scheme, signer, signedBytes, signature, unsigned } = parts
  const version = contentType === oids.data ? 1 : 3
  const retag = (bytes: Uint8Array, tag: number) => {
    const copy = Uint8Array.from(bytes)
    copy[0] = tag
    return copy
  }
  const signerInfo = derSequence(
    derInteger(1),
    writeIdentifier(signer, 1),
    writeHash(hash),
    retag(signedBytes, contextOf(0)),
    writeScheme(scheme, 'signer-info'),
    derOctets(signature),
    ...(unsigned.size === 0 ? [] : [retag(writeAttributes(unsigned), contextOf(1))]),
  )
  const data = derSequence(
    derInteger(version),
    derSet(writeHash(hash)),
    derSequence(derOid(contentType), ...(content ? [der(contextOf(0), derOctets(content))] : [])),
    retag(derSet(...certificates.map((certificate) => certificate.bytes)), contextOf(0)),
    derSet(signerInfo),
  )
  return derSequence(derOid(oids.signedData), der(contextOf(0), data))
}

/** A SET OF Attribute, each with its one value: as signed, RFC 5652 section 5.4. */
export function writeAttributes(attributes: ReadonlyMap<string, { readonly bytes: Uint8Array }>): Uint8Array {
  return derSet(...[...attributes].map(([type, value]) => derSequence(derOid(type), derSet(value.bytes))))
}

/** Whether bytes are the canonical encoding of what was read from them. */
export const isCanonical = (bytes: Uint8Array, data: SignedData): boolean => sameBytes(bytes, writeSignedData(data))
