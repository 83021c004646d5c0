import { isIP } from 'node:net'
import * as z from 'zod'
import { type Endpoint, targetSchema } from '../../src/collect/contract.ts'

/** What stands under `target:` of the tls collector. */
export const tlsTarget = targetSchema({
  host: z
    .string()
    .regex(
      /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?|\[?[0-9A-Fa-f:.]+\]?)$/,
      {
        message: 'a host is a name such as api.example.test or an address, without scheme and port',
      },
    )
    .describe('Name or address of the server'),
  port: z.int().min(1).max(65_535).default(443).describe('TCP port'),
  serverName: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .describe('Name to ask for (SNI) and to compare the certificate with; default: the host, unless it is an address'),
})
export type TlsTarget = z.infer<typeof tlsTarget>

/** The TCP endpoint of a target; IPv6 addresses without brackets. */
export function endpointOf({ host, port }: TlsTarget): Endpoint {
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

/** The name that is asked for; undefined for an address without a serverName, since SNI carries no addresses. */
export function serverNameOf({ host, serverName }: TlsTarget): string | undefined {
  if (serverName !== undefined) return serverName
  const bare = host.replace(/^\[|\]$/g, '')
  return isIP(bare) === 0 ? bare.replace(/\.$/, '') : undefined
}

/** `host:port`, with `#servername` where it differs from the host. */
export function subjectOf(target: TlsTarget): string {
  const { host, port } = endpointOf(target)
  const lower = host.toLowerCase()
  const place = isIP(lower) === 6 ? `[${lower}]:${port}` : `${lower}:${port}`
  const name = target.serverName?.toLowerCase()
  return name === undefined || name === lower ? place : `${place}#${name}`
}

/** `example.com`, `example.com:8443`, `[::1]:443`, `https://host/` as a raw target; undefined for anything else. */
export function parseShorthand(text: string): { host: string; port: number } | undefined {
  const trimmed = text.trim()
  if (isIP(trimmed) === 6) return { host: trimmed, port: 443 }
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url || !['https:', 'wss:', 'tls:'].includes(url.protocol) || url.hostname === '' || url.username !== '') {
    return undefined
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 443 : Number(url.port) }
}
