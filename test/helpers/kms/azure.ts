import { createPublicKey } from 'node:crypto'
import * as z from 'zod'
import type { KeyType } from '../../../src/signing/keys/identity.ts'
import { conforming, type Kms, type KmsAnswer, signDigest, startKms } from './server.ts'

export const azureToken = 'a-token-of-the-directory'
const version = '9885aa558e8d448789683188f8c194b0'
const algorithms: { readonly [type in KeyType]: string } = { p256: 'ES256', p384: 'ES384', rsa3072: 'RS256' }

/** Azure Key Vault with one key, `report`, which is asked with the token above. */
export function startAzureKms(
  type: KeyType,
  keyPem: string,
  tls: { readonly key: string; readonly cert: string },
  changes: { readonly key?: object; readonly attributes?: object } = {},
): Promise<Kms> {
  return startKms((request) => {
    const { pathname, searchParams } = new URL(request.path, 'https://vault')
    const kid = `https://${request.headers.host}/keys/report/${version}`
    if (!searchParams.get('api-version')) return azureError('BadParameter', 400)
    if (request.headers.authorization !== `Bearer ${azureToken}`) {
      const challenge = 'Bearer authorization="https://login.example.test/tenant", resource="https://vault.azure.net"'
      return { ...azureError('Unauthorized', 401), headers: { 'www-authenticate': challenge } }
    }
    if (request.method === 'GET' && /^\/keys\/report\/(?:9885aa558e8d448789683188f8c194b0)?$/.test(pathname)) {
      const { kty, ...jwk } = createPublicKey(keyPem).export({ format: 'jwk' })
      const key = { kid, kty: `${kty}-HSM`, key_ops: ['sign', 'verify'], ...jwk, ...changes.key }
      return ok(conforming('azure.getKey.answer', { key, attributes: { enabled: true, ...changes.attributes } }))
    }
    if (request.method === 'POST' && pathname === `/keys/report/${version}/sign`) {
      const { alg, value } = SignRequest.parse(conforming('azure.sign.request', JSON.parse(request.body)))
      if (alg !== algorithms[type]) return azureError('BadParameter', 400)
      const signature = signDigest(keyPem, Buffer.from(value, 'base64url'), 'compact').toString('base64url')
      return ok(conforming('azure.sign.answer', { kid, value: signature }))
    }
    return azureError('KeyNotFound', 404)
  }, tls)
}

const SignRequest = z.object({ alg: z.string(), value: z.string() })

const ok = (body: object): KmsAnswer => ({ status: 200, body })

/** An error as Azure Key Vault words it. */
export const azureError = (code: string, status: number, message = `this is ${code}`): KmsAnswer => ({
  status,
  body: { error: { code, message } },
})
