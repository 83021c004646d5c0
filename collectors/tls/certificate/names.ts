import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** A subject alternative name that a TLS client compares with, RFC 5280 section 4.2.1.6. */
export type AlternativeName = { readonly kind: 'DNS' | 'IP'; readonly value: string }

/**
 * Whether a certificate's names cover a host: RFC 9525. Only subject alternative names count; a wildcard stands for
 * the whole of the left-most label and for nothing else.
 */
export function coversHost(names: readonly AlternativeName[], host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0) {
    const address = canonicalAddress(bare)
    return names.some(({ kind, value }) => kind === 'IP' && canonicalAddress(value) === address)
  }
  // Clients take the dot off what they were asked for. A certificate's name has none (RFC 5280): one with it matches nothing.
  const wanted = labels(bare.replace(/\.$/, ''))
  return names.some(({ kind, value }) => kind === 'DNS' && coversName(labels(value), wanted))
}

function coversName(pattern: readonly string[], wanted: readonly string[]): boolean {
  if (pattern.length !== wanted.length || wanted.some((label) => label === '')) return false
  const [first, ...rest] = pattern
  // `*.test` would cover a whole top-level domain.
  const wildcard = first === '*' && rest.length >= 2
  return (wildcard || first === wanted[0]) && rest.every((label, index) => label === wanted[index + 1])
}

function labels(name: string): string[] {
  const plain = name.toLowerCase()
  // domainToASCII does not take the asterisk.
  const [first = '', ...rest] = plain.split('.')
  return first === '*' ? ['*', ...asciiName(rest.join('.')).split('.')] : asciiName(plain).split('.')
}

/** A name with its letters beyond ASCII as `xn--`, and as it is where it has none; empty where it is no name. */
export function asciiName(name: string): string {
  return isAscii(name) ? name : domainToASCII(name)
}

export function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}

function canonicalAddress(text: string): string | undefined {
  const version = isIP(text)
  if (version === 6) return new URL(`http://[${text}]/`).hostname
  return version === 4 ? text : undefined
}

/** The four or sixteen bytes of an address; none where the text is no address. */
export function addressBytes(text: string): Uint8Array {
  if (isIP(text) === 4) return Uint8Array.from(text.split('.').map(Number))
  if (isIP(text) !== 6) return new Uint8Array()
  const [head = '', tail = ''] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::')
  const before = head.split(':').filter(Boolean)
  const after = tail.split(':').filter(Boolean)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return Uint8Array.from(
    [...before, ...zeros, ...after].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]),
  )
}

/** An address of four or sixteen bytes as text; undefined for any other length. */
export function addressText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return undefined
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] ?? 0) * 256 + (bytes[i * 2 + 1] ?? 0)).toString(16))
  return canonicalAddress(groups.join(':'))?.slice(1, -1)
}
