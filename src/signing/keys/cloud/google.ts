import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import * as z from 'zod'
import type { KeyLocation } from '../../../model/key-location.ts'
import type { SignatureAlgorithm, SigningKey } from '../../signer.ts'
import { algorithmOf } from '../algorithm.ts'
import { askCloud, type Cloud, type CloudFailure, corrupted, isNetworkError, unsuitable } from './ask.ts'
import { crc32c } from './crc32c.ts'

type CallOptions = { readonly timeout: number; readonly retry: null }

/** What we use of a KeyManagementServiceClient of the package @google-cloud/kms. */
export type GoogleKms = {
  /** Finds credentials. */
  initialize(): Promise<unknown>
  getPublicKey(request: { readonly name: string }, options: CallOptions): Promise<readonly unknown[]>
  asymmetricSign(
    request: {
      readonly name: string
      readonly digest: { readonly sha256?: Uint8Array; readonly sha384?: Uint8Array }
      readonly digestCrc32c: { readonly value: number }
    },
    options: CallOptions,
  ): Promise<readonly unknown[]>
}

const algorithms: { readonly [algorithm in SignatureAlgorithm]: readonly [form: RegExp, hash: 'sha256' | 'sha384'] } = {
  'ecdsa-p256-sha256': [/^EC_SIGN_P256_SHA256$/, 'sha256'],
  'ecdsa-p384-sha384': [/^EC_SIGN_P384_SHA384$/, 'sha384'],
  'rsa-sha256': [/^RSA_SIGN_PKCS1_\d+_SHA256$/, 'sha256'],
}

/** A 64-bit number, as the client gives it. */
const checksum = z.object({
  value: z.union([z.number(), z.string(), z.bigint(), z.custom<object>((value) => typeof value === 'object')]),
})
const PublicKey = z.object({
  name: z.string(),
  pem: z.string().min(1),
  algorithm: z.string(),
  pemCrc32c: checksum,
})
const Signature = z.object({
  name: z.string(),
  signature: z.union([
    z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length > 0),
    z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
  ]),
  signatureCrc32c: checksum,
  verifiedDigestCrc32c: z.literal(true),
})

/** A version of a key in Google Cloud KMS, with checksums over what goes there and what comes back; throws SigningError. */
export async function openGoogleKey(
  client: GoogleKms,
  { version }: Extract<KeyLocation, { kind: 'gcpkms' }>,
  signal: AbortSignal,
  timing: Pick<Cloud, 'timeoutMs' | 'pauseMs'> = {},
): Promise<SigningKey> {
  const cloud: Cloud = { title: 'Google Cloud KMS', key: version, advice, failure, ...timing }
  // The client's own repetitions would outlast ours.
  const options: CallOptions = { timeout: cloud.timeoutMs ?? 15_000, retry: null }
  // Its calls end the process where there are no credentials: a rejection that nobody can catch.
  await askCloud(cloud, signal, () => client.initialize())
  const [found] = await askCloud(cloud, signal, () => client.getPublicKey({ name: version }, options))
  const key = parsed(PublicKey, found, version)
  checkSum(Buffer.from(key.pem), key.pemCrc32c, 'the public key')
  const publicKey = readPem(key.pem)
  const [form, hash] = algorithms[algorithmOf(publicKey)]
  if (!form.test(key.algorithm)) throw unsuitable(version, `its algorithm is ${key.algorithm}`)
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    certificates: [],
    async sign(data, until) {
      const digest = createHash(hash).update(data).digest()
      const request = { name: version, digest: { [hash]: digest }, digestCrc32c: { value: crc32c(digest) } }
      const [answer] = await askCloud(cloud, until, () => client.asymmetricSign(request, options))
      const { signature, signatureCrc32c } = parsed(Signature, answer, version)
      checkSum(signature, signatureCrc32c, 'the signature')
      return signature
    },
  }
}

function readPem(pem: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch {
    throw corrupted('Google Cloud KMS', 'the public key cannot be read')
  }
}

function parsed<Answer extends { readonly name: string }>(
  schema: z.ZodType<Answer>,
  answer: unknown,
  version: string,
): Answer {
  const { success, data } = schema.safeParse(answer)
  if (!success) throw corrupted('Google Cloud KMS', 'it lacks what it should hold, or says that it got another digest')
  if (data.name !== version) throw corrupted('Google Cloud KMS', 'it is about another key')
  return data
}

function checkSum(bytes: Uint8Array, { value }: z.output<typeof checksum>, what: string): void {
  if (String(value) === String(crc32c(bytes))) return
  throw corrupted('Google Cloud KMS', `the checksum of ${what} differs`)
}

const advice = {
  denied: 'The identity needs the role roles/cloudkms.signerVerifier on this key.',
  credentials:
    'Set GOOGLE_APPLICATION_CREDENTIALS to a key file, log in with `gcloud auth application-default login`, or run where a service account is attached.',
}

/** google.rpc.Code */
const failures: { readonly [code: number]: CloudFailure } = {
  3: 'refused',
  4: 'unreachable',
  5: 'not-found',
  7: 'denied',
  8: 'throttled',
  9: 'disabled',
  13: 'unreachable',
  14: 'unreachable',
  16: 'credentials',
}

function failure(error: unknown): CloudFailure {
  if (isNetworkError(error)) return 'unreachable'
  if (!(error instanceof Error)) return 'refused'
  // Of its own words for credentials, no number tells: for a key that cannot be read, it even has that of an outage.
  if (/credential|DECODER routines/i.test(error.message)) return 'credentials'
  return ('code' in error && typeof error.code === 'number' && failures[error.code]) || 'refused'
}
