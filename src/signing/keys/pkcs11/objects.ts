import { SigningError } from '../../../model/errors.ts'
import type { ObjectMatch } from '../../../model/pkcs11-uri.ts'
import { hex } from '../../bytes.ts'
import { type Certificate, readCertificate } from '../../cms/certificate.ts'
import { DerError } from '../../cms/der.ts'
import { type Attribute, type Cryptoki, ck, type Handle } from './cryptoki.ts'
import { call, resultOf } from './errors.ts'
import { ecPublicKey, rsaPublicKey } from './public-key.ts'

/** Of one kind; a token with more is asked for no more. */
const mostObjects = 64
const mostCertificateBytes = 65_536

const { attributes, objects, keyTypes } = ck

/** A session, and what it reads in. */
export type Session = { readonly cryptoki: Cryptoki; readonly handle: Handle }

/** The one private key that fits and may sign; throws SigningError `AFD_PKCS11_KEY`. */
export function findPrivateKey(session: Session, match: ObjectMatch): Handle {
  const found = find(session, objects.privateKey, match)
  const [key] = found
  if (key === undefined || found.length > 1) {
    const all = find(session, objects.privateKey, {}).map((object) => objectText(session, object))
    const list = all.length === 0 ? 'the token shows none' : `the token has: ${all.join('; ')}`
    throw new SigningError(
      'AFD_PKCS11_KEY',
      `${found.length === 0 ? 'no private key fits' : 'several private keys fit'} what the PKCS #11 URI says; ${list}`,
      { hint: 'Name one with object=… (its label) or id=… (its CKA_ID, as %01%02) in the URI.' },
    )
  }
  if (read(session, key, attributes.sign)?.[0] !== 0) return key
  throw new SigningError('AFD_PKCS11_KEY', `the key ${objectText(session, key)} may not be used to sign`, {
    hint: 'Name another key; a key’s permissions are set when it is made.',
  })
}

/** The public key (SubjectPublicKeyInfo) of a private key, from whatever of it the token shows; throws SigningError. */
export function publicKeyOf(session: Session, key: Handle): Uint8Array {
  const id = read(session, key, attributes.id)
  const label = read(session, key, attributes.label)
  const beside: ObjectMatch = {
    ...(id && id.length > 0 ? { id: hex(id) } : {}),
    ...(label && !id?.length ? { label: Buffer.from(label).toString('utf8') } : {}),
  }
  const found = fromAttributes(session, key) ?? publicKeyBeside(session, beside)
  if (found) return found
  throw new SigningError('AFD_PKCS11_KEY', `the token does not show the public half of ${objectText(session, key)}`, {
    hint: 'Write the key’s certificate onto the token, with the id of the key.',
  })
}

/** The public key of the object that a URI names, without its private half; throws SigningError. */
export function publicKeyNamed(session: Session, match: ObjectMatch): Uint8Array {
  const found = publicKeyBeside(session, match)
  if (found) return found
  throw new SigningError('AFD_PKCS11_KEY', 'the token shows no key that fits what the PKCS #11 URI says', {
    hint: 'Some tokens show their keys after the PIN only; or name the key with object=… or id=….',
  })
}

/** Every certificate on the token that can be read, as DER: others may lie there that have nothing to do with us. */
export function certificatesOn(session: Session): readonly Uint8Array[] {
  return certificates(session, {}).map(({ bytes }) => bytes)
}

/** An attribute's bytes; undefined where the object has none, or does not show it. */
export function read({ cryptoki, handle }: Session, object: Handle, type: number): Uint8Array | undefined {
  try {
    const [found] = cryptoki.C_GetAttributeValue(handle, object, [{ type }])
    return found && new Uint8Array(found.value)
  } catch (error) {
    // CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, and what makers say in their place
    if (resultOf(error) === null) throw error
    return undefined
  }
}

function publicKeyBeside(session: Session, match: ObjectMatch): Uint8Array | undefined {
  const keys = find(session, objects.publicKey, match).flatMap((object) => fromAttributes(session, object) ?? [])
  if (keys.length === 1) return keys[0]
  const found = certificates(session, match)
  return keys.length === 0 && found.length === 1 ? found[0]?.publicKey : undefined
}

function certificates(session: Session, match: ObjectMatch): readonly Certificate[] {
  return find(session, objects.certificate, match).flatMap((object) => {
    const bytes = read(session, object, attributes.value) ?? new Uint8Array()
    if (bytes.length > mostCertificateBytes) return []
    try {
      return [readCertificate(bytes)]
    } catch (error) {
      if (!(error instanceof DerError)) throw error
      return []
    }
  })
}

function fromAttributes(session: Session, object: Handle): Uint8Array | undefined {
  const info = read(session, object, attributes.publicKeyInfo)
  if (info && info.length > 0) return info
  const type = read(session, object, attributes.keyType)?.[0]
  if (type === keyTypes.rsa) {
    const modulus = read(session, object, attributes.modulus)
    const exponent = read(session, object, attributes.publicExponent)
    return modulus?.length && exponent?.length ? rsaPublicKey(modulus, exponent) : undefined
  }
  const parameters = read(session, object, attributes.ecParams)
  const point = read(session, object, attributes.ecPoint)
  return type === keyTypes.ec && parameters?.length && point?.length ? ecPublicKey(parameters, point) : undefined
}

function find({ cryptoki, handle }: Session, kind: number, match: ObjectMatch): readonly Handle[] {
  const template: readonly Attribute[] = [
    { type: attributes.class, value: kind },
    ...(match.label === undefined ? [] : [{ type: attributes.label, value: match.label }]),
    ...(match.id === undefined ? [] : [{ type: attributes.id, value: Buffer.from(match.id, 'hex') }]),
  ]
  return call(() => {
    cryptoki.C_FindObjectsInit(handle, template)
    try {
      return [...cryptoki.C_FindObjects(handle, mostObjects)]
    } finally {
      cryptoki.C_FindObjectsFinal(handle)
    }
  })
}

function objectText(session: Session, object: Handle): string {
  const label = Buffer.from(read(session, object, attributes.label) ?? []).toString('utf8')
  return `"${label}" (id ${hex(read(session, object, attributes.id) ?? new Uint8Array()) || 'empty'})`
}
