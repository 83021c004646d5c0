import { createPrivateKey, createPublicKey, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { SigningError } from '../model/errors.ts'
import { type Clock, type Instant, instant, millis } from '../model/time.ts'
import { sameBytes } from './bytes.ts'
import {
  type Certificate,
  commonName,
  fingerprint,
  nameText,
  organisationName,
  readCertificate,
  serialText,
} from './cms/certificate.ts'
import { DerError } from './cms/der.ts'
import { buildPath, checkDocumentUsage, title } from './cms/path.ts'
import { isSignedBy } from './cms/primitives.ts'
import { algorithmOf, readPublicKey, schemeOf } from './keys/algorithm.ts'
import { readCertificates } from './keys/pem.ts'
import { readPkcs12, wrongPassphrase } from './keys/pkcs12.ts'
import type { LedgerKey, Signer, SigningKey } from './signer.ts'

/** Where a report key comes from. */
export type ReportKeySource =
  | {
      readonly keyPem: string
      /** PEM with one or many, or DER; the signer's own and its issuers, in any order. */
      readonly certificates: readonly (string | Uint8Array)[]
      readonly passphrase?: string
    }
  | {
      readonly pkcs12: Uint8Array
      /** Further issuers that the file does not hold. */
      readonly certificates?: readonly (string | Uint8Array)[]
      readonly passphrase?: string
    }

/**
 * A signer from a key in a file. Throws SigningError where the passphrase is wrong, the key cannot sign reports, no
 * certificate belongs to it, or that certificate is not meant for signing or not valid now.
 */
export async function loadReportSigner(source: ReportKeySource, clock: Clock): Promise<Signer> {
  return await reportSigner(loadSigningKey(source), [], clock)
}

/** A key in a file, with the certificates that are given or in the file; throws SigningError where it cannot be opened. */
export function loadSigningKey(source: ReportKeySource): SigningKey {
  const { key, certificates } = 'pkcs12' in source ? fromPkcs12(source) : fromPem(source)
  const { hash } = schemeOf(algorithmOf(key))
  return {
    publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }),
    certificates: certificates.map(({ bytes }) => bytes),
    async sign(bytes, signal) {
      signal.throwIfAborted()
      return new Uint8Array(sign(hash, bytes, key))
    },
  }
}

/**
 * A signer from a key, wherever it is kept, with further certificates (PEM or DER) beside those that are kept with it.
 * Each signature is checked before anybody gets it. Throws SigningError as `loadReportSigner` does.
 */
export async function reportSigner(
  key: SigningKey,
  further: readonly (string | Uint8Array)[],
  clock: Clock,
): Promise<Signer> {
  const certificates = [...further.flatMap(readCertificates), ...key.certificates].map(readOne)
  const publicKey = readPublicKey(key.publicKey)
  const algorithm = algorithmOf(publicKey)
  const own = ownCertificate(publicKey.export({ format: 'der', type: 'spki' }), certificates)
  const path = await buildPath(own, certificates, [])
  const [misuse] = checkDocumentUsage(path)
  if (misuse) {
    throw new SigningError('AFD_CERTIFICATE_USAGE', misuse.message, {
      hint: 'The certificate needs the key usage digitalSignature or nonRepudiation, and documentSigning or emailProtection.',
    })
  }
  const now = millis(clock.now())
  if (now < own.notBefore || now > own.notAfter) {
    const [from, to] = [instant(own.notBefore), instant(own.notAfter)]
    throw new SigningError('AFD_CERTIFICATE_VALIDITY', `the certificate ${title(own)} is valid from ${from} to ${to}`, {
      hint: 'Make a new identity, or import a certificate that is valid now.',
    })
  }
  const scheme = schemeOf(algorithm)
  return {
    algorithm,
    certificateChain: path.certificates.map((certificate) => certificate.bytes),
    async sign(bytes, signal) {
      signal.throwIfAborted()
      const signature = await key.sign(bytes, signal)
      if (await isSignedBy(own.publicKey, scheme, bytes, signature)) return signature
      throw new SigningError('AFD_SIGNATURE', 'the key gave a signature that its certificate does not verify', {
        hint: 'Nothing was signed. Try again; if it stays so, the key or what it is kept in is faulty.',
      })
    },
  }
}

type Loaded = { readonly key: KeyObject; readonly certificates: readonly Certificate[] }

function fromPem(source: Extract<ReportKeySource, { keyPem: string }>): Loaded {
  return {
    key: readPrivateKey(source.keyPem, source.passphrase),
    certificates: source.certificates.flatMap(readCertificates).map(readOne),
  }
}

function fromPkcs12(source: Extract<ReportKeySource, { pkcs12: Uint8Array }>): Loaded {
  const found = readPkcs12(source.pkcs12, source.passphrase ?? '')
  const [first] = found.keys
  if (!first || found.keys.length !== 1) {
    throw new SigningError('AFD_KEY_UNREADABLE', `the PKCS #12 file holds ${found.keys.length} keys, not one`, {
      hint: 'Export the one key that is to sign into a file of its own.',
    })
  }
  return {
    key: createPrivateKey({ key: Buffer.from(first), format: 'der', type: 'pkcs8' }),
    certificates: [...found.certificates, ...(source.certificates ?? []).flatMap(readCertificates)].map(readOne),
  }
}

/** The private key in a PEM text; throws SigningError where it is none or the passphrase is missing or wrong. */
export function readPrivateKey(pem: string, passphrase?: string): KeyObject {
  const encrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem)
  if (encrypted && passphrase === undefined) {
    throw new SigningError('AFD_KEY_PASSPHRASE', 'the key is encrypted and no passphrase is given', {
      hint: 'Name where the passphrase is: env:NAME or file:path.',
    })
  }
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(encrypted ? { passphrase: passphrase ?? '' } : {}) })
  } catch (error) {
    if (encrypted) throw wrongPassphrase(error)
    throw new SigningError('AFD_KEY_UNREADABLE', 'there is no private key in it', {
      hint: 'Give a private key as PKCS #8 PEM (-----BEGIN PRIVATE KEY-----).',
      cause: error,
    })
  }
}

function readOne(bytes: Uint8Array): Certificate {
  try {
    return readCertificate(bytes)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new SigningError('AFD_CERTIFICATE', `a certificate cannot be read: ${error.message}`, {
      hint: 'Give X.509 certificates of version 3 as PEM or DER, as their authority issued them.',
      cause: error,
    })
  }
}

function ownCertificate(publicKey: Uint8Array, certificates: readonly Certificate[]): Certificate {
  const own = certificates.find((certificate) => sameBytes(publicKey, certificate.publicKey))
  if (own) return own
  throw new SigningError('AFD_KEY_CERTIFICATE', 'none of the certificates belongs to the key', {
    hint: 'Give the certificate that was issued for this very key.',
  })
}

/** The Ed25519 key for ledger checkpoints from PKCS #8 PEM; throws SigningError. */
export function loadLedgerKey(pem: string, passphrase?: string): LedgerKey {
  const key = readPrivateKey(pem, passphrase)
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new SigningError('AFD_KEY_UNSUITABLE', `the ledger key is ${key.asymmetricKeyType}, not Ed25519`, {
      hint: 'Make one with `affidavit keys`.',
    })
  }
  // The last 32 bytes of SubjectPublicKeyInfo are the key itself, RFC 8410 section 4.
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32))
  return { publicKey, sign: async (bytes) => new Uint8Array(sign(null, bytes, key)) }
}

/** What `keys show` tells of a certificate. */
export type KeyDescription = {
  /** `EC P-256`, `RSA 3072`, `Ed25519`. */
  readonly key: string
  /** The name to show: the subject's common name. */
  readonly name: string
  /** The last O of the subject; null where it has none. */
  readonly organisation: string | null
  readonly subject: string
  readonly issuer: string
  /** Hexadecimal. */
  readonly serial: string
  readonly notBefore: Instant
  readonly notAfter: Instant
  /** SHA-256 over the certificate's DER, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string
}

/** Throws SigningError where a file's bytes (PEM or DER) are no certificates. */
export function assertCertificates(source: string | Uint8Array): void {
  for (const certificate of readCertificates(source)) readOne(certificate)
}

/** Describes the first certificate of a PEM text or DER; throws SigningError. */
export function describeCertificate(source: string | Uint8Array): KeyDescription {
  const [first] = readCertificates(source)
  const certificate = readOne(first ?? new Uint8Array())
  return {
    key: keyText(new X509Certificate(certificate.bytes).publicKey),
    name: commonName(certificate.subject),
    organisation: organisationName(certificate.subject),
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    serial: serialText(certificate),
    notBefore: instant(certificate.notBefore),
    notAfter: instant(certificate.notAfter),
    fingerprint: fingerprint(certificate),
  }
}

const curves: { readonly [name: string]: string } = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }

function keyText(key: KeyObject): string {
  const { namedCurve = '', modulusLength } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ec') return `EC ${curves[namedCurve] ?? namedCurve}`
  if (key.asymmetricKeyType === 'rsa') return `RSA ${modulusLength}`
  return key.asymmetricKeyType === 'ed25519' ? 'Ed25519' : String(key.asymmetricKeyType)
}
