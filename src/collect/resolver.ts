import dns, { type CaaRecord } from 'node:dns'
import { Resolver as DnsResolver, lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { CollectionError } from '../model/errors.ts'
import type { RecordType, Resolver } from './contract.ts'
import { resolveHttps } from './dns-query.ts'
import { bareHost } from './guard.ts'
import { networkFailure } from './network-errors.ts'
import { untilAborted } from './until-aborted.ts'

/** DNS for one collection: a name keeps the addresses that it had first, so that it cannot be rebound half-way. */
export type PinnedResolver = Resolver & {
  /** What `net.connect` takes as `lookup`, with the pinned addresses. */
  readonly lookup: LookupFunction
}

export function createResolver(signal: AbortSignal): PinnedResolver {
  const pinned = new Map<string, Promise<readonly string[]>>()

  function addresses(host: string): Promise<readonly string[]> {
    const name = bareHost(host)
    const known = pinned.get(name)
    if (known !== undefined) return known
    const answer = isIP(name) ? Promise.resolve([name]) : untilAborted(lookUp(name), signal)
    pinned.set(name, answer)
    return answer
  }

  return {
    addresses,
    records: (host, type) => untilAborted(records(bareHost(host), type, signal), signal),
    lookup: (host, options, callback) => {
      addresses(host).then(
        (all) => {
          const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : options.family
          const fitting = all
            .map((address) => ({ address, family: isIP(address) }))
            .filter((entry) => !family || entry.family === family)
          const first = fitting[0]
          if (first === undefined) callback(new CollectionError('unresolved', `${host} has no such address`), '')
          else if (options.all) callback(null, fitting)
          else callback(null, first.address, first.family)
        },
        (error: Error) => callback(error, ''),
      )
    },
  }
}

async function lookUp(name: string): Promise<readonly string[]> {
  try {
    const found = await lookup(name, { all: true })
    return found.map(({ address }) => address)
  } catch (error) {
    throw networkFailure(error, name) ?? error
  }
}

/** How long one server has for one answer, and how often each is asked. */
const patience = { timeout: 2_000, tries: 2 }

async function records(name: string, type: RecordType, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new DnsResolver(patience)
  // A resolver of its own so that it can be cancelled, with the servers of this process. Named imports of node:dns do
  // not follow setServers.
  resolver.setServers(dns.getServers())
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await (type === 'HTTPS' ? resolveHttps(name, signal) : ask(resolver, name, type))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENODATA') return []
    if (signal.aborted) throw error
    throw networkFailure(error, name) ?? unresolved(error, name)
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function unresolved(error: unknown, name: string): CollectionError {
  const why = error instanceof Error ? error.message : String(error)
  return new CollectionError('unresolved', `the DNS gave no answer about ${name}: ${why}`, {
    subject: name,
    cause: error,
  })
}

async function ask(
  resolver: DnsResolver,
  name: string,
  type: Exclude<RecordType, 'HTTPS'>,
): Promise<readonly string[]> {
  switch (type) {
    case 'CAA':
      return (await resolver.resolveCaa(name)).map(formatCaa)
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(''))
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`)
    case 'NS':
      return resolver.resolveNs(name)
    case 'CNAME':
      return resolver.resolveCname(name)
    default:
      return type satisfies never
  }
}

/** `0 issue "ca.example"`: the presentation form of RFC 8659 section 4.1. */
function formatCaa({ critical, ...properties }: CaaRecord): string {
  const [tag, value] = Object.entries(properties).find(([name]) => name !== 'type') ?? ['issue', '']
  return `${critical} ${tag} "${String(value)}"`
}
