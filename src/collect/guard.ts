import { isIP } from 'node:net'
import { CollectionError } from '../model/errors.ts'
import type { Endpoint } from './contract.ts'

/** Refuses every endpoint that is not within the target's reach. */
export function createGuard(allowed: readonly Endpoint[]): (endpoint: Endpoint) => void {
  const keys = new Set(allowed.map(keyOf))
  return (endpoint) => {
    if (keys.has(keyOf(endpoint))) return
    const name = formatEndpoint(endpoint)
    throw new CollectionError('not-permitted', `${name} is not within the target’s reach`, {
      subject: name,
      hint: 'Name this host and port in the target if it belongs to the system under audit.',
    })
  }
}

/** `host:port`, with brackets round an IPv6 address. */
export function formatEndpoint({ host, port }: Endpoint): string {
  const bare = bareHost(host)
  return isIP(bare) === 6 ? `[${bare}]:${port}` : `${bare}:${port}`
}

/** A host in lower case without brackets and without the root's dot; IPv6 in its shortest form, RFC 5952. */
export function bareHost(host: string): string {
  const bare = host.toLowerCase().replace(/^\[|\]$/g, '')
  if (isIP(bare) === 6) return new URL(`http://[${bare}]/`).hostname.slice(1, -1)
  return bare.replace(/\.$/, '')
}

/** The endpoint that an http or https URL leads to. */
export function endpointOf(url: URL): Endpoint {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { host: bareHost(url.hostname), port }
}

function keyOf({ host, port }: Endpoint): string {
  return `${bareHost(host)} ${port}`
}
