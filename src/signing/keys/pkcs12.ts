import { timingSafeEqual } from 'node:crypto'
import { SigningError } from '../../model/errors.ts'
import {
  contextOf,
  type Der,
  DerError,
  expectTag,
  fields,
  readDer,
  readOid,
  readSmallInteger,
  tags,
} from '../cms/der.ts'
import { oids } from '../cms/oids.ts'
import { decrypt, pkcs12Mac } from './pbes2.ts'

/** What a PKCS #12 file holds: private keys as PKCS #8 (DER) and certificates (DER), in the order of the file. */
export type Pkcs12 = { readonly keys: readonly Uint8Array[]; readonly certificates: readonly Uint8Array[] }

/** Opens a PKCS #12 file (RFC 7292) that a password protects; throws SigningError. */
export function readPkcs12(bytes: Uint8Array, passphrase: string): Pkcs12 {
  try {
    const part = fields(readDer(bytes), 'pfx')
    if (readSmallInteger(part.any('version'), 'version') !== 3) throw new DerError('not version 3')
    const content = authenticatedContent(part.any('authSafe'))
    checkMac(part.optional(tags.sequence), content, passphrase)
    const keys: Uint8Array[] = []
    const certificates: Uint8Array[] = []
    for (const safe of expectTag(readDer(content), tags.sequence, 'authenticatedSafe').parts) {
      for (const bag of expectTag(readDer(safeContents(safe, passphrase)), tags.sequence, 'safeContents').parts) {
        const item = fields(bag, 'safeBag')
        const kind = readOid(item.any('bagId'), 'bagId')
        const value = item.take(contextOf(0), 'bagValue').parts[0]
        if (kind === oids.keyBag && value) keys.push(value.bytes)
        if (kind === oids.shroudedKeyBag) keys.push(openKey(value, passphrase))
        if (kind === oids.certBag) certificates.push(certificateOf(value))
      }
    }
    return { keys, certificates }
  } catch (error) {
    if (error instanceof SigningError) throw error
    if (error instanceof DerError) {
      throw new SigningError('AFD_KEY_UNREADABLE', `the PKCS #12 file cannot be read: ${error.message}`, {
        hint: 'Export it anew with a current OpenSSL: openssl pkcs12 -export -inkey key.pem -in chain.pem -out key.p12',
        cause: error,
      })
    }
    throw wrongPassphrase(error)
  }
}

function authenticatedContent(value: Der): Uint8Array {
  const part = fields(value, 'authSafe')
  if (readOid(part.any('contentType'), 'contentType') !== oids.data)
    throw new DerError('it is not protected by a password')
  return expectTag(part.take(contextOf(0), 'content').parts[0], tags.octetString, 'content').content
}

function checkMac(macData: Der | undefined, content: Uint8Array, passphrase: string): void {
  if (!macData) throw new DerError('it has no MAC')
  const { stated, computed } = pkcs12Mac(macData, content, passphrase)
  if (stated.length !== computed.length || !timingSafeEqual(stated, computed)) throw wrongPassphrase()
}

function safeContents(safe: Der, passphrase: string): Uint8Array {
  const part = fields(safe, 'contentInfo')
  const type = readOid(part.any('contentType'), 'contentType')
  const held = part.take(contextOf(0), 'content').parts[0]
  if (type === oids.data) return expectTag(held, tags.octetString, 'content').content
  if (type !== oids.encryptedData) throw new DerError(`content of type ${type} is not supported`)
  const data = fields(held, 'encryptedData')
  readSmallInteger(data.any('version'), 'version')
  const info = fields(data.any('encryptedContentInfo'), 'encryptedContentInfo')
  readOid(info.any('contentType'), 'contentType')
  return decrypt(info.any('algorithm'), info.take(0x80, 'encryptedContent').content, passphrase)
}

function openKey(value: Der | undefined, passphrase: string): Uint8Array {
  const part = fields(value, 'encryptedPrivateKeyInfo')
  const algorithm = part.any('encryptionAlgorithm')
  return decrypt(algorithm, part.take(tags.octetString, 'encryptedData').content, passphrase)
}

function certificateOf(value: Der | undefined): Uint8Array {
  const part = fields(value, 'certBag')
  if (readOid(part.any('certId'), 'certId') !== oids.x509Certificate) throw new DerError('a certificate is not X.509')
  return expectTag(part.take(contextOf(0), 'certValue').parts[0], tags.octetString, 'certificate').content
}

/** The one error for a passphrase that does not fit. */
export function wrongPassphrase(cause?: unknown): SigningError {
  return new SigningError('AFD_KEY_PASSPHRASE', 'the passphrase does not open the key', {
    hint: 'Check what --passphrase, or signing.passphrase in affidavit.yaml, refers to, and that the secret ends without a line feed.',
    cause,
  })
}
