import type { JsonObject } from '../../src/model/json.ts'

type KindFacts = { readonly kind: string; readonly facts: JsonObject }

const protocols = ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
type Protocol = (typeof protocols)[number]

export const intermediateSuites = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
]
export const tls13Suites = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']

/** The facts of one version as the collector reports them. */
export function protocolFacts(protocol: Protocol, over: JsonObject = {}): JsonObject {
  const offered = over.offered ?? (['TLSv1.2', 'TLSv1.3'].includes(protocol) ? 'yes' : 'no')
  const suites = protocol === 'TLSv1.3' ? tls13Suites : intermediateSuites
  return {
    protocol,
    offered,
    reason: offered === 'yes' ? null : 'refused it with the alert protocol_version',
    cipherSuites: offered === 'yes' ? suites : [],
    cipherSuitesComplete: offered === 'undetermined' ? 'no' : 'yes',
    preference: offered === 'yes' ? 'server' : 'undetermined',
    groups: offered === 'yes' ? [...(protocol === 'TLSv1.3' ? ['X25519MLKEM768'] : []), 'x25519', 'secp256r1'] : [],
    groupsComplete: offered === 'undetermined' ? 'no' : 'yes',
    weakCipherSuites: offered === 'undetermined' ? null : [],
    forwardSecrecy: offered === 'yes' ? 'all' : null,
    ...over,
  }
}

export const certificateFacts: JsonObject = {
  commonName: 'api.example.test',
  subjectName: 'CN=api.example.test',
  issuerName: 'CN=Example Issuing CA 3, O=Example Trust, C=NL',
  serial: '04a1c6e2907b3f5512d8',
  subjectAlternativeNames: ['DNS:api.example.test'],
  keyType: 'EC',
  keyBits: 256,
  signatureAlgorithm: 'ecdsa-with-SHA256',
  notBefore: '2026-08-01T00:00:00.000Z',
  notAfter: '2026-10-30T00:00:00.000Z',
  daysRemaining: 51,
  lifetimeDays: 90,
  lifetimeLimitDays: 200,
  chainLength: 2,
  chain: ['CN=api.example.test', 'CN=Example Issuing CA 3, O=Example Trust, C=NL'],
  hostMatches: 'yes',
  trusted: 'yes',
  trustReason: null,
  publiclyTrusted: 'yes',
  fingerprint: '5f3d0d6b0a4c1e7f8a92b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708',
  problems: [],
}

const features: readonly (readonly [string, string])[] = [
  ['secure-renegotiation', 'yes'],
  ['client-renegotiation', 'no'],
  ['compression', 'no'],
  ['extended-master-secret', 'yes'],
  ['encrypt-then-mac', 'yes'],
  ['fallback-scsv', 'yes'],
  ['ocsp-stapling', 'yes'],
  ['early-data', 'no'],
]
const weaknesses = [
  ...['heartbleed', 'ccs-injection', 'ticketbleed', 'robot', 'poodle-sslv3', 'poodle-tls', 'freak', 'logjam', 'drown'],
  ...['sweet32', 'crime', 'beast', 'rc4', 'lucky13', 'anonymous', 'null', 'no-forward-secrecy', 'no-aead'],
]

export type Server = {
  readonly versions?: { readonly [protocol in Protocol]?: JsonObject }
  readonly certificates?: readonly JsonObject[]
  readonly features?: { readonly [name: string]: string }
  readonly weaknesses?: { readonly [name: string]: string }
  /** Bits of the shortest Diffie-Hellman prime; null where it was not seen. */
  readonly dhBits?: number | null
  /** Over the facts of the feature signature-algorithms. */
  readonly signatures?: JsonObject
}

/** All facts of one collection from a sound server, but for what is said otherwise. */
export function serverFacts(over: Server = {}): readonly KindFacts[] {
  const certificates = over.certificates ?? [{}]
  return [
    ...protocols.map((each) => ({ kind: 'tls.protocol', facts: protocolFacts(each, over.versions?.[each]) })),
    ...certificates.map((each) => ({ kind: 'tls.certificate', facts: { ...certificateFacts, ...each } })),
    {
      kind: 'tls.negotiated',
      facts: {
        ...{ status: 'negotiated', reason: null, protocol: 'TLSv1.3', cipherSuite: 'TLS_AES_256_GCM_SHA384' },
        ...{ group: 'X25519MLKEM768', alpn: 'h2', forwardSecrecy: 'yes', aead: 'yes' },
      },
    },
    ...Object.entries({ ...Object.fromEntries(features), ...over.features }).map(([name, status]) => ({
      kind: 'tls.feature',
      facts: { name, status, basis: 'tested', reason: null },
    })),
    {
      kind: 'tls.feature',
      facts: {
        ...{ name: 'signature-algorithms', status: 'yes', basis: 'tested', reason: null },
        ...{ tls12: ['ecdsa_secp256r1_sha256'], tls13: ['ecdsa_secp256r1_sha256'], ...over.signatures },
      },
    },
    ...(over.dhBits === undefined ? [] : [{ kind: 'tls.feature', facts: dhFacts(over.dhBits) }]),
    ...Object.entries({
      ...Object.fromEntries(weaknesses.map((name) => [name, 'not-vulnerable'])),
      ...over.weaknesses,
    }).map(([name, status]) => ({ kind: 'tls.weakness', facts: { name, status, basis: 'tested', reason: null } })),
  ]
}

function dhFacts(bits: number | null): JsonObject {
  return { name: 'dh-parameters', status: bits === null ? 'undetermined' : 'yes', basis: 'tested', reason: null, bits }
}
