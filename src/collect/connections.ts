import { connect as openSocket, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { buildConnector, Client } from 'undici'
import { CollectionError } from '../model/errors.ts'
import type { Budget } from './budget.ts'
import type { ConnectOptions, Endpoint } from './contract.ts'
import { endpointOf, formatEndpoint } from './guard.ts'
import { networkFailure } from './network-errors.ts'
import type { PinnedResolver } from './resolver.ts'
import { untilAborted } from './until-aborted.ts'

/** An HTTP connection that its holder alone uses until it is given back. */
export type Lease = {
  readonly client: Client
  /** Whether a request went over it before. */
  readonly reused: boolean
  /** Gives it back: to be used again, or, after a failure or a cut body, to be closed. */
  release(keep: boolean): void
}

/** The connections of one collection, never more at a time than its limit says. */
export type Connections = {
  /** An open TCP socket; its place is free again when it closes. */
  raw(endpoint: Endpoint, options?: ConnectOptions): Promise<Socket>
  /** A connection to the origin of a URL, an idle one where there is one. */
  http(origin: URL, secureContext: SecureContext | undefined): Promise<Lease>
  close(): void
}

const maxHeaderSize = 64 * 1024

export function createConnections(options: {
  readonly concurrency: number
  readonly budget: Budget
  readonly resolver: PinnedResolver
  readonly signal: AbortSignal
}): Connections {
  const { concurrency, budget, resolver, signal } = options
  const clients = new Set<Client>()
  const idle: { readonly origin: string; readonly client: Client }[] = []
  const waiting: (() => void)[] = []
  let taken = 0

  /**
   * Takes a place: with an idle connection to the origin where there is one, else a free one, one that an idle connection
   * elsewhere gives up, or the next of these that comes up.
   */
  async function takePlace(origin?: string): Promise<Client | undefined> {
    for (;;) {
      signal.throwIfAborted()
      const ready = idle.findIndex((each) => each.origin === origin)
      const [found] = ready === -1 ? [] : idle.splice(ready, 1)
      if (found !== undefined) return found.client
      if (taken >= concurrency) {
        const victim = idle.shift()
        if (victim !== undefined) close(victim.client)
      }
      if (taken < concurrency) {
        taken += 1
        return undefined
      }
      await untilAborted(new Promise<void>((resolve) => waiting.push(resolve)), signal)
    }
  }

  function freePlace(): void {
    taken -= 1
    waiting.shift()?.()
  }

  function close(client: Client): void {
    if (!clients.delete(client)) return
    freePlace()
    void client.destroy().catch(() => undefined)
  }

  function lease(client: Client, origin: string, reused: boolean): Lease {
    return {
      client,
      reused,
      release: (keep) => {
        if (!keep || signal.aborted) {
          close(client)
          return
        }
        idle.push({ origin, client })
        waiting.shift()?.()
      },
    }
  }

  async function http(url: URL, secureContext: SecureContext | undefined): Promise<Lease> {
    // Most collections that ask over TCP alone never need it.
    const undici = await import('undici')
    const ready = await takePlace(url.origin)
    if (ready !== undefined) return lease(ready, url.origin, true)
    const client = new undici.Client(url.origin, {
      connect: connector(undici.buildConnector, url, secureContext),
      allowH2: false,
      pipelining: 1,
      maxHeaderSize,
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: 0,
    })
    clients.add(client)
    return lease(client, url.origin, false)
  }

  function connector(
    makeConnector: typeof buildConnector,
    url: URL,
    secureContext: SecureContext | undefined,
  ): buildConnector.connector {
    const build = makeConnector({
      lookup: resolver.lookup,
      autoSelectFamily: true,
      allowH2: false,
      rejectUnauthorized: true,
      timeout: 0,
      maxCachedSessions: 0,
      ...(secureContext === undefined ? {} : { secureContext }),
    } as buildConnector.BuildOptions)
    const { host } = endpointOf(url)
    return (given, callback) => {
      try {
        budget.spendConnection()
      } catch (error) {
        callback(error as Error, null)
        return
      }
      // The certificate must fit the URL, whatever Host header a probe sends.
      const socket: unknown = build({ ...given, servername: /[:]|^[\d.]+$/.test(host) ? '' : host }, callback)
      budget.track(socket as Socket)
    }
  }

  async function raw(endpoint: Endpoint, { address, signal: patience }: ConnectOptions = {}): Promise<Socket> {
    if (address !== undefined && !(await resolver.addresses(endpoint.host)).includes(address)) {
      const name = formatEndpoint(endpoint)
      throw new CollectionError('not-permitted', `${address} is no address of ${name}`, { subject: name })
    }
    await takePlace()
    try {
      patience?.throwIfAborted()
      budget.spendConnection()
    } catch (error) {
      freePlace()
      throw error
    }
    const socket = openSocket({
      host: address ?? endpoint.host.replace(/^\[|\]$/g, ''),
      port: endpoint.port,
      lookup: resolver.lookup,
      autoSelectFamily: true,
      noDelay: true,
    })
    budget.track(socket)
    socket.once('close', freePlace)
    const abort = (): void => {
      socket.destroy(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.once('close', () => signal.removeEventListener('abort', abort))
    const connecting = untilAborted(connected(socket, endpoint), signal)
    if (!patience) return connecting
    try {
      return await untilAborted(connecting, patience)
    } catch (error) {
      // Nobody wants the connection any more, and it would keep its place.
      socket.destroy()
      throw error
    }
  }

  return {
    raw,
    http,
    close: () => {
      for (const client of clients) close(client)
    },
  }
}

function connected(socket: Socket, endpoint: Endpoint): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(networkFailure(error, formatEndpoint(endpoint)) ?? error)
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.off('error', fail)
      // A collector that listens to no error must not end the process.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}
