import { sslv2CipherKinds } from '../registry/cipher-suite-numbers.ts'
import { concat, numberBytes, readBytes, WireError } from './bytes.ts'

/** An SSLv2 CLIENT-HELLO that offers every cipher kind (SSL 0.2 protocol specification, section 2.5). */
export function sslv2ClientHello(challenge: Uint8Array): Uint8Array {
  const ciphers = Object.keys(sslv2CipherKinds).map((kind) => numberBytes(Number(kind), 3))
  const body = concat(
    [1],
    numberBytes(2, 2),
    numberBytes(ciphers.length * 3, 2),
    numberBytes(0, 2),
    numberBytes(challenge.length, 2),
    ...ciphers,
    challenge,
  )
  return concat(numberBytes(0x8000 + body.length, 2), body)
}

/** What an SSLv2 server answered: its cipher kinds, nothing yet (both null), or that the bytes are not SSLv2. */
export function readSslv2Reply(
  bytes: Uint8Array,
): { sslv2Ciphers: readonly number[] | null; sslv2Certificate: Uint8Array | null } | 'foreign' {
  const pending = { sslv2Ciphers: null, sslv2Certificate: null }
  const length = ((bytes[0] ?? 0) & 0x7f) * 256 + (bytes[1] ?? 0)
  if (bytes.length < 3 || bytes.length < 2 + length) return pending
  try {
    const reader = readBytes(bytes.subarray(2, 2 + length))
    if (reader.u8() !== 4) return pending
    reader.u8()
    reader.u8()
    if (reader.u16() !== 2) return 'foreign'
    const certificateLength = reader.u16()
    const cipherLength = reader.u16()
    reader.u16()
    const certificate = reader.take(certificateLength)
    const ciphers = readBytes(reader.take(cipherLength))
    const kinds: number[] = []
    while (ciphers.remaining > 0) kinds.push(ciphers.u24())
    return { sslv2Ciphers: kinds, sslv2Certificate: certificate.length > 0 ? certificate : null }
  } catch (error) {
    if (error instanceof WireError) return 'foreign'
    throw error
  }
}
