import type { Kysely } from 'kysely'
import { emptyFrontier, type Frontier, grow, rootOf, sameHash, treeHash } from './merkle.ts'
import type { ProblemList } from './problem.ts'
import type { Tables } from './schema.ts'
import { splitHashes, tileWidth } from './tree.ts'

/** The tree, grown again leaf by leaf beside the stored one. */
export type TreeCheck = {
  /** The next leaf, as hashed from the entry's bytes. */
  add(leaf: Uint8Array): Promise<void>
  /** The root at each size asked for that has been reached. */
  readonly roots: ReadonlyMap<number, Uint8Array>
  readonly size: number
  root(): Uint8Array
  /** Compares what is left when all leaves are there. */
  finish(): Promise<void>
}

/** `sizes` are the sizes whose roots will be needed. */
export function treeCheck(tables: Kysely<Tables>, sizes: ReadonlySet<number>, problems: ProblemList): TreeCheck {
  const roots = new Map<number, Uint8Array>()
  const pending: Uint8Array[][] = []
  let frontier: Frontier = emptyFrontier
  let tiles = 0
  if (sizes.has(0)) roots.set(0, rootOf(frontier))

  const addNode = async (level: number, position: number, hash: Uint8Array): Promise<void> => {
    const nodes = pending[level] ?? []
    pending[level] = nodes
    nodes.push(hash)
    if (nodes.length < tileWidth) return
    pending[level] = []
    tiles += 1
    const tile = Math.floor(position / tileWidth)
    await compareTile(tables, level, tile, nodes, problems)
    await addNode(level + 1, tile, treeHash(nodes))
  }

  return {
    roots,
    get size() {
      return frontier.size
    },
    root: () => rootOf(frontier),
    async add(leaf) {
      await addNode(0, frontier.size, leaf)
      frontier = grow(frontier, [leaf])
      if (sizes.has(frontier.size)) roots.set(frontier.size, rootOf(frontier))
    },
    async finish() {
      await compareFrontier(tables, frontier, problems)
      const row = await tables
        .selectFrom('tiles')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirst()
      if (row?.count === tiles) return
      const message = `the tree has ${row?.count} stored tiles, but its entries fill ${tiles}`
      problems.add({ code: 'tile', message, looksLike: 'tampering' })
    },
  }
}

async function compareTile(
  tables: Kysely<Tables>,
  level: number,
  position: number,
  nodes: readonly Uint8Array[],
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
  const different = nodes.findIndex((node, index) => !sameHash(node, hashes[index] ?? new Uint8Array()))
  if (different >= 0 && level === 0) {
    const entry = position * tileWidth + different
    const message = `entry ${entry} is not the one that the tree was built from`
    problems.add({ code: 'tile', entry, message, looksLike: 'unknown' })
  } else if (different >= 0 || !sameHash(treeHash(nodes), stored.root)) {
    problems.add({ code: 'tile', message: `${where} of the tree does not fit its entries`, looksLike: 'unknown' })
  }
}

async function compareFrontier(tables: Kysely<Tables>, grown: Frontier, problems: ProblemList): Promise<void> {
  const rows = await tables.selectFrom('frontier').select(['size', 'hashes']).execute()
  const [stored] = rows
  if (rows.length === 1 && stored?.size === grown.size && sameHash(stored.hashes, Buffer.concat(grown.hashes))) return
  const message =
    stored && stored.size !== grown.size
      ? `the ledger says that it has ${stored.size} entries, but ${grown.size} are there`
      : 'the stored tree head does not fit the entries'
  problems.add({ code: 'frontier', message, looksLike: 'unknown' })
}
