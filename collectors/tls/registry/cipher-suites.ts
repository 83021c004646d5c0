import { registeredCipherSuites, sslv2CipherKinds, unregisteredCipherSuites } from './cipher-suite-numbers.ts'

/** What a cipher suite is made of, as its name says. */
export type CipherSuite = {
  /** Two bytes on the wire. */
  readonly number: number
  /** IANA's name. */
  readonly name: string
  /** `RSA`, `DH`, `DHE`, `ECDH`, `ECDHE`, `PSK`, `SRP`, `KRB5`, `ECCPWD`, `GOST`, `NULL`; `any` in TLS 1.3. */
  readonly keyExchange: string
  /** `RSA`, `DSS`, `ECDSA`, `PSK`, `anon`, ...; `any` in TLS 1.3. */
  readonly authentication: string
  /** `AES-128-GCM`, `RC4`, `3DES-CBC`, `NULL`, ... */
  readonly cipher: string
  /** Effective key strength in bits: 112 for 3DES, 0 for NULL. */
  readonly bits: number
  /** `AEAD`, `MD5`, `SHA1`, `SHA256`, ... */
  readonly mac: string
  readonly aead: boolean
  /** Ephemeral keys, so that a stolen server key opens no past session. */
  readonly forwardSecrecy: boolean
  readonly export: boolean
  /** The only protocol versions that define it: `1.3` (RFC 8446), `1.2` (RFC 5246 and later), or any up to 1.2. */
  readonly era: 'any' | '1.2' | '1.3'
}

/** Longer prefixes stand before shorter ones. */
const ciphers: readonly (readonly [prefix: string, cipher: string, bits: number])[] = [
  ['NULL', 'NULL', 0],
  ['SHA256_SHA256', 'NULL', 0],
  ['SHA384_SHA384', 'NULL', 0],
  ['RC4_40', 'RC4', 40],
  ['RC4_56', 'RC4', 56],
  ['RC4_128', 'RC4', 128],
  ['RC2_CBC_40', 'RC2-CBC', 40],
  ['RC2_CBC_56', 'RC2-CBC', 56],
  ['IDEA_CBC', 'IDEA-CBC', 128],
  ['DES40_CBC', 'DES-CBC', 40],
  ['DES_CBC_40', 'DES-CBC', 40],
  ['DES_CBC', 'DES-CBC', 56],
  ['3DES_EDE_CBC', '3DES-CBC', 112],
  ['SEED_CBC', 'SEED-CBC', 128],
  ['CHACHA20_POLY1305', 'CHACHA20-POLY1305', 256],
  ['SM4_GCM', 'SM4-GCM', 128],
  ['SM4_CCM', 'SM4-CCM', 128],
  ['AEGIS_256', 'AEGIS-256', 256],
  ['AEGIS_128L', 'AEGIS-128L', 128],
  ['KUZNYECHIK', 'KUZNYECHIK', 256],
  ['MAGMA', 'MAGMA', 256],
  ['28147_CNT', 'GOST-28147', 256],
]

/** Every suite that this collector knows, by number. */
export const cipherSuites: ReadonlyMap<number, CipherSuite> = new Map(
  Object.entries({ ...registeredCipherSuites, ...unregisteredCipherSuites })
    .map(([number, name]) => describe(Number(number), name))
    .map((suite) => [suite.number, suite]),
)

/** IANA's name of a suite, or `0x1234` where the number is unknown. */
export function cipherSuiteName(number: number): string {
  return cipherSuites.get(number)?.name ?? `0x${number.toString(16).toUpperCase().padStart(4, '0')}`
}

/** The name of an SSLv2 cipher kind, or `0x123456`. */
export function sslv2CipherName(number: number): string {
  return sslv2CipherKinds[number] ?? `0x${number.toString(16).toUpperCase().padStart(6, '0')}`
}

/**
 * Whether a suite takes an ECDSA certificate, which before TLS 1.3 can only be used where its own curve is among the
 * groups offered (RFC 8422 section 5.1), so that a refusal may be for want of that curve.
 */
export function needsCurve(number: number): boolean {
  return cipherSuites.get(number)?.authentication === 'ECDSA'
}

/** Whether a group is agreed on together with a suite. */
export function usesGroup(number: number): boolean {
  const { keyExchange = '', authentication } = cipherSuites.get(number) ?? {}
  return ['any', 'ECDHE'].includes(keyExchange) || (keyExchange === 'ECDH' && authentication === 'anon')
}

/** Whether a suite has NULL, anonymous, EXPORT, RC2, RC4, DES, 3DES or MD5 in it. */
export function isWeak(suite: CipherSuite): boolean {
  return (
    suite.export ||
    suite.bits < 128 ||
    suite.authentication === 'anon' ||
    suite.authentication === 'NULL' ||
    suite.mac === 'MD5' ||
    /^(RC2|RC4|DES|3DES)/.test(suite.cipher)
  )
}

function describe(number: number, name: string): CipherSuite {
  const [keys, rest] = name.replace(/^(TLS|SSL)_/, '').split('_WITH_')
  const text = rest ?? keys ?? ''
  const cipher = cipherOf(text)
  const aead = /GCM|CCM|POLY1305|MGM|AEGIS/.test(text)
  const mac = aead ? 'AEAD' : macOf(text)
  const tls13 = rest === undefined || /MGM/.test(text)
  const exchange = rest === undefined ? { keyExchange: 'any', authentication: 'any' } : keysOf(keys ?? '')
  return {
    number,
    name,
    ...exchange,
    ...cipher,
    mac,
    aead,
    forwardSecrecy: tls13 || /^(DHE|ECDHE|ECCPWD|PSK_DHE|DH_anon|ECDH_anon)/.test(keys ?? ''),
    export: /EXPORT/.test(keys ?? ''),
    era: tls13 ? '1.3' : aead || /SHA256|SHA384|KUZNYECHIK|MAGMA/.test(text) ? '1.2' : 'any',
  }
}

function keysOf(keys: string): { keyExchange: string; authentication: string } {
  const plain = keys.replace(/_EXPORT(1024)?$|_FIPS$/, '')
  if (plain.startsWith('GOST')) return { keyExchange: 'GOST', authentication: 'GOST' }
  if (plain.startsWith('SRP_SHA')) {
    return { keyExchange: 'SRP', authentication: plain.replace('SRP_SHA', '').replace('_', '') || 'SRP' }
  }
  if (plain === 'PSK_DHE') return { keyExchange: 'DHE', authentication: 'PSK' }
  const [keyExchange = plain, authentication = keyExchange] = plain.split('_')
  return { keyExchange, authentication }
}

function cipherOf(text: string): { cipher: string; bits: number } {
  const block = /^(AES|CAMELLIA|ARIA)_(128|256)_(CBC|GCM|CCM_8|CCM)/.exec(text)
  if (block) return { cipher: `${block[1]}-${block[2]}-${block[3]?.replace('_', '-')}`, bits: Number(block[2]) }
  const named = ciphers.find(([prefix]) => text.startsWith(prefix))
  return named ? { cipher: named[1], bits: named[2] } : { cipher: text, bits: 0 }
}

function macOf(text: string): string {
  if (/OMAC$/.test(text)) return 'OMAC'
  if (/IMIT$/.test(text)) return 'IMIT'
  const last = text.split('_').at(-1) ?? 'NULL'
  return last === 'SHA' ? 'SHA1' : last
}
