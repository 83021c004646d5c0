import { readBytes, readU16s } from '../wire/bytes.ts'
import { extensionTypes, readExtensions } from '../wire/client-hello.ts'
import { guarded } from '../wire/reply.ts'

/** The parameters of a finite-field Diffie-Hellman key exchange. */
export type DhParameters = {
  readonly prime: Uint8Array
  readonly generator: Uint8Array
  readonly publicKey: Uint8Array
}

/** The parameters of a DHE or DH_anon ServerKeyExchange, RFC 5246 section 7.4.3; null where it is malformed. */
export function readDhParameters(body: Uint8Array): DhParameters | null {
  return guarded(() => {
    const reader = readBytes(body)
    return { prime: reader.vector(2), generator: reader.vector(2), publicKey: reader.vector(2) }
  })
}

/** Bits of a number, most significant byte first, leading zeros left out. */
export function bitLength(bytes: Uint8Array): number {
  const start = bytes.findIndex((byte) => byte !== 0)
  if (start < 0) return 0
  return (bytes.length - start) * 8 - Math.clz32(bytes[start] ?? 0) + 24
}

/**
 * The scheme that signs a TLS 1.2 ServerKeyExchange of ECDHE (`elliptic`) or DHE, RFC 5246 section 7.4.3; null where
 * none is there.
 */
export function keyExchangeScheme(body: Uint8Array, elliptic: boolean): number | null {
  return guarded(() => {
    const reader = readBytes(body)
    if (elliptic) {
      reader.take(3)
      reader.vector(1)
    } else for (let part = 0; part < 3; part += 1) reader.vector(2)
    return reader.u16()
  })
}

/** The distinguished names, DER, that a CertificateRequest of a version before TLS 1.3 asks for; null where malformed. */
export function requestedAuthorities(body: Uint8Array, withSchemes: boolean): Uint8Array[] | null {
  return guarded(() => {
    const reader = readBytes(body)
    reader.vector(1)
    if (withSchemes) reader.vector(2)
    return namesIn(reader.vector(2))
  })
}

/** The same of a TLS 1.3 CertificateRequest, RFC 8446 sections 4.3.2 and 4.2.4. */
export function requestedAuthoritiesTls13(body: Uint8Array): Uint8Array[] | null {
  return guarded(() => {
    const reader = readBytes(body)
    reader.vector(1)
    const found = readExtensions(reader.vector(2)).find(({ type }) => type === certificateAuthorities)
    return found ? namesIn(readBytes(found.data).vector(2)) : []
  })
}

const certificateAuthorities = 47

function namesIn(bytes: Uint8Array): Uint8Array[] {
  const list = readBytes(bytes)
  const names: Uint8Array[] = []
  while (list.remaining > 0) names.push(list.vector(2))
  return names
}

/** Whether the leaf of a TLS 1.3 Certificate message carries an OCSP response (RFC 8446 section 4.4.2.1). */
export function isStapledTls13(body: Uint8Array): boolean {
  return (
    guarded(() => {
      const reader = readBytes(body)
      reader.vector(1)
      const list = readBytes(reader.vector(3))
      list.vector(3)
      return readExtensions(list.vector(2)).some(({ type }) => type === extensionTypes.statusRequest)
    }) ?? false
  )
}

/** The signature scheme of a TLS 1.3 CertificateVerify; null where it is cut. */
export function verifyScheme(body: Uint8Array): number | null {
  return guarded(() => readU16s(body.subarray(0, 2))[0] ?? null)
}
