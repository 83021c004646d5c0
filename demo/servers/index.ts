import { makeFolder } from '../../src/disk/make-folder.ts'
import { type ApiSettings, soundSettings, type TlsSettings, weakSettings } from './api-settings.ts'
import { createAuthority } from './authority.ts'
import { startCustomerDataApi } from './customer-data-api.ts'
import { startIdentityProvider } from './identity-provider.ts'
import { createAuditLog, type LogSettings, soundLogs, weakLogs } from './logs.ts'
import { writeOpenApi } from './openapi.ts'
import { audience, type ProviderSettings, scopes, soundProvider, weakProvider } from './provider-configuration.ts'
import { tokenChecker } from './token-check.ts'

/** What can be changed while a system runs; the transport of the legacy port and the issuer's scheme cannot. */
export type SystemChange = {
  readonly api?: Partial<ApiSettings>
  readonly provider?: Partial<Omit<ProviderSettings, 'https'>>
  readonly logs?: Partial<LogSettings>
}

/** The Customer Data API with everything around it, running on 127.0.0.1. */
export type DemoSystem = AsyncDisposable & {
  /** `https://127.0.0.1:<port>`, without a slash at the end. */
  readonly apiUrl: string
  readonly httpUrl: string
  /** A second HTTPS port that a migration left behind, with an expired certificate; null in the sound system. */
  readonly legacyUrl: string | null
  readonly issuer: string
  /** PEM file of the root that both certificates chain to. */
  readonly caFile: string
  readonly clientId: string
  /** File of mode 0600 with the client's secret. */
  readonly clientSecretFile: string
  /** File of mode 0600 with a token of this issuer that has expired. */
  readonly expiredTokenFile: string
  readonly audience: string
  readonly scope: string
  readonly openApiFile: string
  /** Folder of `audit.log` and its rotated predecessors. */
  readonly logFolder: string
  readonly logrotateFile: string
  change(change: SystemChange): Promise<void>
  close(): Promise<void>
}

const legacyTransport: TlsSettings = {
  minTls: 'TLSv1.2',
  maxTls: 'TLSv1.2',
  ciphers: null,
  serverOrder: true,
  groups: null,
  renegotiation: true,
  certificate: 'expired',
  key: 'RSA',
}

/** Starts the sound edition; its files lie in `folder`. */
export async function startSoundSystem(folder: string): Promise<DemoSystem> {
  return await startSystem(folder, { api: soundSettings, provider: soundProvider, logs: soundLogs, legacy: null })
}

/** Starts the weak edition, with the faults that `plantedFaults` names; its files lie in `folder`. */
export async function startWeakSystem(folder: string): Promise<DemoSystem> {
  const legacy = legacyTransport
  return await startSystem(folder, { api: weakSettings, provider: weakProvider, logs: weakLogs, legacy })
}

/** The settings of a system; the two editions are the ones above, tests make others. */
export type SystemSettings = {
  readonly api: ApiSettings
  readonly provider: ProviderSettings
  readonly logs: LogSettings
  readonly legacy: TlsSettings | null
}

/** Starts a system with any settings; its files lie in `folder`. */
export async function startSystem(folder: string, settings: SystemSettings): Promise<DemoSystem> {
  makeFolder(folder, 0o700)
  const authority = await createAuthority(folder, 'Example Organisation')
  const log = createAuditLog(folder, settings.logs)
  const provider = await startIdentityProvider(folder, authority, settings.provider)
  const api = await startCustomerDataApi({
    authority,
    settings: settings.api,
    legacy: settings.legacy,
    checkToken: tokenChecker(provider.issuer, audience, authority.caFile),
    audit: log.append,
  })
  const openApiFile = writeOpenApi(folder, api.apiUrl, provider.issuer)
  const close = async (): Promise<void> => {
    await Promise.all([api.close(), provider.close()])
  }
  return {
    apiUrl: api.apiUrl,
    httpUrl: api.httpUrl,
    legacyUrl: api.legacyUrl,
    issuer: provider.issuer,
    caFile: authority.caFile,
    clientId: provider.clientId,
    clientSecretFile: provider.clientSecretFile,
    expiredTokenFile: provider.expiredTokenFile,
    audience,
    scope: scopes.join(' '),
    openApiFile,
    logFolder: log.folder,
    logrotateFile: log.logrotateFile,
    async change(change) {
      if (change.provider) provider.change(change.provider)
      if (change.logs) log.change(change.logs)
      if (change.api) await api.change(change.api)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
