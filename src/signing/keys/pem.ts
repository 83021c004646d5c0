import { SigningError } from '../../model/errors.ts'
import { fromLatin1, latin1 } from '../bytes.ts'

/** DER as PEM (RFC 7468) with a label: `CERTIFICATE`, `PRIVATE KEY`. */
export function writePem(label: string, bytes: Uint8Array): string {
  const lines = btoa(fromLatin1(bytes)).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** The DER of every block with the label, in order; text around the blocks is allowed. Throws SigningError `AFD_PEM`. */
export function readPem(text: string, label: string): readonly Uint8Array[] {
  const blocks = text.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, 'g'))
  return [...blocks].map((block) => fromBase64(block[1] ?? '', label))
}

function fromBase64(text: string, label: string): Uint8Array {
  try {
    return latin1(atob(text))
  } catch (cause) {
    const hint = 'It was cut or changed on its way: copy the whole file again.'
    throw new SigningError('AFD_PEM', `the block ${label} is not base64`, { hint, cause })
  }
}

/** Certificates as DER, from PEM text with one or many, or from DER bytes; throws SigningError where there is none. */
export function readCertificates(source: string | Uint8Array): readonly Uint8Array[] {
  if (typeof source !== 'string' && source[0] === 0x30) return [source]
  const found = readPem(typeof source === 'string' ? source : new TextDecoder().decode(source), 'CERTIFICATE')
  if (found.length > 0) return found
  throw new SigningError('AFD_CERTIFICATE', 'there is no certificate in it', {
    hint: 'Give certificates as PEM (-----BEGIN CERTIFICATE-----) or DER.',
  })
}
