import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { version } from '../app/assets.ts'
import type { Project } from '../app/project.ts'
import { ConfigError } from '../model/errors.ts'
import { nextSlot } from '../model/schedule.ts'
import type { Instant } from '../model/time.ts'
import type { Untimed } from './stamping.ts'

/** What went wrong, and when. */
export type Problem = { readonly at: Instant; readonly message: string }

/** What the daemon knows of itself; the health endpoint shows it. */
export type Health = {
  readonly started: Instant
  running: { readonly schedule: string; readonly slot: Instant } | null
  last: {
    readonly run: string
    readonly schedule: string
    readonly slot: Instant
    readonly state: string
    readonly ended: Instant
  } | null
  /** Why the newest run could not be kept, and why retention was not applied the last time it was due. */
  readonly problems: { collection: Problem | null; retention: Problem | null }
  /** Entries that no time-stamp authority has stamped yet although that is due, and why; an outage of theirs is not ours. */
  untimed: Untimed | null
  queued: number
}

const headers = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
}

/** Serves GET /healthz: 200 while all is well, 503 with the problem otherwise. It names no target and no finding. */
export async function serveHealth(
  project: Project,
  health: Health,
): Promise<AsyncDisposable & { readonly port: number }> {
  const { host, port } = project.config.daemon
  const server = createServer((request, response) => {
    const get = request.method === 'GET' || request.method === 'HEAD'
    if (!get || request.url?.split('?')[0] !== '/healthz') {
      response.writeHead(get ? 404 : 405, headers).end('{"error":"there is GET /healthz"}\n')
      return
    }
    const { problems, ...rest } = health
    const problem = problems.collection ?? problems.retention
    const body = {
      status: problem ? 'failing' : 'ok',
      version,
      ...rest,
      problem,
      next: project.config.schedules.map((schedule) => ({
        schedule: schedule.id,
        slot: nextSlot(schedule, project.clock.now()),
      })),
    }
    response.writeHead(problem ? 503 : 200, headers).end(`${JSON.stringify(body)}\n`)
  })
  server.requestTimeout = 5_000
  server.headersTimeout = 5_000
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, host, resolve)
  try {
    await promise
  } catch (cause) {
    throw new ConfigError('AFD_DAEMON_PORT', `the health endpoint cannot listen on ${host}:${port}`, {
      hint: 'is another daemon running? Otherwise set daemon.port in the configuration',
      cause,
    })
  }
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
