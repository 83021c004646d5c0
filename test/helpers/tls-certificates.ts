import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** A certificate with its key. */
export type Issued = {
  readonly der: Uint8Array
  readonly pem: string
  readonly privateKey: KeyObject
  readonly keyPem: string
  /** The encoded subject, for certificates that this one issues. */
  readonly subject: Uint8Array
}

export type IssueOptions = {
  readonly commonName?: string
  /** DNS names and IPv4 addresses; an empty list leaves the extension out. */
  readonly names?: readonly string[]
  readonly key?: 'P-256' | 'P-384' | 'RSA-512' | 'RSA-1024' | 'RSA-2048' | 'Ed25519'
  readonly hash?: 'SHA1' | 'SHA256'
  /** Signed by itself where absent. */
  readonly issuer?: Issued
  readonly authority?: boolean
  readonly notBefore?: Date
  readonly days?: number
  /** Extended key usage OIDs. */
  readonly usage?: readonly string[]
  readonly usageCritical?: boolean
  /** Further extensions: OID and DER value. */
  readonly more?: readonly (readonly [type: string, value: Uint8Array])[]
  /** A list of certificate timestamps to embed, made over the TBSCertificate that is without it (RFC 6962 section 3.2). */
  readonly embed?: (precertificate: Uint8Array) => Uint8Array
  /** Where among the extensions it stands; at their end where absent. */
  readonly embedAt?: number
  readonly critical?: readonly (readonly [type: string, value: Uint8Array])[]
  /** Whose key it is for; a new one's where absent. */
  readonly sameKey?: Issued
}

const dayMs = 86_400_000

/** Issues a certificate; by default for localhost, P-256, valid from an hour ago for 90 days. */
export function issue(options: IssueOptions = {}): Issued {
  const { publicKey, privateKey } = options.sameKey
    ? { publicKey: createPublicKey(options.sameKey.privateKey), privateKey: options.sameKey.privateKey }
    : makeKeys(options.key ?? 'P-256')
  const notBefore = options.notBefore ?? new Date(Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000)
  const notAfter = new Date(notBefore.getTime() + (options.days ?? 90) * dayMs)
  const subject = name(options.commonName ?? 'localhost')
  const signer = options.issuer?.privateKey ?? privateKey
  const hash = options.hash ?? 'SHA256'
  const algorithm = signatureAlgorithm(signer, hash)
  const serial = randomBytes(9)
  serial[0] = 0x40
  const tbsWith = (list: readonly Buffer[]) =>
    der(
      0x30,
      der(0xa0, der(2, [2])),
      der(2, serial),
      algorithm,
      options.issuer?.subject ?? subject,
      der(0x30, time(notBefore), time(notAfter)),
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, der(0x30, ...list)),
    )
  const own = extensions(options)
  const list = options.embed?.(tbsWith(own))
  const tbs = tbsWith(list ? own.toSpliced(options.embedAt ?? own.length, 0, extension(...embedded(list))) : own)
  const digest = signer.asymmetricKeyType === 'ed25519' ? null : hash
  const bytes = der(0x30, tbs, algorithm, der(3, [0], sign(digest, tbs, signer)))
  // Old OpenSSL takes no lines longer than 64 characters.
  const lines = bytes.toString('base64').replace(/.{64}(?!$)/g, '$&\n')
  const pem = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { der: bytes, pem, privateKey, keyPem, subject }
}

type Part = Uint8Array | readonly number[]

/** A DER element with its content. */
export function der(tag: number, ...parts: readonly Part[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Uint8Array.from(part)))
  const { length: size } = body
  const short = size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  const length = size < 128 ? [size] : size < 65_536 ? short : [0x83, size >> 16, (size >> 8) & 255, size & 255]
  return Buffer.concat([Uint8Array.from([tag, ...length]), body])
}

/** An object identifier. */
export function oid(text: string): Buffer {
  const [a = 0, b = 0, ...rest] = text.split('.').map(Number)
  const bytes = [a * 40 + b, ...rest].flatMap((value) => {
    const digits = [value & 127]
    for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128)
    return digits
  })
  return der(6, bytes)
}

function name(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid('2.5.4.3'), der(12, Buffer.from(commonName)))))
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits))
}

function extensions({
  names = ['localhost', '127.0.0.1'],
  authority = false,
  usage,
  usageCritical = false,
  more = [],
  critical = [],
}: IssueOptions): Buffer[] {
  const own = more.some(([type]) => type === '2.5.29.19')
  const list = own ? [] : [extension('2.5.29.19', der(0x30, ...(authority ? [der(1, [255])] : [])))]
  if (!authority && names.length > 0) list.push(extension('2.5.29.17', der(0x30, ...names.map(generalName))))
  if (usage) list.push(extension('2.5.29.37', der(0x30, ...usage.map(oid)), usageCritical))
  return [
    ...list,
    ...more.map(([type, value]) => extension(type, value)),
    ...critical.map(([type, value]) => extension(type, value, true)),
  ]
}

/** The extension that holds a SignedCertificateTimestampList, RFC 6962 section 3.3. */
export function embedded(list: Uint8Array): readonly [type: string, value: Uint8Array] {
  return ['1.3.6.1.4.1.11129.2.4.2', der(4, list)]
}

function extension(type: string, value: Uint8Array, critical = false): Buffer {
  return der(0x30, oid(type), ...(critical ? [der(1, [255])] : []), der(4, value))
}

function generalName(text: string): Buffer {
  return isIP(text) === 4 ? der(0x87, text.split('.').map(Number)) : der(0x82, Buffer.from(text))
}

function signatureAlgorithm(key: KeyObject, hash: 'SHA1' | 'SHA256'): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return der(0x30, oid('1.3.101.112'))
  if (key.asymmetricKeyType === 'ec')
    return der(0x30, oid(hash === 'SHA1' ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'))
  return der(0x30, oid(`1.2.840.113549.1.1.${hash === 'SHA1' ? 5 : 11}`), der(5))
}

function makeKeys(kind: NonNullable<IssueOptions['key']>): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519')
  if (kind.startsWith('P-')) return generateKeyPairSync('ec', { namedCurve: kind })
  return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) })
}

/** Diffie-Hellman parameters as `openssl dhparam` writes them, with the generator 2. */
export function dhParametersPem(prime: Uint8Array): string {
  const positive = (prime[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), prime]) : prime
  const lines = der(0x30, der(2, positive), der(2, [2]))
    .toString('base64')
    .replace(/.{64}(?!$)/g, '$&\n')
  return `-----BEGIN DH PARAMETERS-----\n${lines}\n-----END DH PARAMETERS-----\n`
}
