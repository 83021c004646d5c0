import { type Pkcs11Uri, parsePkcs11Uri } from './pkcs11-uri.ts'

/**
 * Where a report key is kept. A file is named by its path; every other place by the URI that its field has agreed on:
 * PKCS #11 by RFC 7512, clouds by the forms that sigstore's tools take.
 */
export type KeyLocation =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'pkcs11'; readonly uri: Pkcs11Uri }
  /** `keyId` is a key's id, ARN, alias name or alias ARN; `endpoint` and `region` are null where the surroundings say. */
  | {
      readonly kind: 'awskms'
      readonly keyId: string
      readonly endpoint: string | null
      readonly region: string | null
    }
  /** The newest version where `version` is null. */
  | { readonly kind: 'azurekms'; readonly vault: string; readonly name: string; readonly version: string | null }
  /** `projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V`. */
  | { readonly kind: 'gcpkms'; readonly version: string }

export type ParsedKeyLocation =
  | { readonly location: KeyLocation; readonly problem?: never }
  /** Never quotes what was written: it may hold a secret that has no place there. */
  | { readonly problem: string; readonly location?: never }

const uuid = '(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'
const alias = 'alias/[A-Za-z0-9/_-]{1,250}'
const awsForm = new RegExp(
  `^awskms://([^/?#@]*)/(${uuid}|${alias}|arn:aws[a-z-]*:kms:([a-z0-9-]+):\\d{12}:(?:key/${uuid}|${alias}))$`,
)
const azureForm =
  /^azurekms:\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?)\/([A-Za-z0-9-]{1,127})(?:\/([A-Za-z0-9]{1,64}))?$/
const googleForm =
  /^gcpkms:\/\/(projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+)(?:\/(?:cryptoKeyVersions|versions)\/(\d+))?$/

const schemes = ['pkcs11', 'awskms', 'azurekms', 'gcpkms'] as const

/** Reads what stands for a key: a path, or a URI of a scheme that is known. */
export function parseKeyLocation(text: string): ParsedKeyLocation {
  // A drive letter of Windows is no scheme.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return { location: { kind: 'file', path: text } }
  switch (schemes.find((name) => name === scheme)) {
    case 'pkcs11': {
      const { uri, problem } = parsePkcs11Uri(text)
      return uri ? { location: { kind: 'pkcs11', uri } } : { problem }
    }
    case 'awskms':
      return parseAws(text)
    case 'azurekms':
      return parseAzure(text)
    case 'gcpkms':
      return parseGoogle(text)
    default:
      return { problem: 'a key is a file, or a URI that begins with pkcs11:, awskms://, azurekms:// or gcpkms://' }
  }
}

/** A location as people write and read it; holds no secret, as no location does. */
export function keyLocationText(location: KeyLocation): string {
  switch (location.kind) {
    case 'file':
      return location.path
    case 'pkcs11': {
      const { token, object, module } = location.uri
      const { label, ...others } = { ...token, ...(object.id === undefined ? {} : { id: object.id }) }
      const parts = [
        label === undefined ? null : `token "${label}"`,
        object.label === undefined ? null : `key "${object.label}"`,
        ...Object.entries(others).map(([name, value]) => `${name} ${value}`),
      ].filter((part) => part !== null)
      return `PKCS #11: ${parts.length === 0 ? 'the only key of the only token' : parts.join(', ')} (${module})`
    }
    case 'awskms':
      return `AWS KMS: ${location.keyId}`
    case 'azurekms':
      return `Azure Key Vault: ${location.vault}/${location.name}${location.version ? `/${location.version}` : ''}`
    case 'gcpkms':
      return `Google Cloud KMS: ${location.version}`
    default:
      return location satisfies never
  }
}

function parseAws(text: string): ParsedKeyLocation {
  const [, endpoint = '', keyId, region = null] = awsForm.exec(text) ?? []
  if (keyId === undefined) {
    return { problem: 'a key of AWS KMS is awskms:///<key id, alias/name or ARN>, with three slashes' }
  }
  return { location: { kind: 'awskms', keyId, endpoint: endpoint === '' ? null : endpoint, region } }
}

function parseAzure(text: string): ParsedKeyLocation {
  const [, vault, name, version = null] = azureForm.exec(text) ?? []
  if (vault === undefined || name === undefined) {
    return { problem: 'a key of Azure Key Vault is azurekms://<vault>.vault.azure.net/<key>, or …/<key>/<version>' }
  }
  return { location: { kind: 'azurekms', vault, name, version } }
}

function parseGoogle(text: string): ParsedKeyLocation {
  const [, key, version] = googleForm.exec(text) ?? []
  if (key === undefined) {
    return {
      problem:
        'a key of Google Cloud KMS is gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V',
    }
  }
  // A certificate belongs to one version of a key, and so does a signature.
  if (version === undefined) return { problem: 'a key of Google Cloud KMS needs its version: …/cryptoKeyVersions/1' }
  return { location: { kind: 'gcpkms', version: `${key}/cryptoKeyVersions/${version}` } }
}
