import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { join } from 'node:path'
import { importJWK, type JWK, SignJWT } from 'jose'
import { ConfigError } from '../../src/model/errors.ts'
import type { Authority } from './authority.ts'
import { audience, type ProviderSettings, providerConfiguration, scopes } from './provider-configuration.ts'
import { listen, stop } from './socket.ts'

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
    new Provider(issuer, providerConfiguration(wanted, keys, { clientId, secret, cookieKeys })).callback()
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
