import { BlockList, isIP } from 'node:net'
import { openContext } from '../collect/context.ts'
import { endpointOf } from '../collect/guard.ts'
import { SigningError } from '../model/errors.ts'
import type { Clock } from '../model/time.ts'
import type { AskRevocation } from '../signing/cms/validation-data.ts'

export type AskRevocationOptions = {
  readonly clock: Clock
  /** `host` or `host:port`. Where given, no other is asked, and these may have any address. */
  readonly hosts?: readonly string[]
  /** Of one question; 10 s where absent. */
  readonly timeoutMs?: number
}

/** A CRL of a quarter of a million entries; longer ones are not read. */
const mostBytes = 10 * 1024 * 1024
const defaultTimeoutMs = 10_000

/**
 * Asks revocation services over plain HTTP with the bounded client that collectors use: one request, no redirects, at
 * most 10 MiB. URLs come from certificates, which strangers may have made: unless the configuration names the host,
 * addresses of this machine and of private networks are not asked. Throws SigningError or CollectionError.
 */
export function revocationOverHttp({
  clock,
  hosts,
  timeoutMs = defaultTimeoutMs,
}: AskRevocationOptions): AskRevocation {
  return async ({ kind, url, body }, signal) => {
    const endpoint = endpointOf(new URL(url))
    const isNamed =
      hosts?.some((host) => [endpoint.host, `${endpoint.host}:${endpoint.port}`].includes(host.toLowerCase())) ?? false
    if (hosts && !isNamed) throw notPermitted(url, 'its host is not among those that the configuration names')
    const { context, close } = openContext({
      target: { permit: 'passive', limits: {}, trust: [] },
      reach: { endpoints: [endpoint], paths: [] },
      limits: { timeoutMs, concurrency: 1, connections: 4, requests: 1, bytes: mostBytes + 65_536 },
      clock,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      log: { debug: () => {}, info: () => {}, warn: () => {} },
      baseDirectory: process.cwd(),
      readSecret: () => Promise.reject(new TypeError('no secrets are read here')),
    })
    try {
      // The client connects to these very addresses: a name keeps those that it had first.
      const addresses = isNamed ? [] : await context.resolve.addresses(endpoint.host)
      const inner = addresses.find(isInternal)
      if (inner !== undefined) throw notPermitted(url, `its address ${inner} is not a public one`)
      const answer = await context.http({
        url,
        maxBytes: mostBytes,
        keepBody: false,
        ...(body === null
          ? {}
          : {
              method: 'POST',
              headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
              body,
            }),
      })
      if (answer.status !== 200) throw refused(url, `it answers with status ${answer.status}`)
      if (answer.truncated) throw refused(url, `its ${kind === 'crl' ? 'CRL' : 'answer'} is larger than 10 MiB`)
      return Uint8Array.from(answer.body)
    } finally {
      close()
    }
  }
}

function notPermitted(url: string, why: string): SigningError {
  return new SigningError('AFD_REVOCATION_NOT_PERMITTED', `${url} is not asked: ${why}`, {
    hint: 'Name the host in the configuration if it is one of yours.',
    subject: url,
  })
}

function refused(url: string, why: string): SigningError {
  return new SigningError('AFD_REVOCATION_REFUSED', `${url} has nothing to say: ${why}`, {
    hint: 'Ask the authority that issued the certificate.',
    subject: url,
  })
}

/** Special-purpose addresses, RFC 6890. */
const internal = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  internal.addSubnet(network, bits, 'ipv4')
}
for (const [network, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  internal.addSubnet(network, bits, 'ipv6')
}

/** IPv6 addresses that hold one of IPv4 are judged by that one. */
const isInternal = (address: string): boolean => internal.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
