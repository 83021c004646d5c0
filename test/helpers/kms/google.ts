import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import * as z from 'zod'
import { crc32c } from '../../../src/signing/keys/cloud/crc32c.ts'
import type { KeyType } from '../../../src/signing/keys/identity.ts'
import { conforming, type Kms, type KmsAnswer, signDigest, startKms } from './server.ts'

export const googleVersion = 'projects/p/locations/europe-west6/keyRings/reports/cryptoKeys/report/cryptoKeyVersions/3'
const account = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The service account that the service below knows. */
export const googleCredentials = {
  type: 'service_account',
  client_email: 'reports@p.iam.gserviceaccount.com',
  private_key: account.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
}

const algorithms: { readonly [type in KeyType]: readonly [name: string, hash: 'sha256' | 'sha384'] } = {
  p256: ['EC_SIGN_P256_SHA256', 'sha256'],
  p384: ['EC_SIGN_P384_SHA384', 'sha384'],
  rsa3072: ['RSA_SIGN_PKCS1_3072_SHA256', 'sha256'],
}

export type GoogleChanges = { readonly key?: object; readonly signature?: object }

/** Google Cloud KMS with one version of a key, which is asked with a token that the account above signs. */
export function startGoogleKms(type: KeyType, keyPem: string, changes: GoogleChanges = {}): Promise<Kms> {
  const [algorithm, hash] = algorithms[type]
  return startKms(async (request) => {
    const { pathname } = new URL(request.path, 'http://kms')
    if (!(await isAccount(request.headers.authorization))) return googleError('UNAUTHENTICATED', 401)
    if (request.method === 'GET' && pathname === `/v1/${googleVersion}/publicKey`) {
      const pem = createPublicKey(keyPem).export({ format: 'pem', type: 'spki' }).toString()
      const pemCrc32c = String(crc32c(Buffer.from(pem)))
      const answer = { pem, algorithm, pemCrc32c, name: googleVersion, protectionLevel: 'HSM', ...changes.key }
      return ok(conforming('google.getPublicKey.answer', answer))
    }
    if (request.method === 'POST' && pathname === `/v1/${googleVersion}:asymmetricSign`) {
      const body = SignRequest.parse(conforming('google.asymmetricSign.request', JSON.parse(request.body)))
      const digest = Buffer.from(body.digest[hash] ?? '', 'base64')
      if (digest.length === 0) return googleError('INVALID_ARGUMENT', 400)
      const signature = signDigest(keyPem, digest)
      const answer = {
        signature: signature.toString('base64'),
        signatureCrc32c: String(crc32c(signature)),
        verifiedDigestCrc32c: body.digestCrc32c === String(crc32c(digest)),
        name: googleVersion,
        protectionLevel: 'HSM',
        ...changes.signature,
      }
      return ok(conforming('google.asymmetricSign.answer', answer))
    }
    return googleError('NOT_FOUND', 404)
  })
}

const SignRequest = z.object({
  digest: z.object({ sha256: z.string().optional(), sha384: z.string().optional() }),
  digestCrc32c: z.string(),
})

/** A self-signed token of a service account, as google.aip.dev/auth/4111 has it. */
async function isAccount(authorization: string | undefined): Promise<boolean> {
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? ''
  try {
    const { client_email: issuer } = googleCredentials
    const { payload } = await jwtVerify(token, account.publicKey, { algorithms: ['RS256'], issuer, subject: issuer })
    const scopes = String(payload.scope ?? '').split(' ')
    return (
      decodeProtectedHeader(token).typ === 'JWT' &&
      scopes.some((scope) => /auth\/(?:cloud-platform|cloudkms)$/.test(scope))
    )
  } catch {
    return false
  }
}

const ok = (body: object): KmsAnswer => ({ status: 200, body })

/** An error as Google's services word it. */
export const googleError = (status: string, code: number, message = `this is ${status}`): KmsAnswer => ({
  status: code,
  body: { error: { code, message, status } },
})
