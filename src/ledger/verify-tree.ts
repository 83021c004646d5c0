import type { Kysely } from 'kysely'
import { emptyFrontier, type Frontier, grow, rootOf, sameHash, treeHash } from './merkle.ts'
import type { ProblemList } from './problem.ts'
import type { Tables } from './schema.ts'
import { splitHashes, tileWidth } from './tree.ts'

/** `accused` where its entry has already been found wrong. */
export type CheckedLeaf = { readonly sequence: number; readonly leaf: Uint8Array; readonly accused: boolean }

/** The tree, grown again from the entries beside the stored one. */
export type TreeCheck = {
  /** The next leaves, as hashed from the entries' bytes. Behind a gap nothing is compared: no leaf is in its place. */
  add(leaves: readonly CheckedLeaf[]): Promise<void>
  /** The root at each size asked for that has been reached without a gap. */
  readonly roots: ReadonlyMap<number, Uint8Array>
  /** How many leaves there are. */
  readonly size: number
  root(): Uint8Array
  /** Compares what is left when all leaves are there. */
  finish(): Promise<void>
}

/** `sizes` are the sizes whose roots will be needed. */
export function treeCheck(tables: Kysely<Tables>, sizes: ReadonlySet<number>, problems: ProblemList): TreeCheck {
  const roots = new Map<number, Uint8Array>()
  // The nodes of each level that do not fill a tile yet: together they are the frontier, and every hash is made once.
  const pending: Uint8Array[][] = [[]]
  let size = 0
  let tiles = 0
  let broken = false
  // Positions in the tile in hand.
  let accused = new Set<number>()
  const frontier = (): Frontier => ({
    size,
    hashes: pending.toReversed().flatMap((nodes) => grow(emptyFrontier, nodes).hashes),
  })
  const note = () => {
    if (!broken && sizes.has(size)) roots.set(size, rootOf(frontier()))
  }

  const fold = async (level: number): Promise<void> => {
    const nodes = pending[level] ?? []
    if (nodes.length < tileWidth) return
    const position = size / tileWidth ** (level + 1) - 1
    const root = treeHash(nodes)
    if (!broken) await compareTile(tables, { level, position, root, nodes, accused }, problems)
    tiles += 1
    pending[level] = []
    pending[level + 1] = [...(pending[level + 1] ?? []), root]
    await fold(level + 1)
  }

  note()
  return {
    roots,
    get size() {
      return size
    },
    root: () => rootOf(frontier()),
    async add(leaves) {
      for (const { sequence, leaf, accused: isAccused } of leaves) {
        broken ||= sequence !== size
        if (isAccused) accused.add(size % tileWidth)
        pending[0]?.push(leaf)
        size += 1
        if (size % tileWidth === 0) {
          await fold(0)
          accused = new Set()
        }
        note()
      }
    },
    async finish() {
      await compareFrontier(tables, frontier(), problems)
      if (broken) return
      const count = tables.selectFrom('tiles').select(({ fn }) => fn.countAll<number>().as('count'))
      const stored = (await count.executeTakeFirst())?.count
      if (stored === tiles) return
      const message = `the tree has ${stored} stored tiles, but its entries fill ${tiles}`
      problems.add({ code: 'tile', message, looksLike: 'unknown' })
    },
  }
}

type Tile = {
  readonly level: number
  readonly position: number
  readonly root: Uint8Array
  readonly nodes: readonly Uint8Array[]
  readonly accused: ReadonlySet<number>
}

async function compareTile(
  tables: Kysely<Tables>,
  { level, position, root, nodes, accused }: Tile,
  problems: ProblemList,
): Promise<void> {
  const stored = await tables
    .selectFrom('tiles')
    .select(['hashes', 'root'])
    .where('level', '=', level)
    .where('position', '=', position)
    .executeTakeFirst()
  const where = `tile ${position} of level ${level}`
  if (!stored) {
    problems.add({ code: 'tile', message: `${where} of the tree is missing`, looksLike: 'unknown' })
    return
  }
  const hashes = splitHashes(stored.hashes)
  const differs = (node: Uint8Array, index: number) => !sameHash(node, hashes[index] ?? new Uint8Array())
  if (sameHash(root, stored.root) && !nodes.some(differs)) return
  // A tile that still has its own root was not touched: then it is the entries that were exchanged, leaf hash and all.
  if (level > 0 || !sameHash(treeHash(hashes), stored.root)) {
    problems.add({ code: 'tile', message: `${where} of the tree does not fit its entries`, looksLike: 'unknown' })
    return
  }
  for (const [index, node] of nodes.entries()) {
    if (!differs(node, index) || accused.has(index)) continue
    const entry = position * tileWidth + index
    const message = `entry ${entry} is not the one that the tree was built from`
    problems.add({ code: 'tile', entry, message, looksLike: 'tampering' })
  }
}

async function compareFrontier(tables: Kysely<Tables>, grown: Frontier, problems: ProblemList): Promise<void> {
  const rows = await tables.selectFrom('frontier').selectAll().execute()
  const [stored] = rows
  const sound = rows.length === 1 && stored?.id === 1 && stored.size === grown.size
  if (sound && sameHash(stored.hashes, Buffer.concat(grown.hashes))) return
  const message =
    stored && stored.size !== grown.size
      ? `the ledger says that it has ${stored.size} entries, but ${grown.size} are there`
      : 'the stored tree head does not fit the entries'
  problems.add({ code: 'frontier', message, looksLike: 'unknown' })
}
