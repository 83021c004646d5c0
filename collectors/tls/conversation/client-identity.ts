import { constants, createPrivateKey, type KeyObject, privateEncrypt, sign, X509Certificate } from 'node:crypto'
import { CollectionError } from '../../../src/model/errors.ts'
import { certificatesOfPem } from '../certificate/trust.ts'
import type { RecordProtocol } from '../registry/protocols.ts'
import { concat, numberBytes, readBytes, readU16s, vector } from '../wire/bytes.ts'
import { extensionTypes, readExtensions } from '../wire/client-hello.ts'
import { guarded } from '../wire/reply.ts'
import { handshakeHash } from './prf.ts'

/** The certificate that a client shows where a server asks for one, leaf first, and the key to it. */
export type ClientIdentity = { readonly chain: readonly Uint8Array[]; readonly key: KeyObject }

/** Reads a PEM chain and a PEM key; throws CollectionError `unparsable` where either is none or they do not belong together. */
export function readClientIdentity(certificates: string, privateKey: string): ClientIdentity {
  const chain = certificatesOfPem(certificates).map(({ der }) => der)
  const [leaf] = chain
  const key = keyOf(privateKey)
  if (!leaf) throw unusable('its file holds no certificate in PEM')
  if (!key) throw unusable('its key is no unencrypted private key in PEM')
  if (!new X509Certificate(Buffer.from(leaf)).checkPrivateKey(key)) throw unusable('its key belongs to another one')
  return { chain, key }
}

function unusable(why: string): CollectionError {
  return new CollectionError('unparsable', `the client certificate cannot be used: ${why}`, {
    hint: 'Give the chain in PEM, the client’s own certificate first, and the key that belongs to it.',
  })
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

type Scheme = { readonly hash: string | null; readonly pss: boolean }

/** How a key signs, by the number of the scheme; TLS 1.3 binds ECDSA to the curve, older versions do not. */
function schemesOf(
  { asymmetricKeyType, asymmetricKeyDetails }: KeyObject,
  tls13: boolean,
): ReadonlyMap<number, Scheme> {
  const by = (hash: string | null, pss = false): Scheme => ({ hash, pss })
  switch (asymmetricKeyType) {
    case 'rsa': {
      const pss: [number, Scheme][] = [
        [0x0804, by('sha256', true)],
        [0x0805, by('sha384', true)],
        [0x0806, by('sha512', true)],
      ]
      const older: [number, Scheme][] = [
        [0x0401, by('sha256')],
        [0x0501, by('sha384')],
        [0x0601, by('sha512')],
        [0x0201, by('sha1')],
      ]
      return new Map(tls13 ? pss : [...older.slice(0, 3), ...pss, ...older.slice(3)])
    }
    case 'ec': {
      const curve = { prime256v1: 0x0403, secp384r1: 0x0503, secp521r1: 0x0603 }[asymmetricKeyDetails?.namedCurve ?? '']
      const all: [number, Scheme][] = [
        [0x0403, by('sha256')],
        [0x0503, by('sha384')],
        [0x0603, by('sha512')],
        [0x0203, by('sha1')],
      ]
      return new Map(all.filter(([number]) => (tls13 ? number === curve : true)))
    }
    case 'ed25519':
      return new Map([[0x0807, by(null)]])
    case 'ed448':
      return new Map([[0x0808, by(null)]])
    default:
      return new Map()
  }
}

function signed({ key }: ClientIdentity, { hash, pss }: Scheme, content: Uint8Array): Uint8Array {
  const padding = pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {}
  return sign(hash, content, { key, ...padding })
}

/** The bodies of our Certificate and CertificateVerify. */
export type Proof = {
  readonly certificate: Uint8Array
  /** CertificateVerify over the messages before it. */
  readonly verify: (messages: Uint8Array) => Uint8Array
}

/**
 * What answers a CertificateRequest of TLS 1.0 to 1.2, RFC 5246 sections 7.4.4 to 7.4.8; null where the key signs in no
 * way that the server takes.
 */
export function proofOlder(identity: ClientIdentity, protocol: RecordProtocol, request: Uint8Array): Proof | null {
  const certificate = vector(3, ...identity.chain.map((each) => vector(3, each)))
  if (protocol === 'TLSv1.2') {
    const taken = guarded(() => {
      const reader = readBytes(request)
      reader.vector(1)
      return readU16s(reader.vector(2))
    })
    return proofBy(identity, certificate, schemesOf(identity.key, false), taken, (messages) => messages)
  }
  const type = identity.key.asymmetricKeyType
  if (type === 'ec') {
    const scheme = { hash: 'sha1', pss: false }
    return { certificate, verify: (messages) => vector(2, signed(identity, scheme, messages)) }
  }
  if (type !== 'rsa') return null
  // Both hashes one after the other, without saying which they are: RFC 2246 section 7.4.8.
  const raw = (messages: Uint8Array) =>
    privateEncrypt(
      { key: identity.key, padding: constants.RSA_PKCS1_PADDING },
      handshakeHash(protocol, 'sha256', messages),
    )
  return { certificate, verify: (messages) => vector(2, raw(messages)) }
}

const tls13Context = Buffer.concat([Buffer.alloc(64, 0x20), Buffer.from('TLS 1.3, client CertificateVerify\0')])

/**
 * The same of TLS 1.3, RFC 8446 sections 4.4.2 and 4.4.3; `hashed` is the transcript hash.
 */
export function proofTls13(
  identity: ClientIdentity,
  request: Uint8Array,
  hashed: (messages: Uint8Array) => Uint8Array,
): Proof | null {
  const asked = guarded(() => {
    const reader = readBytes(request)
    const context = reader.vector(1)
    const schemes = readExtensions(reader.vector(2)).find(({ type }) => type === extensionTypes.signatureAlgorithms)
    return { context, taken: schemes ? readU16s(readBytes(schemes.data).vector(2)) : [] }
  })
  if (!asked) return null
  const entries = identity.chain.map((each) => concat(vector(3, each), vector(2)))
  const certificate = concat(vector(1, asked.context), vector(3, ...entries))
  return proofBy(identity, certificate, schemesOf(identity.key, true), asked.taken, (messages) =>
    concat(tls13Context, hashed(messages)),
  )
}

function proofBy(
  identity: ClientIdentity,
  certificate: Uint8Array,
  able: ReadonlyMap<number, Scheme>,
  taken: readonly number[] | null,
  content: (messages: Uint8Array) => Uint8Array,
): Proof | null {
  const found = [...able].find(([number]) => taken?.includes(number))
  if (!found) return null
  const [number, scheme] = found
  return {
    certificate,
    verify: (messages) => concat(numberBytes(number, 2), vector(2, signed(identity, scheme, content(messages)))),
  }
}
