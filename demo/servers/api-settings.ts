import type { SecureVersion } from 'node:tls'
import type { CertificateKind, KeyKind } from './authority.ts'

/**
 * How a route checks the bearer token: `full` (signature, issuer, audience, expiry, scope), `signature-unchecked` (reads
 * the claims and believes them), `expiry-unchecked` (everything but the expiry), `none` (no token asked for).
 */
export const tokenChecks = ['full', 'signature-unchecked', 'expiry-unchecked', 'none'] as const
export type TokenCheck = (typeof tokenChecks)[number]

export const routes = [
  'GET /customers',
  'POST /customers',
  'GET /customers/{id}',
  'DELETE /customers/{id}',
  'GET /reports',
  'GET /reports/{id}',
  'GET /healthz',
] as const
export type Route = (typeof routes)[number]

/** `reflect` allows every origin with credentials; `any` answers `*`; a list allows exactly those; null sends no CORS. */
export type CorsRule = 'reflect' | 'any' | readonly string[] | null

/** Fixed windows for each client address and route; the next request after `requests` in a window gets 429. */
export type RateLimit = { readonly requests: number; readonly windowSeconds: number }

/** The transport of one HTTPS port. */
export type TlsSettings = {
  readonly minTls: SecureVersion
  readonly maxTls: SecureVersion
  /** OpenSSL cipher list; null leaves Node's own. */
  readonly ciphers: string | null
  /** Whether the server’s order of suites counts, or the client’s. */
  readonly serverOrder: boolean
  /** OpenSSL group list; null leaves OpenSSL's own. */
  readonly groups: string | null
  /** Whether clients may renegotiate, as Node lets them a few times. */
  readonly renegotiation: boolean
  readonly certificate: CertificateKind
  readonly key: KeyKind
}

/** Every trait of the Customer Data API; all of them can be changed while it runs. */
export type ApiSettings = TlsSettings & {
  /** Value of Strict-Transport-Security, or null. */
  readonly hsts: string | null
  /** Further response headers, sent with every answer. */
  readonly headers: Readonly<Record<string, string>>
  readonly cors: CorsRule
  readonly rateLimit: RateLimit | null
  readonly tokenCheck: { readonly default: TokenCheck; readonly routes: Readonly<Partial<Record<Route, TokenCheck>>> }
  /** Answers TRACE with the request, credentials included. */
  readonly traceEcho: boolean
  /** Names products and versions in Server and X-Powered-By. */
  readonly versionBanner: boolean
  /** Shows stack traces in error pages. */
  readonly stackTraces: boolean
  /** What the plain HTTP port does: redirect, serve the API, answer 403, or not listen at all. */
  readonly httpPort: 'redirect' | 'serve' | 'refuse' | 'closed'
  /** Request bodies longer than this get 413. */
  readonly bodyLimitBytes: number | null
}

/** Mozilla's groups; OpenSSL has ML-KEM from 3.5 on. */
const soundGroups = `${hasMlKem() ? 'X25519MLKEM768:' : ''}X25519:prime256v1:secp384r1`

function hasMlKem(): boolean {
  const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 5)
}

export const soundSettings = {
  minTls: 'TLSv1.2',
  maxTls: 'TLSv1.3',
  ciphers:
    'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:' +
    'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
  serverOrder: true,
  groups: soundGroups,
  renegotiation: false,
  certificate: 'sound',
  key: 'EC',
  hsts: 'max-age=31536000; includeSubDomains',
  headers: {
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  },
  cors: ['https://portal.customer-data.example'],
  rateLimit: { requests: 40, windowSeconds: 5 },
  tokenCheck: { default: 'full', routes: { 'GET /healthz': 'none' } },
  traceEcho: false,
  versionBanner: false,
  stackTraces: false,
  httpPort: 'refuse',
  bodyLimitBytes: 65_536,
} satisfies ApiSettings

export const weakSettings = {
  minTls: 'TLSv1',
  maxTls: 'TLSv1.2',
  // Level 0 lets OpenSSL offer what it still knows of the old days; RC4 and 3DES are compiled out of Node's.
  ciphers:
    'ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:AES256-SHA:AES128-SHA:NULL-SHA256:NULL-SHA@SECLEVEL=0',
  serverOrder: false,
  groups: null,
  renegotiation: true,
  certificate: 'expiring',
  key: 'RSA',
  hsts: null,
  headers: {},
  cors: 'reflect',
  rateLimit: null,
  tokenCheck: {
    default: 'full',
    routes: {
      'GET /healthz': 'none',
      'GET /customers': 'signature-unchecked',
      'GET /customers/{id}': 'expiry-unchecked',
      'GET /reports/{id}': 'none',
    },
  },
  traceEcho: true,
  versionBanner: true,
  stackTraces: true,
  httpPort: 'serve',
  bodyLimitBytes: null,
} satisfies ApiSettings
