import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { KeyLocation } from '../../../model/key-location.ts'
import type { SignatureAlgorithm, SigningKey } from '../../signer.ts'
import { algorithmOf, readPublicKey } from '../algorithm.ts'
import { askCloud, type Cloud, type CloudFailure, corrupted, isNetworkError, unsuitable } from './ask.ts'

/** What we use of the package @aws-sdk/client-kms. */
export type AwsKms = {
  readonly KMSClient: new (options: {
    readonly region?: string
    readonly endpoint?: string
    readonly maxAttempts: number
  }) => {
    send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<unknown>
    destroy(): void
  }
  readonly GetPublicKeyCommand: new (input: { readonly KeyId: string }) => object
  readonly SignCommand: new (input: {
    readonly KeyId: string
    readonly Message: Uint8Array
    readonly MessageType: 'DIGEST'
    readonly SigningAlgorithm: string
  }) => object
}

const algorithms: { readonly [algorithm in SignatureAlgorithm]: readonly [name: string, hash: 'sha256' | 'sha384'] } = {
  'ecdsa-p256-sha256': ['ECDSA_SHA_256', 'sha256'],
  'ecdsa-p384-sha384': ['ECDSA_SHA_384', 'sha384'],
  'rsa-sha256': ['RSASSA_PKCS1_V1_5_SHA_256', 'sha256'],
}

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length > 0)
const PublicKey = z.object({
  PublicKey: bytes,
  KeyUsage: z.string(),
  SigningAlgorithms: z.array(z.string()).default([]),
})
const Signature = z.object({ Signature: bytes })

/** A key in AWS KMS, opened with the SDK's usual credentials; throws SigningError. */
export async function openAwsKey(
  sdk: AwsKms,
  { keyId, endpoint, region }: Extract<KeyLocation, { kind: 'awskms' }>,
  signal: AbortSignal,
  timing: Pick<Cloud, 'timeoutMs' | 'pauseMs'> = {},
): Promise<SigningKey> {
  const cloud: Cloud = { title: 'AWS KMS', key: keyId, advice, failure, ...timing }
  const ask = <Answer>(command: object, answer: z.ZodType<Answer>, until: AbortSignal): Promise<Answer> =>
    askCloud(cloud, until, async (abortSignal) => {
      const client = new sdk.KMSClient({
        maxAttempts: 1,
        ...(region === null ? {} : { region }),
        ...(endpoint === null ? {} : { endpoint: `https://${endpoint}` }),
      })
      try {
        const parsed = answer.safeParse(await client.send(command, { abortSignal }))
        if (parsed.success) return parsed.data
        throw corrupted(cloud.title, 'it lacks what it should hold')
      } finally {
        client.destroy()
      }
    })
  const found = await ask(new sdk.GetPublicKeyCommand({ KeyId: keyId }), PublicKey, signal)
  if (found.KeyUsage !== 'SIGN_VERIFY') throw unsuitable(keyId, `its usage is ${found.KeyUsage}`)
  const [name, hash] = algorithms[algorithmOf(readPublicKey(found.PublicKey))]
  if (!found.SigningAlgorithms.includes(name)) throw unsuitable(keyId, `it does not sign with ${name}`)
  return {
    publicKey: found.PublicKey,
    certificates: [],
    async sign(data, until) {
      const digest = createHash(hash).update(data).digest()
      const input = { KeyId: keyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: name } as const
      return (await ask(new sdk.SignCommand(input), Signature, until)).Signature
    },
  }
}

const advice = {
  denied: 'The identity needs kms:GetPublicKey and kms:Sign on this key, from its policies and the key’s.',
  credentials:
    'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached; and AWS_REGION unless the key is an ARN.',
}

const failures: { readonly [name: string]: CloudFailure } = {
  AccessDeniedException: 'denied',
  UnrecognizedClientException: 'credentials',
  InvalidSignatureException: 'credentials',
  IncompleteSignature: 'credentials',
  IncompleteSignatureException: 'credentials',
  InvalidClientTokenId: 'credentials',
  MissingAuthenticationTokenException: 'credentials',
  ExpiredTokenException: 'credentials',
  CredentialsProviderError: 'credentials',
  TokenProviderError: 'credentials',
  DisabledException: 'disabled',
  KMSInvalidStateException: 'disabled',
  NotFoundException: 'not-found',
  InvalidArnException: 'not-found',
  InvalidKeyUsageException: 'unsuitable',
  UnsupportedOperationException: 'unsuitable',
  ThrottlingException: 'throttled',
  ThrottledException: 'throttled',
  TooManyRequestsException: 'throttled',
  LimitExceededException: 'throttled',
  RequestLimitExceeded: 'throttled',
  KeyUnavailableException: 'unreachable',
  KMSInternalException: 'unreachable',
  DependencyTimeoutException: 'unreachable',
  InternalFailure: 'unreachable',
  ServiceUnavailable: 'unreachable',
  TimeoutError: 'unreachable',
}

function failure(error: unknown): CloudFailure {
  if (isNetworkError(error)) return 'unreachable'
  if (!(error instanceof Error)) return 'refused'
  const known = failures[error.name]
  if (known) return known
  if (/region is missing/i.test(error.message)) return 'credentials'
  const status = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) }).safeParse(error)
  return status.success && status.data.$metadata.httpStatusCode >= 500 ? 'unreachable' : 'refused'
}
