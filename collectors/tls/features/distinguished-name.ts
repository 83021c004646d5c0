import { derTags, readDer, readOid } from '../certificate/der.ts'

const shortNames: { readonly [oid: string]: string } = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '0.9.2342.19200300.100.1.25': 'DC',
}

/** BMPString, the one kind of text in names that has two bytes a character. */
const bmpString = 0x1e

/** A distinguished name (RFC 5280 section 4.1.2.4) as `C=DE, O=Example, CN=Root`; its DER in hexadecimal where it is none. */
export function distinguishedName(der: Uint8Array): string {
  try {
    const parts = readDer(der)
      .flatMap(({ content }) => readDer(content))
      .flatMap(({ content }) => readDer(content))
      .map(({ content }) => {
        const [type, value] = readDer(content)
        if (type?.tag !== derTags.objectIdentifier || !value) throw new TypeError('not an attribute')
        const oid = readOid(type.content)
        return `${shortNames[oid] ?? oid}=${textOf(value.tag, value.content)}`
      })
    return parts.join(', ')
  } catch {
    return `0x${Buffer.from(der).toString('hex')}`
  }
}

function textOf(tag: number, content: Uint8Array): string {
  const bytes = Buffer.from(content)
  if (tag === bmpString && bytes.length % 2 === 0) return bytes.swap16().toString('utf16le')
  return bytes.toString('utf8')
}
