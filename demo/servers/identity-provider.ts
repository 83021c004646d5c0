import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { join } from 'node:path'
import { importJWK, type JWK, SignJWT } from 'jose'
import { ConfigError } from '../../src/model/errors.ts'
import type { Authority } from './authority.ts'
import { memoryStore } from './provider-store.ts'
import { listen, stop } from './socket.ts'

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

/** A running OpenID provider with one confidential client, its secret in a file of mode 0600. */
export type IdentityProvider = AsyncDisposable & {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecretFile: string
  /** File of mode 0600 with a token that this issuer signed and that ended an hour ago. */
  readonly expiredTokenFile: string
  change(settings: Partial<Omit<ProviderSettings, 'https'>>): void
  close(): Promise<void>
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void
type ProviderModule = { Provider: new (issuer: string, configuration: object) => { callback(): Handler } }

/** Starts an OpenID provider (oidc-provider) on a free port of 127.0.0.1. */
export async function startIdentityProvider(
  folder: string,
  authority: Authority,
  settings: ProviderSettings,
): Promise<IdentityProvider> {
  const { Provider } = await loadProvider()
  const server = settings.https ? await secureServer(authority) : createHttpServer()
  const port = await listen(server)
  const issuer = `${settings.https ? 'https' : 'http'}://127.0.0.1:${port}`
  const clientId = 'affidavit-evidence'
  const secret = randomBytes(32).toString('base64url')
  const clientSecretFile = join(folder, 'client-secret')
  writeFileSync(clientSecretFile, `${secret}\n`, { mode: 0o600 })

  const keys: { signing: JWK; old: JWK | null } = {
    signing: signingKey(),
    old: settings.weakKey ? oldKey() : null,
  }
  const expiredTokenFile = join(folder, 'expired-token')
  writeFileSync(expiredTokenFile, `${await expiredToken(keys.signing, issuer, clientId)}\n`, { mode: 0o600 })
  const cookieKeys = [randomBytes(32).toString('base64url')]
  let current = settings
  const handlerFor = (wanted: ProviderSettings) =>
    new Provider(issuer, configuration(wanted, keys, { clientId, secret, cookieKeys })).callback()
  let handle = handlerFor(current)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => handle(request, response))
  const close = () => stop(server)
  return {
    issuer,
    clientId,
    clientSecretFile,
    expiredTokenFile,
    change(wanted) {
      current = { ...current, ...wanted }
      if (current.weakKey) keys.old ??= oldKey()
      handle = handlerFor(current)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function loadProvider(): Promise<ProviderModule> {
  // A name that TypeScript does not follow: the package ships no types and may be absent.
  const name: string = 'oidc-provider'
  try {
    const loaded: ProviderModule = await import(name)
    return loaded
  } catch (cause) {
    throw new ConfigError(
      'AFD_DEMO_PROVIDER',
      'the demonstration needs the package oidc-provider, which is not there',
      {
        hint: 'Install it beside Affidavit: npm install oidc-provider',
        cause,
      },
    )
  }
}

async function secureServer(authority: Authority): Promise<Server> {
  const { chain, key } = await authority.issue('identity-provider', 'sound')
  return createHttpsServer({ cert: chain, key, minVersion: 'TLSv1.2' })
}

type Keys = { readonly signing: JWK; readonly old: JWK | null }

async function expiredToken(key: JWK, issuer: string, clientId: string): Promise<string> {
  const ended = Math.floor(Date.now() / 1000) - 3_600
  return await new SignJWT({ scope: scopes.join(' '), client_id: clientId })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid ?? '' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(clientId)
    .setJti(randomBytes(16).toString('base64url'))
    .setIssuedAt(ended - 300)
    .setExpirationTime(ended)
    .sign(await importJWK(key))
}

function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: randomBytes(8).toString('hex') }
}

function oldKey(): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'migration-2014' }
}

type Client = { readonly clientId: string; readonly secret: string; readonly cookieKeys: readonly string[] }

function configuration(settings: ProviderSettings, keys: Keys, client: Client): object {
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
