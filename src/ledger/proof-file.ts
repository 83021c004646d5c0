import * as z from 'zod'
import { IntegrityError } from '../model/errors.ts'
import type { EntryRange } from './entry-range.ts'
import { splitOf } from './proof.ts'

/** The way of one entry up to the root: its leaf hash and its audit path, nearest sibling first (RFC 9162 2.1.3.1). */
export type EntryProof = { readonly entry: number; readonly leaf: Uint8Array; readonly path: readonly Uint8Array[] }

/** Inclusion proofs of some entries in the ledger of `size` entries, as `proofs.json` holds them. */
export type ProofFile = {
  readonly size: number
  readonly proofs: readonly EntryProof[]
  /** The unbroken ranges of all entries that the proofs are for; files of version 1 do not name them. */
  readonly ranges?: readonly EntryRange[]
}

/** A step of an audit path: which side the sibling stands on, and which leaves [from, to) it is the hash of. */
export type PathStep = { readonly side: 'L' | 'R'; readonly from: number; readonly to: number }

/** The steps from leaf `index` up to the root of `size` leaves, nearest first. */
export function pathSteps(index: number, size: number): readonly PathStep[] {
  const steps: PathStep[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + splitOf(to - from)
    if (index < middle) {
      steps.push({ side: 'R', from: middle, to })
      to = middle
    } else {
      steps.push({ side: 'L', from, to: middle })
      from = middle
    }
  }
  return steps.reverse()
}

/**
 * The text of `proofs.json`. Each node is written once, on a line of its own; a path names its nodes by their place in
 * that list, counted from 0, with the side that they stand on: `L3` is node 3 to the left. One entry a line, so that
 * the file can be read with grep and sed. With ranges it is version 2: what its entries are, each range on a line.
 */
export function formatProofs({ size, proofs, ranges }: ProofFile): string {
  const places = new Map<string, number>()
  const placeOf = (node: Uint8Array): number => {
    const hex = toHex(node)
    const place = places.get(hex) ?? places.size
    places.set(hex, place)
    return place
  }
  const entries = proofs.map(({ entry, leaf, path }) => {
    const sides = pathSteps(entry, size).map(({ side }) => side)
    const steps = path.map((node, index) => `${sides[index]}${placeOf(node)}`)
    return JSON.stringify({ entry, leaf: toHex(leaf), path: steps })
  })
  const nodes = [...places.keys()].map((node) => JSON.stringify(node))
  const stated = ranges?.map(({ first, last }) => JSON.stringify({ first, last })).join(',\n')
  const head =
    stated === undefined ? `"version":1,"size":${size}` : `"version":2,"size":${size},"ranges":[\n${stated}\n]`
  return `{${head},"entries":[\n${entries.join(',\n')}\n],"nodes":[\n${nodes.join(',\n')}\n]}\n`
}

/** Reads `proofs.json`; throws IntegrityError `AFD_PROOF_FORMAT` for anything else. The proofs are not verified here. */
export function parseProofs(text: string): ProofFile {
  const result = File.safeParse(json(text))
  if (!result.success) throw notProofs(result.error.issues[0]?.message ?? 'it has another shape')
  const { size, entries, nodes } = result.data
  const ranges = result.data.version === 2 ? result.data.ranges : undefined
  const hashes = nodes.map((node) => Buffer.from(node, 'hex'))
  const seen = new Set<number>()
  const proofs = entries.map(({ entry, leaf, path }) => {
    if (entry >= size || seen.has(entry)) throw notProofs(`entry ${entry} has no place in it`)
    seen.add(entry)
    const steps = pathSteps(entry, size)
    const siblings = path.map((step) => hashes[Number(step.slice(1))])
    if (steps.length !== path.length || steps.some(({ side }, index) => path[index]?.[0] !== side)) {
      throw notProofs(`the path of entry ${entry} is not one from its place to the root`)
    }
    return { entry, leaf: Buffer.from(leaf, 'hex'), path: siblings.filter((node) => node !== undefined) }
  })
  if (!ranges) return { size, proofs }
  for (const [index, { first, last }] of ranges.entries()) {
    const behind = (ranges[index - 1]?.last ?? -2) + 1
    if (first <= behind || last < first || !seen.has(first) || !seen.has(last)) {
      throw notProofs(`its range from entry ${first} to ${last} is out of order, or has an end without a proof`)
    }
  }
  return { size, proofs, ranges }
}

/**
 * The entries whose proofs, with the bytes of all given entries, lead to the root: the first and the last of every
 * unbroken run of `sequences` (ascending), beside the ones that are wanted anyway.
 */
export function entriesToProve(sequences: readonly number[], wanted: ReadonlySet<number>): readonly number[] {
  return sequences.filter(
    (sequence, index) =>
      wanted.has(sequence) || sequences[index - 1] !== sequence - 1 || sequences[index + 1] !== sequence + 1,
  )
}

const Hash = z.string().regex(/^[0-9a-f]{64}$/, 'a hash is 64 hexadecimal digits')
const Content = z.strictObject({
  size: z.int().min(0),
  entries: z.array(
    z.strictObject({
      entry: z.int().min(0),
      leaf: Hash,
      path: z.array(z.string().regex(/^[LR](?:0|[1-9]\d{0,8})$/, 'a step is L or R and a number')),
    }),
  ),
  nodes: z.array(Hash),
})
const Position = z.int().min(0)
const File = z.discriminatedUnion('version', [
  Content.extend({ version: z.literal(1) }),
  Content.extend({ version: z.literal(2), ranges: z.array(z.strictObject({ first: Position, last: Position })) }),
])

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw notProofs('it is not JSON', cause)
  }
}

function toHex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex')
}

function notProofs(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError('AFD_PROOF_FORMAT', `not a file of inclusion proofs: ${why}`, { cause })
}
