import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { readDer, readInside } from '../../collectors/tls/certificate/der.ts'
import { der, type Issued, oid } from './tls-certificates.ts'

/*
 * Certificate Transparency logs as far as they sign timestamps. What they sign is put together here and checked with
 * OpenSSL, so that it owes nothing to the code that verifies.
 */

/** A log that signs for anything. */
export type TestLog = {
  /** SHA-256 of its key. */
  readonly id: Buffer
  /** SubjectPublicKeyInfo, DER. */
  readonly key: Buffer
  /** A SignedCertificateTimestamp over an x509_entry, for the TLS extension and OCSP responses. */
  stamp(certificate: Uint8Array, at: Date, extensions?: Uint8Array): Buffer
  /** The same over a precert_entry, to be embedded. */
  stampPrecertificate(tbs: Uint8Array, issuer: Issued, at: Date, extensions?: Uint8Array): Buffer
}

/** A log with a key of its own. */
export function testLog(kind: 'P-256' | 'RSA-2048' = 'P-256'): TestLog {
  const { publicKey, privateKey } =
    kind === 'P-256'
      ? generateKeyPairSync('ec', { namedCurve: kind })
      : generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const key = publicKey.export({ type: 'spki', format: 'der' })
  const id = createHash('sha256').update(key).digest()
  const stampEntry = (entry: Buffer, at: Date, extensions: Uint8Array): Buffer => {
    const time = Buffer.alloc(8)
    time.writeBigUInt64BE(BigInt(at.getTime()))
    const own = sized(2, extensions)
    const signature = sign('sha256', Buffer.concat([Buffer.of(0, 0), time, entry, own]), privateKey)
    const how = Buffer.of(4, kind === 'P-256' ? 3 : 1)
    return Buffer.concat([Buffer.of(0), id, time, own, how, sized(2, signature)])
  }
  return {
    id,
    key,
    stamp: (certificate, at, extensions = Buffer.of()) =>
      stampEntry(Buffer.concat([Buffer.of(0, 0), sized(3, certificate)]), at, extensions),
    stampPrecertificate: (tbs, issuer, at, extensions = Buffer.of()) => {
      const issuerKey = createPublicKey(issuer.privateKey).export({ type: 'spki', format: 'der' })
      const hash = createHash('sha256').update(issuerKey).digest()
      return stampEntry(Buffer.concat([Buffer.of(0, 1), hash, sized(3, tbs)]), at, extensions)
    },
  }
}

/** A SignedCertificateTimestampList. */
export function listOf(...timestamps: readonly Uint8Array[]): Buffer {
  return sized(2, Buffer.concat(timestamps.map((each) => sized(2, each))))
}

/** What a list says of a log. */
export type Listed = {
  readonly log: TestLog
  readonly name: string
  readonly operator: string
  readonly state?: object
  readonly tiled?: boolean
}

/** log_list.json of some logs, usable since 2020 where nothing else is said. */
export function logListJson(listed: readonly Listed[], published = '2026-11-20T12:00:00Z'): string {
  const operators = [...Map.groupBy(listed, ({ operator }) => operator)].map(([name, own]) => {
    const entries = (tiled: boolean) =>
      own
        .filter((each) => (each.tiled ?? false) === tiled)
        .map(({ log, name: description, state = { usable: { timestamp: '2020-01-01T00:00:00Z' } } }) => ({
          description,
          log_id: log.id.toString('base64'),
          key: log.key.toString('base64'),
          ...(tiled
            ? { submission_url: 'https://log.example.test/', monitoring_url: 'https://tiles.example.test/' }
            : { url: 'https://log.example.test/' }),
          mmd: 86_400,
          state,
        }))
    return { name, email: [], logs: entries(false), tiled_logs: entries(true) }
  })
  return JSON.stringify({ version: '1.0', log_list_timestamp: published, operators }, null, 2)
}

/** The same logs in the form that `openssl s_client -ctlogfile` reads. */
export function logListConf(listed: readonly Listed[]): string {
  const sections = listed.map(
    ({ log, name }, index) => `[log${index}]\ndescription = ${name}\nkey = ${log.key.toString('base64')}\n`,
  )
  return `enabled_logs = ${listed.map((_, index) => `log${index}`).join(',')}\n${sections.join('')}`
}

/**
 * An OCSP response by the issuer itself, whose key is RSA, that says good of what a request asks about and brings
 * timestamps along, RFC 6962 section 3.3.
 */
export function ocspWithTimestamps(request: Uint8Array, issuer: Issued, list: Uint8Array, at: Date): Buffer {
  const time = (date: Date) => der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+Z/g, '')}Z`))
  const extension = der(0x30, oid('1.3.6.1.4.1.11129.2.4.5'), der(4, der(4, list)))
  const next = der(0xa0, time(new Date(at.getTime() + 86_400_000)))
  const single = der(0x30, certIdOf(request), der(0x80), time(at), next, der(0xa1, der(0x30, extension)))
  const data = der(0x30, der(0xa1, issuer.subject), time(at), der(0x30, single))
  const algorithm = der(0x30, oid('1.2.840.113549.1.1.11'), der(5))
  const basic = der(0x30, data, algorithm, der(3, [0], sign('sha256', data, issuer.privateKey)))
  return der(0x30, der(0x0a, [0]), der(0xa0, der(0x30, oid('1.3.6.1.5.5.7.48.1.1'), der(4, basic))))
}

/** OCSPRequest { tbsRequest { requestList { Request { CertID } } } }. */
function certIdOf(request: Uint8Array): Uint8Array {
  const [tbs] = readInside(request, 0x30)
  const list = readDer(tbs?.content ?? Buffer.of()).find(({ tag }) => tag === 0x30)
  const [first] = readDer(list?.content ?? Buffer.of())
  return readDer(first?.content ?? Buffer.of())[0]?.raw ?? Buffer.of()
}

function sized(lengthBytes: 2 | 3, bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntBE(bytes.length, 0, lengthBytes)
  return Buffer.concat([length, bytes])
}
