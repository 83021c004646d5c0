import { createHash, createPublicKey } from 'node:crypto'
import * as z from 'zod'
import type { KeyLocation } from '../../../model/key-location.ts'
import { ecdsaSigValue } from '../../cms/signature-value.ts'
import type { SignatureAlgorithm, SigningKey } from '../../signer.ts'
import { algorithmOf } from '../algorithm.ts'
import { askCloud, type Cloud, type CloudFailure, corrupted, isNetworkError, unsuitable } from './ask.ts'

type Options = { readonly abortSignal: AbortSignal }

/** What we use of the package @azure/keyvault-keys. */
export type AzureKeys = {
  readonly KeyClient: new (
    vault: string,
    credential: never,
    options: object,
  ) => { getKey(name: string, options: Options & { readonly version?: string }): Promise<unknown> }
  readonly CryptographyClient: new (
    key: never,
    credential: never,
    options: object,
  ) => { sign(algorithm: string, digest: Uint8Array, options: Options): Promise<unknown> }
}

export type AzureOptions = Pick<Cloud, 'timeoutMs' | 'pauseMs'> & {
  /** A TokenCredential of the package @azure/identity. */
  readonly credential: unknown
  /** Of the SDK's clients, besides what is set here. */
  readonly client?: object
}

const algorithms: { readonly [algorithm in SignatureAlgorithm]: readonly [name: string, hash: 'sha256' | 'sha384'] } = {
  'ecdsa-p256-sha256': ['ES256', 'sha256'],
  'ecdsa-p384-sha384': ['ES384', 'sha384'],
  'rsa-sha256': ['RS256', 'sha256'],
}

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length > 0)
const Key = z.object({
  id: z.string(),
  key: z.object({
    kty: z.string(),
    crv: z.string().optional(),
    keyOps: z.array(z.string()).optional(),
    x: bytes.optional(),
    y: bytes.optional(),
    n: bytes.optional(),
    e: bytes.optional(),
  }),
  properties: z.object({ enabled: z.boolean().optional() }),
})
const Signature = z.object({ result: bytes })

/** A key in Azure Key Vault or a Managed HSM; every signature is made by the version found here. Throws SigningError. */
export async function openAzureKey(
  sdk: AzureKeys,
  { vault, name, version }: Extract<KeyLocation, { kind: 'azurekms' }>,
  signal: AbortSignal,
  { credential, client, ...timing }: AzureOptions,
): Promise<SigningKey> {
  const label = `${vault}/${name}`
  const cloud: Cloud = { title: 'Azure Key Vault', key: label, advice, failure, ...timing }
  const options = { ...client, retryOptions: { maxRetries: 0 } }
  const keys = new sdk.KeyClient(`https://${vault}`, credential as never, options)
  const found = await askCloud(cloud, signal, (abortSignal) =>
    keys.getKey(name, { abortSignal, ...(version === null ? {} : { version }) }),
  )
  const { key, properties } = parsed(Key, found)
  if (properties.enabled === false) throw unsuitable(label, 'it is disabled')
  if (key.keyOps && !key.keyOps.includes('sign')) throw unsuitable(label, 'it is not meant for signing')
  const publicKey = publicKeyOf(label, key)
  const [algorithm, hash] = algorithms[algorithmOf(publicKey)]
  const signer = new sdk.CryptographyClient(found as never, credential as never, options)
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    certificates: [],
    async sign(data, until) {
      const digest = createHash(hash).update(data).digest()
      const answer = await askCloud(cloud, until, (abortSignal) => signer.sign(algorithm, digest, { abortSignal }))
      const { result } = parsed(Signature, answer)
      // RFC 7518 section 3.4: r and s, one after the other.
      return algorithm === 'RS256' ? result : ecdsaSigValue(result)
    },
  }
}

function publicKeyOf(label: string, key: z.output<typeof Key>['key']) {
  const part = (value: Uint8Array | undefined) => Buffer.from(value ?? []).toString('base64url')
  // Keys in hardware are EC-HSM and RSA-HSM.
  const kty = key.kty.replace(/-HSM$/, '')
  const jwk =
    kty === 'EC' ? { kty, crv: key.crv ?? '', x: part(key.x), y: part(key.y) } : { kty, n: part(key.n), e: part(key.e) }
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw unsuitable(label, `its kind is ${key.kty}${key.crv ? ` on ${key.crv}` : ''}`)
  }
}

function parsed<Answer>(schema: z.ZodType<Answer>, answer: unknown): Answer {
  const { success, data } = schema.safeParse(answer)
  if (success) return data
  throw corrupted('Azure Key Vault', 'it lacks what it should hold')
}

const advice = {
  denied:
    'The identity needs keys/read and keys/sign on this key: a role with these two data actions, or the access policy get and sign.',
  credentials:
    'Log in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run where a managed identity is attached.',
}

const Answered = z.object({ statusCode: z.number(), code: z.string().optional(), message: z.string() })

function failure(error: unknown): CloudFailure {
  if (isNetworkError(error)) return 'unreachable'
  if (!(error instanceof Error)) return 'refused'
  if (
    /^(?:CredentialUnavailableError|AuthenticationError|AuthenticationRequiredError|AggregateAuthenticationError)$/.test(
      error.name,
    )
  ) {
    return 'credentials'
  }
  if ('code' in error && error.code === 'REQUEST_SEND_ERROR') return 'unreachable'
  const { success, data } = Answered.safeParse(error)
  if (!success) return 'refused'
  if (data.statusCode === 401) return 'credentials'
  if (data.statusCode === 403) return /disabled|not enabled/i.test(data.message) ? 'disabled' : 'denied'
  if (data.statusCode === 404) return 'not-found'
  if (data.statusCode === 429) return 'throttled'
  return data.statusCode >= 500 ? 'unreachable' : 'refused'
}
