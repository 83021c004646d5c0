import { constants } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { type AuditRecord, apiHandler } from './api-handler.ts'
import type { ApiSettings, TlsSettings } from './api-settings.ts'
import type { Authority } from './authority.ts'
import { listen, stop } from './socket.ts'
import type { TokenChecker } from './token-check.ts'

/** A running Customer Data API: an HTTPS port, a plain HTTP port, and perhaps a port left over from a migration. */
export type CustomerDataApi = AsyncDisposable & {
  /** `https://127.0.0.1:<port>`, without a slash at the end. */
  readonly apiUrl: string
  readonly httpUrl: string
  /** The second HTTPS port, or null where there is none. */
  readonly legacyUrl: string | null
  settings(): ApiSettings
  /** Puts other settings into force for every connection made from then on. */
  change(settings: Partial<ApiSettings>): Promise<void>
  close(): Promise<void>
}

export type ApiOptions = {
  readonly authority: Authority
  readonly settings: ApiSettings
  /** Transport of a second HTTPS port that serves the same API; null for none. */
  readonly legacy: TlsSettings | null
  readonly checkToken: TokenChecker
  readonly audit: (record: AuditRecord) => void
}

/** Starts the Customer Data API on free ports of 127.0.0.1. */
export async function startCustomerDataApi(options: ApiOptions): Promise<CustomerDataApi> {
  const { authority, legacy } = options
  let current = options.settings
  const handle = apiHandler(() => current, options.checkToken, options.audit)
  const secure = createHttpsServer(await transport(authority, 'api', current), handle)
  const plain = createHttpServer((request, response) => answerPlain(current, apiUrl, request, response, handle))
  const old = legacy === null ? null : createHttpsServer(await transport(authority, 'api-legacy', legacy), handle)
  const apiUrl = `https://127.0.0.1:${await listen(secure)}`
  const plainPort = await listen(plain)
  if (current.httpPort === 'closed') await stop(plain)
  const legacyUrl = old === null ? null : `https://127.0.0.1:${await listen(old)}`

  const change = async (wanted: Partial<ApiSettings>): Promise<void> => {
    const next = { ...current, ...wanted }
    const { keepAlive: _, ...context } = await transport(authority, 'api', next)
    secure.setSecureContext(context)
    current = next
    // A connection that is kept alive still has the transport of before.
    secure.closeIdleConnections()
    plain.closeIdleConnections()
    if (next.httpPort === 'closed') await stop(plain)
    else if (!plain.listening) await listen(plain, plainPort)
  }
  const close = async (): Promise<void> => {
    await Promise.all([stop(secure), stop(plain), old === null ? null : stop(old)])
  }
  const httpUrl = `http://127.0.0.1:${plainPort}`
  return { apiUrl, httpUrl, legacyUrl, settings: () => current, change, close, [Symbol.asyncDispose]: close }
}

async function transport(authority: Authority, name: string, settings: TlsSettings): Promise<ServerOptions> {
  const { chain, key } = await authority.issue(name, settings.certificate, settings.key)
  const weakKey = settings.certificate === 'rsa-1024'
  // OpenSSL refuses to present so short a key above security level 0.
  const ciphers = settings.ciphers ?? (weakKey ? 'DEFAULT@SECLEVEL=0' : undefined)
  return {
    cert: chain,
    key,
    minVersion: settings.minTls,
    maxVersion: settings.maxTls,
    honorCipherOrder: settings.serverOrder,
    keepAlive: true,
    secureOptions: settings.renegotiation ? 0 : constants.SSL_OP_NO_RENEGOTIATION,
    ...(settings.groups === null ? {} : { ecdhCurve: settings.groups }),
    ...(ciphers === undefined ? {} : { ciphers }),
  }
}

function answerPlain(
  { httpPort }: ApiSettings,
  apiUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): void {
  switch (httpPort) {
    case 'serve':
      handle(request, response)
      return
    case 'redirect':
      response.writeHead(308, { Location: `${apiUrl}${request.url ?? '/'}`, 'Content-Length': 0 }).end()
      return
    case 'refuse': {
      const text = `${JSON.stringify({ type: 'about:blank', title: 'Forbidden', status: 403, detail: 'HTTPS is required' })}\n`
      response
        .writeHead(403, {
          'Content-Type': 'application/problem+json',
          'Content-Length': text.length,
          Connection: 'close',
        })
        .end(text)
      return
    }
    case 'closed':
      response.destroy()
      return
    default:
      httpPort satisfies never
  }
}
