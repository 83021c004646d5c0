import { isIP } from 'node:net'

export type OriginKind = 'foreign' | 'null' | 'suffix' | 'subdomain'

/** An Origin that the API should not trust, and how it came about. */
export type ProbeOrigin = { readonly kind: OriginKind; readonly origin: string }

/** A name that nobody can register, RFC 2606 section 2. */
const foreign = 'affidavit-probe.invalid'

/**
 * Origins to try against an API at `host`: one that has nothing to do with it, `null`, and for the API's own host and
 * each trusted origin two look-alikes (its name as the beginning, its name as the end) and an invented subdomain. An IP
 * address has only the first look-alike.
 */
export function probeOrigins(host: string, trusted: readonly string[]): readonly ProbeOrigin[] {
  const hosts = [host, ...trusted.map((origin) => new URL(origin).hostname)]
  const all: readonly ProbeOrigin[] = [
    { kind: 'foreign', origin: `https://${foreign}` },
    { kind: 'null', origin: 'null' },
    ...hosts.flatMap(lookAlikes),
  ]
  return all.filter(({ origin }, index) => all.findIndex((other) => other.origin === origin) === index)
}

/** How an origin that was sent had come about; the text alone tells. */
export function originKindOf(origin: string): OriginKind {
  if (origin === 'null') return 'null'
  if (origin === `https://${foreign}`) return 'foreign'
  return origin.startsWith('https://affidavit-probe.') && !origin.endsWith(`.${foreign}`) ? 'subdomain' : 'suffix'
}

function lookAlikes(host: string): readonly ProbeOrigin[] {
  if (host.startsWith('[')) return []
  const asBeginning: ProbeOrigin = { kind: 'suffix', origin: `https://${host}.${foreign}` }
  if (isIP(host) !== 0 || !host.includes('.')) return [asBeginning]
  const parent = parentOf(host)
  return [
    asBeginning,
    { kind: 'suffix', origin: `https://affidavit-probe${parent}` },
    { kind: 'subdomain', origin: `https://affidavit-probe.${parent}` },
  ]
}

/** What the hosts of one owner mostly share: the name without its first label, or the whole name where it has but two. */
function parentOf(host: string): string {
  const labels = host.split('.')
  return labels.length > 2 ? labels.slice(1).join('.') : host
}
