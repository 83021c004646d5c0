import { isIP } from 'node:net'
import * as z from 'zod'
import { type Endpoint, SecretReference, type TargetBase, targetSchema } from '../../src/collect/contract.ts'
import { asciiName, isAscii } from './certificate/names.ts'
import { type StarttlsProtocol, starttlsPorts, starttlsProtocols, starttlsSchemes } from './starttls/protocols.ts'

/** A name as DNS and TLS have it: letters beyond ASCII are written as `xn--` (RFC 5891), all else stays. */
const name = z.string().transform((text, { addIssue }) => {
  const ascii = asciiName(text)
  if (ascii !== '' || text === '') return ascii
  addIssue({ code: 'custom', message: 'a name with letters that no domain name has: it cannot be written as xn--' })
  return z.NEVER
})

const tlsTargetSchema = targetSchema({
  host: name
    .pipe(
      z
        .string()
        .regex(
          /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?|\[?[0-9A-Fa-f:.]+\]?)$/,
          {
            message: 'a host is a name such as api.example.test or an address, without scheme and port',
          },
        ),
    )
    .describe('Name or address of the server'),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('TCP port; default: 443, or the port of the protocol that starttls names'),
  starttls: z
    .enum(starttlsProtocols)
    .optional()
    .describe('Protocol that begins in plain text and changes to TLS; default: TLS from the first byte'),
  revocation: z
    .enum(['stapled', 'online'])
    .optional()
    .describe('Where revocation is looked up: in what the server staples (default), or also by OCSP and CRL'),
  revocationSources: z
    .array(z.url({ protocol: /^https?$/, hostname: /./ }))
    .optional()
    .describe('With revocation: online, the URLs of the OCSP responders and CRLs that may be asked'),
  logList: z
    .string()
    .min(1)
    .optional()
    .describe('File with the Certificate Transparency logs that are known, as log_list.json; verifies timestamps'),
  clientCertificate: z
    .strictObject({
      certificate: z.string().min(1).describe('PEM file with the client’s certificate, and its intermediates after it'),
      key: SecretReference.describe('Where its private key is, in PEM: env:NAME or file:path'),
    })
    .optional()
    .describe('Shown to a server that lets no client in without a certificate'),
  serverName: name
    .pipe(z.string().min(1).max(253))
    .optional()
    .describe('Name to ask for (SNI) and to compare the certificate with; default: the host, unless it is an address'),
})

/** What stands under `target:` of the tls collector; the port is there, whether it was given or not. */
export const tlsTarget = tlsTargetSchema.transform((target) => ({
  ...target,
  port: target.port ?? portOf(target.starttls),
}))
export type TlsTarget = z.infer<typeof tlsTarget>

function portOf(starttls: StarttlsProtocol | undefined): number {
  return starttls === undefined ? 443 : starttlsPorts[starttls]
}

/** The TCP endpoint of a target; IPv6 addresses without brackets. */
export function endpointOf({ host, port }: TlsTarget): Endpoint {
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

/** The files that a target names. */
export function pathsOf({ trust, logList, clientCertificate }: TlsTarget & TargetBase): readonly string[] {
  const [logs, client] = [logList ?? [], clientCertificate?.certificate ?? []]
  return [trust, logs, client].flat()
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

/** A target as `affidavit probe` makes it of a text. */
export type ShorthandTarget = { readonly host: string; readonly port: number; readonly starttls?: StarttlsProtocol }

/**
 * `example.com`, `example.com:8443`, `[::1]:443`, `https://host/`, `smtp://mail.example.com` as a raw target; undefined
 * for anything else.
 */
export function parseShorthand(text: string): ShorthandTarget | undefined {
  const trimmed = text.trim()
  if (isIP(trimmed) === 6) return { host: trimmed, port: 443 }
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  // What is no name in any script is left to the schema, which says what is wrong with it.
  const [, named = ''] = /^[^:]*:\/\/([^/:?#@]+)/.exec(given) ?? []
  const strange = isAscii(named) ? undefined : named
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url && strange !== undefined) return { host: strange, port: 443 }
  if (!url || url.hostname === '' || url.username !== '') return undefined
  const starttls = starttlsSchemes[url.protocol.slice(0, -1)]
  if (!starttls && !['https:', 'wss:', 'tls:'].includes(url.protocol)) return undefined
  const port = url.port === '' ? portOf(starttls) : Number(url.port)
  // URLs of other schemes than https and the like have their letters percent-encoded.
  const host = (strange === undefined ? url.hostname : asciiName(strange) || strange).replace(/^\[|\]$/g, '')
  return { host, port, ...(starttls ? { starttls } : {}) }
}
