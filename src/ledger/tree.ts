import type { Kysely } from 'kysely'
import { IntegrityError } from '../model/errors.ts'
import { emptyRoot, type Frontier, grow, isFrontier, nodeHash, treeHash } from './merkle.ts'
import { splitOf } from './proof.ts'
import type { Tables } from './schema.ts'

/** Nodes in a tile; a tile of level n holds nodes of height 8n, and its root has height 8(n + 1). */
export const tileWidth = 256
const tileHeight = 8

/** The frontier as stored; throws IntegrityError where it cannot be one. */
export async function readFrontier(tables: Kysely<Tables>): Promise<Frontier> {
  const row = await tables.selectFrom('frontier').select(['size', 'hashes']).executeTakeFirst()
  const frontier = { size: row?.size ?? -1, hashes: splitHashes(row?.hashes ?? new Uint8Array()) }
  if (isFrontier(frontier)) return frontier
  throw new IntegrityError(
    'AFD_LEDGER_FRONTIER',
    'the ledger does not know its own size: its tree frontier is damaged',
    {
      hint: 'See `affidavit verify --store` for what is affected; nothing is appended to a damaged ledger.',
    },
  )
}

/** Keeps the frontier grown by the leaves of entries just written, and every tile that they complete. */
export async function growTree(tables: Kysely<Tables>, before: Frontier, leaves: readonly Uint8Array[]): Promise<void> {
  const roots: Uint8Array[][] = []
  const after = grow(before, leaves, (height, root) => {
    if (height % tileHeight !== 0) return
    const level = height / tileHeight - 1
    roots[level] = [...(roots[level] ?? []), root]
  })
  await tables
    .updateTable('frontier')
    .set({ size: after.size, hashes: Buffer.concat(after.hashes) })
    .execute()
  const begin = before.size - (before.size % tileWidth)
  const open = openLeaves.get(before) ?? (roots.length > 0 ? await nodes(tables, 0, begin, before.size) : undefined)
  const known = open && [...open, ...leaves]
  for (const [level, completed] of roots.entries()) {
    const first = Math.floor(before.size / tileWidth ** (level + 1))
    for (const [index, root] of completed.entries()) {
      const position = first + index
      const [from, to] = [position * tileWidth, (position + 1) * tileWidth]
      const hashes = level === 0 && known ? known.slice(from - begin, to - begin) : await nodes(tables, level, from, to)
      await tables
        .insertInto('tiles')
        .values({ level, position, hashes: Buffer.concat(hashes), root })
        .execute()
    }
  }
  if (known) openLeaves.set(after, known.slice(after.size - (after.size % tileWidth) - begin))
}

/**
 * The leaves behind the last complete tile, for the ledgers grown last: a tile that fills up over several batches is not
 * read back. Found by the frontier, which commits to them, so that what a failed transaction left is never taken.
 */
const openLeaves = rememberedLeaves()

function rememberedLeaves() {
  const known = new Map<string, readonly Uint8Array[]>()
  const keyOf = ({ size, hashes }: Frontier) => `${size} ${Buffer.concat(hashes).toString('latin1')}`
  return {
    get: (frontier: Frontier) => (frontier.size % tileWidth === 0 ? [] : known.get(keyOf(frontier))),
    set(frontier: Frontier, leaves: readonly Uint8Array[]) {
      known.set(keyOf(frontier), leaves)
      if (known.size > mostRemembered) known.delete(known.keys().next().value ?? '')
    },
  }
}

const mostRemembered = 16

/**
 * MTH(D[from:to]), RFC 9162 section 2.1.1, from tiles and leaves; [from, to) must be a range that the RFC's recursion
 * meets. Reads at most a few hundred hashes however large the ledger is.
 */
export async function rangeHash(tables: Kysely<Tables>, from: number, to: number): Promise<Uint8Array> {
  const width = to - from
  if (width === 0) return emptyRoot
  const level = tileLevel(width)
  const step = tileWidth ** level
  // A complete subtree no larger than one tile is hashed from the tile's nodes at once.
  if (width % step === 0 && from % step === 0 && width / step <= tileWidth) {
    return treeHash(await nodes(tables, level, from / step, to / step))
  }
  const middle = from + splitOf(width)
  return nodeHash(await rangeHash(tables, from, middle), await rangeHash(tables, middle, to))
}

/** The nodes [from, to) of height 8 × level: leaves, or the roots of tiles. */
async function nodes(tables: Kysely<Tables>, level: number, from: number, to: number): Promise<readonly Uint8Array[]> {
  const rows =
    level === 0
      ? await leaves(tables, from, to)
      : await tables
          .selectFrom('tiles')
          .select('root as hash')
          .where('level', '=', level - 1)
          .where('position', '>=', from)
          .where('position', '<', to)
          .orderBy('position')
          .execute()
  if (rows.length === to - from) return rows.map((row) => row.hash)
  throw new IntegrityError('AFD_LEDGER_INCOMPLETE', `the ledger lacks tree nodes ${from} to ${to} of level ${level}`, {
    hint: 'See `affidavit verify --store` for what is affected.',
  })
}

async function leaves(tables: Kysely<Tables>, from: number, to: number): Promise<readonly { hash: Uint8Array }[]> {
  if (to - from === tileWidth && from % tileWidth === 0) {
    const tile = await tables
      .selectFrom('tiles')
      .select('hashes')
      .where('level', '=', 0)
      .where('position', '=', from / tileWidth)
      .executeTakeFirst()
    if (tile) return splitHashes(tile.hashes).map((hash) => ({ hash }))
  }
  return await tables
    .selectFrom('entries')
    .select('leaf as hash')
    .where('sequence', '>=', from)
    .where('sequence', '<', to)
    .orderBy('sequence')
    .execute()
}

/** The highest level of which whole nodes fit into a range of so many leaves. */
function tileLevel(width: number): number {
  let level = 0
  while (tileWidth ** (level + 1) <= width) level += 1
  return level
}

/** 32-byte hashes that stand one behind the other. */
export function splitHashes(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / 32) }, (_, index) =>
    bytes.subarray(index * 32, index * 32 + 32),
  )
}
