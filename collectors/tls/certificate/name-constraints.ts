import { WireError } from '../wire/bytes.ts'
import { derTags, readDer, readInside } from './der.ts'
import type { AlternativeName } from './names.ts'
import { addressBytes } from './names.ts'
import { type Certificate, extensionOids } from './parse.ts'

/** Subtrees of one side of a NameConstraints extension: DNS suffixes and address blocks (address and mask). */
type Subtrees = { readonly dns: readonly string[]; readonly ip: readonly Uint8Array[] }

const dnsName = 0x82
const ipAddress = 0x87

/** Why an authority may not vouch for these names (RFC 5280 section 4.2.1.10); null where it may. */
export function constraintBroken(authority: Certificate, names: readonly AlternativeName[]): string | null {
  const value = authority.extensions.get(extensionOids.nameConstraints)
  if (!value) return null
  try {
    const sides = readInside(value, derTags.sequence)
    const permitted = readSubtrees(sides.find(({ tag }) => tag === 0xa0)?.content)
    const excluded = readSubtrees(sides.find(({ tag }) => tag === 0xa1)?.content)
    const broken = names.find(
      (name) => isWithin(name, excluded) || (hasKind(name, permitted) && !isWithin(name, permitted)),
    )
    return broken ? `the authority ${authority.subject} may not vouch for ${broken.value}` : null
  } catch (error) {
    if (error instanceof WireError) return `the name constraints of ${authority.subject} cannot be read`
    throw error
  }
}

function readSubtrees(content: Uint8Array | undefined): Subtrees {
  const bases = (content ? readDer(content) : []).flatMap((subtree) => readDer(subtree.content).slice(0, 1))
  return {
    dns: bases
      .filter(({ tag }) => tag === dnsName)
      .map((base) => Buffer.from(base.content).toString('latin1').toLowerCase()),
    ip: bases.filter(({ tag }) => tag === ipAddress).map((base) => base.content),
  }
}

function hasKind({ kind }: AlternativeName, { dns, ip }: Subtrees): boolean {
  return kind === 'DNS' ? dns.length > 0 : ip.length > 0
}

function isWithin({ kind, value }: AlternativeName, { dns, ip }: Subtrees): boolean {
  if (kind === 'DNS') {
    const name = value.toLowerCase().replace(/^\*\./, '')
    return dns.some((suffix) => {
      const bare = suffix.replace(/^\./, '')
      return bare === '' || name === bare || name.endsWith(`.${bare}`)
    })
  }
  const address = addressBytes(value)
  return ip.some((block) => {
    const half = block.length / 2
    return (
      address.length === half &&
      address.every((byte, index) => ((byte ^ (block[index] ?? 0)) & (block[half + index] ?? 0)) === 0)
    )
  })
}
