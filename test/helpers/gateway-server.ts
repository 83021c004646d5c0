import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gatewayCollector } from '../../collectors/gateway/index.ts'
import { type Authority, createAuthority, type ServerCertificate } from '../../demo/servers/authority.ts'
import { listen, stop } from '../../demo/servers/socket.ts'
import type { Collection } from '../../src/model/evidence.ts'
import { collectFrom } from './collect.ts'

/** How a stand-in for a gateway answers; `hang-up` closes the connection instead. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang-up'
export type Replies = (request: IncomingMessage, count: number) => Reply

/** A certification authority for servers on 127.0.0.1, in a folder of its own. */
export type TestAuthority = Authority & { readonly folder: string; readonly server: ServerCertificate; remove(): void }

export async function testAuthority(): Promise<TestAuthority> {
  const folder = mkdtempSync(join(tmpdir(), 'affidavit-gateway-'))
  const authority = await createAuthority(folder, 'Example Organisation')
  const server = await authority.issue('gateway', 'sound')
  return { ...authority, folder, server, remove: () => rmSync(folder, { recursive: true }) }
}

/** An https and a plain http port on 127.0.0.1 that answer as they are told; `seen` holds every request. */
export async function startGateway(authority: TestAuthority, replies: { https: Replies; http?: Replies | undefined }) {
  const seen: IncomingMessage[] = []
  const listener = (reply: Replies): RequestListener => {
    let count = 0
    return (request, response) => {
      seen.push(request)
      count += 1
      respond(request, response, reply(request, count))
    }
  }
  const { chain, key } = authority.server
  const secure = createSecureServer({ cert: chain, key }, listener(replies.https))
  const plain = createServer(listener(replies.http ?? (() => ({ status: 403 }))))
  const target = { url: `https://127.0.0.1:${await listen(secure)}`, http: `http://127.0.0.1:${await listen(plain)}` }
  const close = async (): Promise<void> => {
    await Promise.all([stop(secure), stop(plain)])
  }
  const probe = async (changed: object = {}): Promise<Collection> =>
    await collectFrom(gatewayCollector, { ...target, trust: [authority.caFile], ...changed })
  return { ...target, seen, probe, [Symbol.asyncDispose]: close }
}

function respond(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (reply === 'hang-up') {
    request.socket.destroy()
    return
  }
  const { status, headers = {}, body = '' } = reply
  response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body)
}
