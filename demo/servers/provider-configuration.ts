import { randomBytes } from 'node:crypto'
import type { JWK } from 'jose'
import { memoryStore } from './provider-store.ts'

/** What can be set of the identity provider; everything but `https` can be changed while it runs. */
export type ProviderSettings = {
  /** Whether the issuer is an https URL. Fixed once it runs: the issuer would become another one. */
  readonly https: boolean
  /** Offers response types that put tokens into the redirect (`code id_token token`, `id_token token`). */
  readonly implicit: boolean
  /** Refuses an authorisation request without a code challenge. */
  readonly pkceRequired: boolean
  /** Publishes a registration endpoint that takes anybody. */
  readonly openRegistration: boolean
  /** Publishes an old RSA key of 1024 bits beside the signing key. */
  readonly weakKey: boolean
  readonly accessTokenSeconds: number
}

export const soundProvider: ProviderSettings = {
  https: true,
  implicit: false,
  pkceRequired: true,
  openRegistration: false,
  weakKey: false,
  accessTokenSeconds: 300,
}

export const weakProvider: ProviderSettings = {
  https: false,
  implicit: true,
  pkceRequired: false,
  openRegistration: true,
  weakKey: true,
  accessTokenSeconds: 7 * 86_400,
}

/** The resource indicator (RFC 8707) and audience of the Customer Data API. */
export const audience = 'https://customer-data.example'

/** The scopes of the Customer Data API. */
export const scopes = ['customers:read', 'customers:write', 'reports:read'] as const

/** The signing key, and the old one that is published where the settings say so; both private. */
export type Keys = { readonly signing: JWK; readonly old: JWK | null }

/** The client that collects evidence, and the keys that cookies are signed with. */
export type Client = { readonly clientId: string; readonly secret: string; readonly cookieKeys: readonly string[] }

/** The configuration of oidc-provider for some settings. */
export function providerConfiguration(settings: ProviderSettings, keys: Keys, client: Client): object {
  const resource = {
    scope: scopes.join(' '),
    audience,
    accessTokenTTL: settings.accessTokenSeconds,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  }
  const seconds = settings.accessTokenSeconds
  return {
    adapter: memoryStore(),
    jwks: { keys: settings.weakKey && keys.old ? [keys.signing, keys.old] : [keys.signing] },
    cookies: { keys: [...client.cookieKeys] },
    scopes: ['openid', ...scopes],
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
      },
      {
        client_id: 'customer-portal',
        client_secret: randomBytes(32).toString('base64url'),
        grant_types: ['authorization_code'],
        redirect_uris: ['https://portal.customer-data.example/callback'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
    responseTypes: settings.implicit ? ['code', 'code id_token token', 'id_token token'] : ['code'],
    pkce: { required: () => settings.pkceRequired },
    clientBasedCORS: () => false,
    findAccount: async (_context: unknown, sub: string) => ({ accountId: sub, claims: async () => ({ sub }) }),
    interactions: { url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    ttl: {
      AccessToken: seconds,
      ClientCredentials: seconds,
      IdToken: 300,
      RefreshToken: 86_400,
      Session: 3_600,
      Grant: 3_600,
      Interaction: 600,
      DeviceCode: 600,
      BackchannelAuthenticationRequest: 600,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: { enabled: settings.openRegistration },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => audience,
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => resource,
      },
    },
  }
}
