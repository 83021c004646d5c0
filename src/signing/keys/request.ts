import { writeScheme } from '../cms/algorithms.ts'
import { contextOf } from '../cms/der.ts'
import { der, derBits, derInteger, derOid, derSequence, derSet } from '../cms/der-write.ts'
import { oids } from '../cms/oids.ts'
import type { SigningKey } from '../signer.ts'
import { algorithmOf, readPublicKey, schemeOf } from './algorithm.ts'
import { directoryName, extension } from './identity.ts'
import { writePem } from './pem.ts'

/**
 * A certification request (PKCS #10, RFC 2986) as PEM, signed with the key itself, wherever that is kept. It asks for
 * what a report's certificate needs: digitalSignature and nonRepudiation, documentSigning and emailProtection.
 */
export async function certificateRequest(
  key: SigningKey,
  name: { readonly organisation: string; readonly commonName: string },
  signal: AbortSignal,
): Promise<string> {
  const extensions = derSequence(
    extension(oids.keyUsage, derBits(Uint8Array.of(0b1100_0000), 6), true),
    extension(oids.extendedKeyUsage, derSequence(derOid(oids.emailProtection), derOid(oids.documentSigning))),
  )
  const info = derSequence(
    derInteger(0),
    directoryName(name.organisation, name.commonName),
    key.publicKey,
    der(contextOf(0), derSequence(derOid(oids.extensionRequest), derSet(extensions))),
  )
  const scheme = schemeOf(algorithmOf(readPublicKey(key.publicKey)))
  const signature = await key.sign(info, signal)
  return writePem('CERTIFICATE REQUEST', derSequence(info, writeScheme(scheme, 'certificate'), derBits(signature)))
}
