import { extname, resolve } from 'node:path'
import { ConfigError, SigningError } from '../model/errors.ts'
import { type KeyLocation, keyLocationText, parseKeyLocation } from '../model/key-location.ts'
import type { Clock } from '../model/time.ts'
import { type AwsKms, openAwsKey } from '../signing/keys/cloud/aws.ts'
import { type AzureKeys, openAzureKey } from '../signing/keys/cloud/azure.ts'
import { type GoogleKms, openGoogleKey } from '../signing/keys/cloud/google.ts'
import { aboutFile, readKeyFile } from '../signing/keys/files.ts'
import { lookAtPkcs11Key, openPkcs11Key } from '../signing/keys/pkcs11/open.ts'
import { assertCertificates, loadSigningKey, reportSigner } from '../signing/keys.ts'
import type { Signer, SigningKey } from '../signing/signer.ts'
import { findPackages, type PackagedKind } from './key-packages.ts'
import { readPassphrase } from './secrets.ts'

/** A key and what goes with it, as a configuration or a command line names them. */
export type KeyRequest = {
  readonly location: KeyLocation
  /** Paths; the key's own certificate and its issuers, in any order. */
  readonly certificates: readonly string[]
  /** `env:NAME` or `file:path`: a file's passphrase or a token's PIN. */
  readonly passphrase: string | null
  /** Where relative paths start. */
  readonly directory: string
}

/** Reads the place of a key from a command line; throws ConfigError. */
export function keyLocationOf(text: string): KeyLocation {
  const { location, problem } = parseKeyLocation(text)
  if (location) return location
  throw new ConfigError('AFD_KEY_LOCATION', problem, { hint: 'docs/keys.md has every form.' })
}

/** A signer with a key that is kept anywhere; throws SigningError. */
export async function openSigner(request: KeyRequest, clock: Clock, signal: AbortSignal): Promise<Signer> {
  // First what costs nothing: a missing file must not take a PIN or a person's touch to be found out.
  const certificates = await readCertificateFiles(request)
  const key = await openSigningKey(request, signal)
  try {
    return await reportSigner(key, certificates, clock)
  } catch (error) {
    if (error instanceof SigningError && error.code === 'AFD_KEY_CERTIFICATE') throw withoutOwn(request, key, error)
    throw error
  }
}

/** Says of which key no certificate was found, and where it was looked for. */
function withoutOwn({ location, certificates }: KeyRequest, key: SigningKey, cause: SigningError): SigningError {
  const name = keyLocationText(location)
  const places = [...certificates, ...(key.certificates.length > 0 ? [name] : [])]
  const message =
    places.length === 0
      ? `no certificate is given for the key ${name}`
      : `none of the certificates in ${places.join(', ')} belongs to the key ${name}`
  const hint =
    'Name the certificate that was issued for this very key: --certificates, or signing.certificates in affidavit.yaml.'
  return new SigningError(cause.code, message, { hint, subject: name, cause })
}

/** The key alone, opened; throws SigningError. */
export async function openSigningKey(request: KeyRequest, signal: AbortSignal): Promise<SigningKey> {
  const { location, directory, passphrase } = request
  switch (location.kind) {
    case 'file': {
      const bytes = await readKeyFile(resolve(directory, location.path))
      const secret = passphrase === null ? {} : { passphrase: await readPassphrase(passphrase, directory) }
      return await aboutFile(location.path, () =>
        loadSigningKey(
          isPkcs12(location.path)
            ? { pkcs12: bytes, ...secret }
            : { keyPem: Buffer.from(bytes).toString('utf8'), certificates: [], ...secret },
        ),
      )
    }
    case 'pkcs11': {
      const { uri } = location
      const reference = uri.pin ?? passphrase
      const pin = reference === null ? null : await readPassphrase(reference, directory)
      const [binding = ''] = findPackages('pkcs11', directory)
      return await openPkcs11Key({ uri, pin, signal, binding })
    }
    case 'awskms': {
      const [sdk] = await importPackages('awskms', directory)
      return await openAwsKey(sdk as AwsKms, location, signal)
    }
    case 'azurekms': {
      const [keys, identity] = await importPackages('azurekms', directory)
      const { DefaultAzureCredential } = identity as { readonly DefaultAzureCredential: new () => object }
      return await openAzureKey(keys as AzureKeys, location, signal, { credential: new DefaultAzureCredential() })
    }
    case 'gcpkms': {
      const [sdk] = await importPackages('gcpkms', directory)
      const { KeyManagementServiceClient } = sdk as {
        readonly KeyManagementServiceClient: new (options: object) => GoogleKms
      }
      // `fallback`: over plain HTTPS, as proxies understand it.
      return await openGoogleKey(new KeyManagementServiceClient({ fallback: true }), location, signal)
    }
    default:
      return location satisfies never
  }
}

/** The certificates that are kept beside a key, found without using it: no passphrase, no PIN, no cloud is asked. */
export async function certificatesBeside(request: KeyRequest, signal: AbortSignal): Promise<readonly Uint8Array[]> {
  const { location, directory } = request
  if (location.kind !== 'pkcs11') return []
  const [binding = ''] = findPackages('pkcs11', directory)
  return (await lookAtPkcs11Key({ uri: location.uri, binding, signal })).certificates
}

/** Throws SigningError where one cannot be read. */
export async function readCertificateFiles({
  certificates,
  directory,
}: Pick<KeyRequest, 'certificates' | 'directory'>): Promise<readonly Uint8Array[]> {
  return await Promise.all(
    certificates.map(async (path) => {
      const bytes = await readKeyFile(resolve(directory, path))
      await aboutFile(path, () => assertCertificates(bytes))
      return bytes
    }),
  )
}

async function importPackages(kind: PackagedKind, directory: string): Promise<readonly unknown[]> {
  return await Promise.all(
    findPackages(kind, directory).map(async (url) => {
      const module: { readonly default?: unknown } = await import(url)
      // What is not an ES module has everything in `default`.
      return module.default ?? module
    }),
  )
}

/** Told from PEM by the name of the file. */
export function isPkcs12(file: string): boolean {
  return ['.p12', '.pfx'].includes(extname(file).toLowerCase())
}
