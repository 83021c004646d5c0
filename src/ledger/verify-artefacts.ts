import { type Kysely, type Selectable, sql } from 'kysely'
import { sha256 } from '../model/digest.ts'
import { describeFlippedBit, findFlippedArtefactBit, isTypeable } from './diagnose.ts'
import { messageOf } from './failure.ts'
import type { ProblemList, StoreProblem } from './problem.ts'
import type { BlobRow, Tables } from './schema.ts'

/** Recomputes every artefact's commitment, one at a time; `named` are the ones that entries refer to. */
export async function verifyArtefacts(
  tables: Kysely<Tables>,
  named: ReadonlySet<number>,
  problems: ProblemList,
  done: () => Promise<void>,
): Promise<void> {
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    const id = await nextId(tables, after)
    if (id === undefined) return
    if (id <= after) {
      // Only a damaged table answers so, and it would do so for ever.
      const message = `the table of artefacts is out of order behind artefact ${after}`
      problems.add({ code: 'artefact-unreadable', message, looksLike: 'damage' })
      return
    }
    after = id
    const problem = await verifyArtefact(tables, id, named)
    if (problem) problems.add(problem)
    await done()
  }
}

async function nextId(tables: Kysely<Tables>, after: number): Promise<number | undefined> {
  const next = tables.selectFrom('blobs').select('id').where('id', '>', after).orderBy('id').limit(1)
  return (await next.executeTakeFirst())?.id
}

async function verifyArtefact(
  tables: Kysely<Tables>,
  id: number,
  named: ReadonlySet<number>,
): Promise<StoreProblem | undefined> {
  const blob = await readBlob(tables, id)
  if (typeof blob === 'string') {
    const message = `artefact ${id} cannot be read: ${blob}`
    return { code: 'artefact-unreadable', message, looksLike: 'damage' }
  }
  const commitment = Buffer.from(blob.commitment).toString('hex')
  const name = `the artefact with commitment ${commitment.slice(0, 16)}…`
  if (!named.has(id)) {
    return { code: 'artefact-unknown', message: `${name} belongs to no entry`, looksLike: 'unknown' }
  }
  const intact = sha256(blob.salt, blob.bytes) === commitment
  if (intact && sha256(blob.bytes) === Buffer.from(blob.sha256).toString('hex')) return undefined
  const entry = await entryOf(tables, commitment)
  const of = entry === undefined ? name : `${name} of entry ${entry}`
  if (intact) {
    const message = `${of} is filed under a digest that is not its own`
    return { code: 'artefact-bytes', ...(entry === undefined ? {} : { entry }), message, looksLike: 'unknown' }
  }
  const flipped = findFlippedArtefactBit(blob.salt, blob.bytes, commitment)
  const how = flipped ? describeFlippedBit(flipped) : 'they are not the bytes that were hashed'
  return {
    code: 'artefact-bytes',
    ...(entry === undefined ? {} : { entry }),
    message: `the bytes of ${of} were changed: ${how}`,
    looksLike: flipped && !isTypeable(flipped) ? 'damage' : 'unknown',
  }
}

async function readBlob(tables: Kysely<Tables>, id: number): Promise<Selectable<BlobRow> | string> {
  try {
    const row = await tables.selectFrom('blobs').selectAll().where('id', '=', id).executeTakeFirst()
    const parts = [row?.commitment, row?.sha256, row?.salt, row?.bytes]
    return row && parts.every((part) => part instanceof Uint8Array) ? row : 'its row is damaged'
  } catch (error) {
    return messageOf(error)
  }
}

/** The first entry that names a commitment; slow, so that only damaged artefacts are looked up. */
async function entryOf(tables: Kysely<Tables>, commitment: string): Promise<number | undefined> {
  try {
    const row = await tables
      .selectFrom('entries')
      .select('sequence')
      .where(sql`instr(bytes, ${Buffer.from(commitment)})`, '>', 0)
      .orderBy('sequence')
      .limit(1)
      .executeTakeFirst()
    return row?.sequence
  } catch {
    return undefined
  }
}
