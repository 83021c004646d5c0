import { WireError } from '../wire/bytes.ts'
import { derTags, readDer, readInside, readOid, writeDer } from './der.ts'
import { extensionOids } from './parse.ts'

/** The parts of a certificate by which revocation services and logs name it, DER, RFC 5280 section 4.1. */
export type Identity = {
  /** Content of the INTEGER. */
  readonly serial: Uint8Array
  /** The Names, with tag and length. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  /** The bits of subjectPublicKey, without the count of unused ones. */
  readonly publicKey: Uint8Array
  /** SubjectPublicKeyInfo, with tag and length. */
  readonly publicKeyInfo: Uint8Array
}

/** Reads what names a certificate; throws WireError where the bytes are none. */
export function readIdentity(der: Uint8Array): Identity {
  const [tbs] = readInside(der, derTags.sequence)
  const parts = readDer(tbs?.content ?? new Uint8Array())
  const [serial, , issuer, , subject, key] = parts[0]?.tag === 0xa0 ? parts.slice(1) : parts
  const bits = key && readDer(key.content).find(({ tag }) => tag === derTags.bitString)
  if (!serial || !issuer || !subject || !bits) throw new WireError('no certificate')
  return {
    serial: serial.content,
    issuer: issuer.raw,
    subject: subject.raw,
    publicKey: bits.content.subarray(1),
    publicKeyInfo: key.raw,
  }
}

const extensionList = 0xa3

/**
 * The TBSCertificate without its list of timestamps, every other byte as it stands: what a log signed before they came
 * in, RFC 6962 section 3.2. Throws WireError where the certificate has no such list, or several.
 */
export function withoutTimestamps(der: Uint8Array): Uint8Array {
  const [tbs] = readInside(der, derTags.sequence)
  const parts = readDer(tbs?.content ?? new Uint8Array())
  const list = parts.find(({ tag }) => tag === extensionList)
  const extensions = list ? readInside(list.content, derTags.sequence) : []
  const rest = extensions.filter(({ content }) => {
    const [oid] = readDer(content)
    return oid === undefined || readOid(oid.content) !== extensionOids.embeddedTimestamps
  })
  if (rest.length !== extensions.length - 1) throw new WireError('not one list of timestamps')
  const kept = rest.map(({ raw }) => raw)
  const shorter = kept.length > 0 ? [writeDer(extensionList, writeDer(derTags.sequence, ...kept))] : []
  return writeDer(derTags.sequence, ...parts.flatMap((part) => (part === list ? shorter : [part.raw])))
}
