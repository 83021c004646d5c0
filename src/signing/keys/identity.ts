import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { Instant } from '../../model/time.ts'
import { millis } from '../../model/time.ts'
import { type Scheme, writeScheme } from '../cms/algorithms.ts'
import { contextOf, readBitString, readDer, tags } from '../cms/der.ts'
import {
  der,
  derBits,
  derBoolean,
  derInteger,
  derOctets,
  derOid,
  derSequence,
  derSet,
  derTime,
} from '../cms/der-write.ts'
import { oids } from '../cms/oids.ts'
import { makeOwnCrl } from './own-crl.ts'
import { encryptKey } from './pbes2.ts'
import { writePem } from './pem.ts'

/** Kinds of report key that we make. */
export const keyTypes = ['p256', 'p384', 'rsa3072'] as const
export type KeyType = (typeof keyTypes)[number]

export type IdentityOptions = {
  /** Stands in the certificates' names (O). */
  readonly organisation: string
  /** The signer's common name; `<organisation> report signing` where absent, the organisation shortened where it has to be. */
  readonly commonName?: string
  readonly keyType?: KeyType
  readonly from: Instant
  /** How long the report certificate is good for, in days; three years where absent. The root is good for ten. */
  readonly days?: number
  /** Encrypts all private keys; they stand in the open where absent. */
  readonly passphrase?: string
}

/** A certificate authority of one's own, a report certificate from it, and a ledger key; everything as PEM. */
export type LocalIdentity = {
  readonly rootCertificate: string
  readonly rootKey: string
  /** What it revoked, nothing so far: without a service to ask, its list says that its certificates are good. */
  readonly rootCrl: string
  readonly reportCertificate: string
  readonly reportKey: string
  readonly ledgerKey: string
  readonly ledgerPublicKey: string
}

const day = 86_400_000

/** Makes keys and certificates that `openssl cms -verify -CAfile root.crt` accepts as they are. */
export function makeLocalIdentity(options: IdentityOptions): LocalIdentity {
  const { organisation, passphrase } = options
  const from = millis(options.from)
  const root = makeKey('p256')
  const report = makeKey(options.keyType ?? 'p256')
  const ledger = generateKeyPairSync('ed25519')
  const rootName = directoryName(organisation, endingWith(organisation, ' Affidavit root'))
  const rootUntil = from + 3653 * day
  const rootCertificate = certificate(root, root, {
    subject: rootName,
    issuer: rootName,
    from,
    until: rootUntil,
    // The root may issue end certificates only.
    extensions: [
      extension(oids.basicConstraints, derSequence(derBoolean(true), derInteger(0)), true),
      extension(oids.keyUsage, derBits(Uint8Array.of(0b0000_0110), 1), true),
    ],
  })
  const reportCertificate = certificate(report, root, {
    subject: directoryName(organisation, options.commonName ?? endingWith(organisation, ' report signing')),
    issuer: rootName,
    from,
    until: Math.min(from + (options.days ?? 1096) * day, rootUntil),
    extensions: [
      extension(oids.basicConstraints, derSequence(), true),
      extension(oids.keyUsage, derBits(Uint8Array.of(0b1100_0000), 6), true),
      // emailProtection is what `openssl cms -verify` looks for, documentSigning is what the certificate is for.
      extension(oids.extendedKeyUsage, derSequence(derOid(oids.emailProtection), derOid(oids.documentSigning))),
    ],
  })
  const pem = (key: KeyObject) => privatePem(key, passphrase)
  return {
    rootCertificate: writePem('CERTIFICATE', rootCertificate),
    rootKey: pem(root.privateKey),
    rootCrl: makeOwnCrl({ authority: rootCertificate, key: root.privateKey, from: options.from }),
    reportCertificate: writePem('CERTIFICATE', reportCertificate),
    reportKey: pem(report.privateKey),
    ledgerKey: pem(ledger.privateKey),
    ledgerPublicKey: writePem('PUBLIC KEY', ledger.publicKey.export({ format: 'der', type: 'spki' })),
  }
}

/** A private key as PKCS #8 PEM, encrypted where a passphrase is given. */
export function privatePem(key: KeyObject, passphrase?: string): string {
  const plain = key.export({ format: 'der', type: 'pkcs8' })
  return passphrase === undefined
    ? writePem('PRIVATE KEY', plain)
    : writePem('ENCRYPTED PRIVATE KEY', encryptKey(plain, passphrase))
}

type KeyPair = {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly scheme: Scheme & { hash: string }
}

function makeKey(type: KeyType): KeyPair {
  switch (type) {
    case 'p256':
      return { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }), scheme: { kind: 'ecdsa', hash: 'sha256' } }
    case 'p384':
      return { ...generateKeyPairSync('ec', { namedCurve: 'P-384' }), scheme: { kind: 'ecdsa', hash: 'sha384' } }
    case 'rsa3072':
      return { ...generateKeyPairSync('rsa', { modulusLength: 3072 }), scheme: { kind: 'rsa', hash: 'sha256' } }
    default:
      return type satisfies never
  }
}

type CertificateFields = {
  readonly subject: Uint8Array
  readonly issuer: Uint8Array
  readonly from: number
  readonly until: number
  readonly extensions: readonly Uint8Array[]
}

/** A version 3 certificate (RFC 5280) with key identifiers (RFC 7093 method 1) and a random serial number. */
function certificate(subject: KeyPair, issuer: KeyPair, parts: CertificateFields): Uint8Array {
  const algorithm = writeScheme(issuer.scheme, 'certificate')
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const signed = derSequence(
    der(contextOf(0), derInteger(2)),
    derInteger(serial),
    algorithm,
    parts.issuer,
    derSequence(derTime(parts.from), derTime(parts.until)),
    parts.subject,
    subject.publicKey.export({ format: 'der', type: 'spki' }),
    der(
      contextOf(3),
      derSequence(
        ...parts.extensions,
        extension(oids.subjectKeyIdentifier, derOctets(keyIdentifier(subject.publicKey))),
        extension(oids.authorityKeyIdentifier, derSequence(der(0x80, keyIdentifier(issuer.publicKey)))),
      ),
    ),
  )
  return derSequence(signed, algorithm, derBits(sign(issuer.scheme.hash, signed, issuer.privateKey)))
}

function keyIdentifier(key: KeyObject): Uint8Array {
  const info = readDer(key.export({ format: 'der', type: 'spki' }))
  return createHash('sha256').update(readBitString(info.parts[1], 'subjectPublicKey')).digest().subarray(0, 20)
}

/** An Extension, RFC 5280 section 4.1. */
export function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  return derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctets(value))
}

/** A name of two parts, O and CN. */
export function directoryName(organisation: string, commonName: string): Uint8Array {
  const part = (oid: string, text: string) => derSet(derSequence(derOid(oid), der(tags.utf8String, derText(text))))
  return derSequence(part('2.5.4.10', organisation), part('2.5.4.3', commonName))
}

/** RFC 5280 allows so many characters in these names. */
const mostCharacters = 64

const derText = (text: string): Uint8Array => new TextEncoder().encode(cut(text, mostCharacters))

const cut = (text: string, length: number): string => [...text].slice(0, length).join('')

/** Cut in front of its ending: authority and signer of one long name would be the same, which makes a certificate self-issued. */
const endingWith = (text: string, ending: string): string => `${cut(text, mostCharacters - ending.length)}${ending}`
