import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parseKeyLocation } from '../../src/model/key-location.ts'
import { type AwsKms, openAwsKey } from '../../src/signing/keys/cloud/aws.ts'
import { type AzureKeys, openAzureKey } from '../../src/signing/keys/cloud/azure.ts'
import { type GoogleKms, openGoogleKey } from '../../src/signing/keys/cloud/google.ts'
import { type KeyType, keyTypes } from '../../src/signing/keys/identity.ts'
import type { SigningKey } from '../../src/signing/signer.ts'
import { keyPackages } from '../helpers/key-packages.ts'
import { awsCredentials, awsError, awsKeyId, startAwsKms } from '../helpers/kms/aws.ts'
import { azureError, azureToken, startAzureKms } from '../helpers/kms/azure.ts'
import {
  type GoogleChanges,
  googleCredentials,
  googleError,
  googleVersion,
  startGoogleKms,
} from '../helpers/kms/google.ts'
import type { Kms, KmsAnswer } from '../helpers/kms/server.ts'
import { identityOf, never } from '../helpers/signing.ts'
import { localCertificate } from '../helpers/tls-servers.ts'
import { describeSigner } from './signer-suite.ts'

/*
 * Keys in clouds, through the makers' own clients against stand-ins for their services on 127.0.0.1, which hold requests
 * and answers against what the makers publish. No cloud was asked: what these tests show is that much and no more.
 */

const packages = await keyPackages()
const load = createRequire(join(packages ?? import.meta.dirname, 'package.json'))
const timing = { pauseMs: 1, timeoutMs: 2_000 }
const data = Buffer.from('what is to be signed')

function locationOf<Kind extends string>(text: string, kind: Kind) {
  const { location } = parseKeyLocation(text)
  if (location?.kind === kind) return location as Extract<NonNullable<typeof location>, { kind: Kind }>
  throw new Error(`${text} is no ${kind}`)
}

/** One cloud: its service, and how a key of it is opened. */
type Cloud = {
  readonly name: string
  start(type: KeyType, changes?: object): Promise<Kms>
  open(port: number, signal: AbortSignal): Promise<SigningKey>
  /** What the service says, and the code that it must become; those of the second kind are asked three times. */
  readonly refusals: readonly (readonly [what: string, answer: KmsAnswer, code: string])[]
  readonly passing: readonly (readonly [what: string, answer: KmsAnswer, code: string])[]
  /** Keys that cannot sign reports. */
  readonly unsuitable: readonly (readonly [what: string, changes: object])[]
}

const aws: Cloud = {
  name: 'AWS KMS',
  start: (type, changes) => startAwsKms(type, identityOf(type).reportKey, changes),
  open(port, signal) {
    process.env.AWS_ENDPOINT_URL_KMS = `http://127.0.0.1:${port}`
    return openAwsKey(
      load('@aws-sdk/client-kms') as AwsKms,
      locationOf(`awskms:///${awsKeyId}`, 'awskms'),
      signal,
      timing,
    )
  },
  refusals: [
    ['no permission', awsError('AccessDeniedException'), 'AFD_KMS_DENIED'],
    ['a disabled key', awsError('DisabledException'), 'AFD_KMS_DISABLED'],
    ['a key to be deleted', awsError('KMSInvalidStateException'), 'AFD_KMS_DISABLED'],
    ['no such key', awsError('NotFoundException'), 'AFD_KMS_NOT_FOUND'],
    ['unknown credentials', awsError('UnrecognizedClientException'), 'AFD_KMS_CREDENTIALS'],
    ['an expired session', awsError('ExpiredTokenException'), 'AFD_KMS_CREDENTIALS'],
    ['another use of the key', awsError('InvalidKeyUsageException'), 'AFD_KEY_UNSUITABLE'],
    ['whatever else', awsError('DryRunOperationException'), 'AFD_KMS_REFUSED'],
    ['an answer without content', { status: 200, body: {} }, 'AFD_KMS_ANSWER'],
  ],
  passing: [
    ['too many requests', awsError('ThrottlingException'), 'AFD_KMS_THROTTLED'],
    ['trouble inside', awsError('KMSInternalException', 500), 'AFD_KMS_UNREACHABLE'],
  ],
  unsuitable: [
    ['encrypts', { KeyUsage: 'ENCRYPT_DECRYPT' }],
    ['signs in other ways', { SigningAlgorithms: ['RSASSA_PSS_SHA_256'] }],
  ],
}

const azure: Cloud = {
  name: 'Azure Key Vault',
  start: (type, changes) => {
    const { keyPem, pem } = localCertificate()
    return startAzureKms(type, identityOf(type).reportKey, { key: keyPem, cert: pem }, changes)
  },
  open: (port, signal) =>
    openAzureKey(
      load('@azure/keyvault-keys') as AzureKeys,
      // The forms of locations admit names; the stand-in has an address.
      { ...locationOf('azurekms://acme.vault.azure.net/report', 'azurekms'), vault: `127.0.0.1:${port}` },
      signal,
      {
        ...timing,
        credential: { getToken: async () => ({ token: azureToken, expiresOnTimestamp: Date.now() + 3_600_000 }) },
        client: { tlsOptions: { ca: localCertificate().pem }, disableChallengeResourceVerification: true },
      },
    ),
  refusals: [
    ['no permission', azureError('Forbidden', 403, 'Caller is not authorized to perform action'), 'AFD_KMS_DENIED'],
    [
      'a disabled key',
      azureError('Forbidden', 403, 'Operation sign is not allowed on a disabled key.'),
      'AFD_KMS_DISABLED',
    ],
    ['no such key', azureError('KeyNotFound', 404), 'AFD_KMS_NOT_FOUND'],
    ['whatever else', azureError('BadParameter', 400), 'AFD_KMS_REFUSED'],
    ['an answer without content', { status: 200, body: {} }, 'AFD_KMS_ANSWER'],
  ],
  passing: [
    ['too many requests', azureError('Throttled', 429), 'AFD_KMS_THROTTLED'],
    ['trouble inside', azureError('InternalServerError', 500), 'AFD_KMS_UNREACHABLE'],
  ],
  unsuitable: [
    ['is disabled', { attributes: { enabled: false } }],
    ['encrypts', { key: { key_ops: ['encrypt', 'decrypt'] } }],
    ['is on another curve', { key: { kty: 'EC-HSM', crv: 'P-256K', x: 'AQ', y: 'AQ' } }],
  ],
}

const google: Cloud = {
  name: 'Google Cloud KMS',
  start: (type, changes) => startGoogleKms(type, identityOf(type).reportKey, changes as GoogleChanges),
  open: (port, signal) => {
    const { KeyManagementServiceClient } = load('@google-cloud/kms')
    const { GoogleAuth } = load('google-auth-library')
    const auth = new GoogleAuth({
      credentials: googleCredentials,
      projectId: 'p',
      scopes: 'https://www.googleapis.com/auth/cloudkms',
    })
    const client = new KeyManagementServiceClient({
      fallback: true,
      protocol: 'http',
      apiEndpoint: '127.0.0.1',
      port,
      auth,
    })
    return openGoogleKey(client as GoogleKms, locationOf(`gcpkms://${googleVersion}`, 'gcpkms'), signal, timing)
  },
  refusals: [
    ['no permission', googleError('PERMISSION_DENIED', 403), 'AFD_KMS_DENIED'],
    ['a disabled key', googleError('FAILED_PRECONDITION', 400), 'AFD_KMS_DISABLED'],
    ['no such key', googleError('NOT_FOUND', 404), 'AFD_KMS_NOT_FOUND'],
    ['unknown credentials', googleError('UNAUTHENTICATED', 401), 'AFD_KMS_CREDENTIALS'],
    ['whatever else', googleError('INVALID_ARGUMENT', 400), 'AFD_KMS_REFUSED'],
    ['an answer without content', { status: 200, body: {} }, 'AFD_KMS_ANSWER'],
  ],
  passing: [
    ['too many requests', googleError('RESOURCE_EXHAUSTED', 429), 'AFD_KMS_THROTTLED'],
    ['trouble inside', googleError('UNAVAILABLE', 503), 'AFD_KMS_UNREACHABLE'],
  ],
  unsuitable: [
    ['signs with PSS', { key: { algorithm: 'RSA_SIGN_PSS_3072_SHA256' } }],
    ['signs with another hash', { key: { algorithm: 'RSA_SIGN_PKCS1_4096_SHA512' } }],
  ],
}

describe.skipIf(!packages)('a key in a cloud', () => {
  beforeAll(() => {
    const { id, secret, region } = awsCredentials
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_REGION: region })
  })

  for (const cloud of [aws, azure, google]) {
    for (const keyType of keyTypes) {
      let kms: Kms | undefined
      describeSigner({
        name: `${cloud.name} with a ${keyType} key`,
        certificates: async () => {
          const { reportCertificate, rootCertificate } = identityOf(keyType)
          return { own: reportCertificate, root: rootCertificate }
        },
        async open(signal) {
          kms ??= await cloud.start(keyType)
          return await cloud.open(kms.port, signal)
        },
        remote: true,
      })
      afterAll(() => kms?.[Symbol.asyncDispose]())
    }

    describe(cloud.name, () => {
      const started = async (type: KeyType = 'p256', changes?: object) => {
        const kms = await cloud.start(type, changes)
        onTestFinished(() => kms[Symbol.asyncDispose]())
        return kms
      }

      test.each(cloud.refusals)('says what is wrong at once: %s', async (_, answer, code) => {
        const kms = await started()
        const key = await cloud.open(kms.port, never)
        const before = kms.requests.length
        kms.next(answer)
        await expect(key.sign(data, never)).rejects.toMatchObject({ code, hint: expect.any(String) })
        expect(kms.requests.length).toBe(before + 1)
      })

      test.each(cloud.passing)('asks three times in all, and no more: %s', async (_, answer, code) => {
        const kms = await started()
        const key = await cloud.open(kms.port, never)
        const before = kms.requests.length
        kms.next(answer, answer, answer)
        await expect(key.sign(data, never)).rejects.toMatchObject({ code })
        expect(kms.requests.length).toBe(before + 3)
        kms.next(answer, answer)
        expect((await key.sign(data, never)).length).toBeGreaterThan(60)
      })

      test.each(cloud.unsuitable)('refuses a key that %s', async (_, changes) => {
        const kms = await started('rsa3072', changes)
        await expect(cloud.open(kms.port, never)).rejects.toMatchObject({ code: 'AFD_KEY_UNSUITABLE' })
      })

      test('is given up where it does not answer, and where nothing listens', async () => {
        const kms = await started()
        const key = await cloud.open(kms.port, never)
        const controller = new AbortController()
        kms.next('hang')
        const pending = key.sign(data, controller.signal)
        setTimeout(() => controller.abort(), 50)
        await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
        kms.next('hang', 'hang', 'hang')
        await expect(key.sign(data, never)).rejects.toMatchObject({ code: 'AFD_KMS_UNREACHABLE' })
        await kms[Symbol.asyncDispose]()
        await expect(key.sign(data, never)).rejects.toMatchObject({ code: 'AFD_KMS_UNREACHABLE' })
      })
    })
  }

  test.each([
    ['the public key', { key: { pemCrc32c: '1' } }],
    ['the signature', { signature: { signatureCrc32c: '1' } }],
    ['the digest as it arrived', { signature: { verifiedDigestCrc32c: false } }],
    ['the name of the key', { signature: { name: googleVersion.replace('/3', '/4') } }],
  ])('Google Cloud KMS is not believed where %s is another', async (_, changes) => {
    await using kms = await google.start('p256', changes)
    const work = async () => (await google.open(kms.port, never)).sign(data, never)
    await expect(work()).rejects.toMatchObject({ code: 'AFD_KMS_ANSWER' })
  })
})
