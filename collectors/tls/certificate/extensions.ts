import { guarded } from '../wire/reply.ts'
import { type Der, derTags, readDer, readInside, readOid } from './der.ts'
import { type Certificate, extensionOids } from './parse.ts'

/** What a certificate says about its use, beside its names. */
export type UsageFacts = {
  readonly keyUsage: readonly string[] | null
  readonly extendedKeyUsage: readonly string[] | null
  readonly policies: readonly string[]
  /** What the authority says to have checked: the domain, the organisation, the person, or at length. */
  readonly validation: 'DV' | 'OV' | 'IV' | 'EV' | null
  readonly mustStaple: 'yes' | 'no'
  readonly ocspUrls: readonly string[]
  readonly crlUrls: readonly string[]
}

const oids = {
  keyUsage: '2.5.29.15',
  policies: '2.5.29.32',
  crlDistributionPoints: '2.5.29.31',
  authorityInformation: '1.3.6.1.5.5.7.1.1',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
} as const
const ocspAccess = '1.3.6.1.5.5.7.48.1'
const url = 0x86

/** KeyUsage, RFC 5280 section 4.2.1.3, from the first bit. */
const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

const extendedKeyUsages: { readonly [oid: string]: string } = {
  '2.5.29.37.0': 'anyExtendedKeyUsage',
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
}

/** The CA/Browser Forum's policies, highest first. */
const validations = [
  ['2.23.140.1.1', 'EV'],
  ['2.23.140.1.2.3', 'IV'],
  ['2.23.140.1.2.2', 'OV'],
  ['2.23.140.1.2.1', 'DV'],
] as const

/** TLS feature 5 is status_request, RFC 7633. */
const statusRequest = 5

/** Reads the extensions of a certificate; one that is malformed counts as absent. */
export function usageFacts({ extensions, extendedKeyUsage }: Certificate): UsageFacts {
  const read = <Value>(oid: string, parse: (value: Uint8Array) => Value): Value | null => {
    const value = extensions.get(oid)
    return value ? guarded(() => parse(value)) : null
  }
  const policies = read(oids.policies, readPolicies) ?? []
  const features = read(oids.tlsFeature, readFeatures) ?? []
  return {
    keyUsage: read(oids.keyUsage, readKeyUsage),
    extendedKeyUsage: extendedKeyUsage?.map((oid) => extendedKeyUsages[oid] ?? oid) ?? null,
    policies,
    validation: validations.find(([oid]) => policies.includes(oid))?.[1] ?? null,
    mustStaple: features.includes(statusRequest) ? 'yes' : 'no',
    ocspUrls: read(oids.authorityInformation, readOcspUrls) ?? [],
    crlUrls: read(oids.crlDistributionPoints, readCrlUrls) ?? [],
  }
}

/** The list of timestamps within a certificate; undefined where it has none. */
export function embeddedTimestamps({ extensions }: Certificate): Uint8Array | undefined {
  const value = extensions.get(extensionOids.embeddedTimestamps)
  return value && (guarded(() => readDer(value)[0]?.content) ?? undefined)
}

function readKeyUsage(value: Uint8Array): string[] {
  const [, ...bytes] = readDer(value)[0]?.content ?? []
  return keyUsages.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0)
}

function readPolicies(value: Uint8Array): string[] {
  return readInside(value, derTags.sequence).flatMap(({ content }) => {
    const [oid] = readDer(content)
    return oid ? [readOid(oid.content)] : []
  })
}

function readFeatures(value: Uint8Array): number[] {
  return readInside(value, derTags.sequence).flatMap(({ content }) => content.at(-1) ?? [])
}

function readOcspUrls(value: Uint8Array): string[] {
  return readInside(value, derTags.sequence).flatMap(({ content }) => {
    const [method, location] = readDer(content)
    return method && location?.tag === url && readOid(method.content) === ocspAccess ? [textOf(location)] : []
  })
}

/** DistributionPoint { [0] { [0] fullName GeneralNames } }. */
function readCrlUrls(value: Uint8Array): string[] {
  return readInside(value, derTags.sequence).flatMap(({ content }) => {
    const point = readDer(content).find(({ tag }) => tag === 0xa0)
    const full = point && readDer(point.content).find(({ tag }) => tag === 0xa0)
    return full ? readDer(full.content).flatMap((name) => (name.tag === url ? [textOf(name)] : [])) : []
  })
}

function textOf({ content }: Der): string {
  return Buffer.from(content).toString('latin1')
}
