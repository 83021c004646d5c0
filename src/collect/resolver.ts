import type { CaaRecord } from 'node:dns'
import { Resolver as DnsResolver, lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { CollectionError } from '../model/errors.ts'
import type { Resolver } from './contract.ts'
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

async function records(
  name: string,
  type: 'CAA' | 'TXT' | 'MX' | 'NS' | 'CNAME',
  signal: AbortSignal,
): Promise<readonly string[]> {
  const resolver = new DnsResolver()
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await ask(resolver, name, type)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENODATA') return []
    throw networkFailure(error, name) ?? error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function ask(
  resolver: DnsResolver,
  name: string,
  type: 'CAA' | 'TXT' | 'MX' | 'NS' | 'CNAME',
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
