import { createHash, createHmac, createPublicKey } from 'node:crypto'
import * as z from 'zod'
import type { KeyType } from '../../../src/signing/keys/identity.ts'
import { conforming, type Kms, type KmsAnswer, type KmsRequest, signDigest, startKms } from './server.ts'

export const awsCredentials = {
  id: 'AKIDEXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'eu-central-2',
}
export const awsKeyId = '1234abcd-12ab-34cd-56ef-1234567890ab'
const arn = `arn:aws:kms:${awsCredentials.region}:111122223333:key/${awsKeyId}`

const specs: { readonly [type in KeyType]: readonly [spec: string, ...algorithms: readonly string[]] } = {
  p256: ['ECC_NIST_P256', 'ECDSA_SHA_256'],
  p384: ['ECC_NIST_P384', 'ECDSA_SHA_384'],
  rsa3072: ['RSA_3072', 'RSASSA_PSS_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_512'],
}

/** AWS KMS with one key, which is asked with the credentials above. */
export function startAwsKms(type: KeyType, keyPem: string, changes: object = {}): Promise<Kms> {
  const [spec, ...algorithms] = specs[type]
  return startKms((request) => {
    if (request.method !== 'POST' || request.path !== '/') return awsError('UnknownOperationException', 404)
    if (request.headers.authorization !== authorizationOf(request)) return awsError('InvalidSignatureException')
    const body: unknown = JSON.parse(request.body)
    switch (request.headers['x-amz-target']) {
      case 'TrentService.GetPublicKey':
        conforming('aws.GetPublicKey.request', body)
        return amz(
          conforming('aws.GetPublicKey.answer', {
            KeyId: arn,
            PublicKey: createPublicKey(keyPem).export({ format: 'der', type: 'spki' }).toString('base64'),
            CustomerMasterKeySpec: spec,
            KeySpec: spec,
            KeyUsage: 'SIGN_VERIFY',
            SigningAlgorithms: algorithms,
            ...changes,
          }),
        )
      case 'TrentService.Sign': {
        const { KeyId, Message, MessageType, SigningAlgorithm } = SignRequest.parse(
          conforming('aws.Sign.request', body),
        )
        if (KeyId !== awsKeyId) return awsError('NotFoundException')
        if (MessageType !== 'DIGEST' || !algorithms.includes(SigningAlgorithm))
          return awsError('InvalidKeyUsageException')
        const signature = signDigest(keyPem, Buffer.from(Message, 'base64')).toString('base64')
        return amz(conforming('aws.Sign.answer', { KeyId: arn, Signature: signature, SigningAlgorithm }))
      }
      default:
        return awsError('UnknownOperationException')
    }
  })
}

const SignRequest = z.object({
  KeyId: z.string(),
  Message: z.string(),
  MessageType: z.string(),
  SigningAlgorithm: z.string(),
})

const amz = (body: object, status = 200): KmsAnswer => ({
  status,
  body,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
})

/** An error as AWS KMS words it. */
export const awsError = (type: string, status = 400): KmsAnswer =>
  amz({ __type: type, message: `this is ${type}` }, status)

/** The Authorization header that a request must have: Signature Version 4, from AWS's description of it. */
function authorizationOf({ method, path, headers, body }: KmsRequest): string {
  const { id, secret, region } = awsCredentials
  const stamp = String(headers['x-amz-date'])
  const day = stamp.slice(0, 8)
  const signed = (/SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '').split(';')
  for (const needed of ['host', 'x-amz-date', 'x-amz-target']) if (!signed.includes(needed)) return 'none'
  const sha = (text: string) => createHash('sha256').update(text).digest('hex')
  const canonical = [
    method,
    path,
    '',
    ...signed.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signed.join(';'),
    sha(body),
  ].join('\n')
  const scope = `${day}/${region}/kms/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha(canonical)].join('\n')
  const key = [day, region, 'kms', 'aws4_request'].reduce<string | Buffer>(
    (inner, part) => createHmac('sha256', inner).update(part).digest(),
    `AWS4${secret}`,
  )
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  return `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`
}
