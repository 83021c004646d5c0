import type { Kysely } from 'kysely'
import { StoreError } from '../model/errors.ts'
import type { Clock, Instant } from '../model/time.ts'
import { sameHash } from './merkle.ts'
import type { Tables } from './schema.ts'
import { type Connection, writeTransaction } from './sqlite.ts'
import type { CheckpointTimestamp } from './store.ts'

/** Keeps a token over a checkpoint that is in the store; the same one a second time is left as it is. */
export async function keepTimestamp(
  connection: Connection,
  clock: Clock,
  { note, token }: Pick<CheckpointTimestamp, 'note' | 'token'>,
): Promise<CheckpointTimestamp> {
  return await writeTransaction(connection, async (tables) => {
    const checkpoint = await tables.selectFrom('checkpoints').select('id').where('note', '=', note).executeTakeFirst()
    if (!checkpoint) {
      throw new StoreError(
        'AFD_STORE_NO_CHECKPOINT',
        'the time stamp is over a checkpoint that the store does not have',
      )
    }
    const kept = await tables
      .selectFrom('timestamps')
      .select(['token', 'received'])
      .where('checkpoint', '=', checkpoint.id)
      .execute()
    const same = kept.find((each) => sameHash(each.token, token))
    if (same) return { note, token, received: same.received as Instant }
    const received = clock.now()
    await tables.insertInto('timestamps').values({ checkpoint: checkpoint.id, token, received }).execute()
    return { note, token, received }
  })
}

/** All time stamps, oldest first. */
export async function keptTimestamps(tables: Kysely<Tables>): Promise<readonly CheckpointTimestamp[]> {
  const rows = await tables
    .selectFrom('timestamps')
    .innerJoin('checkpoints', 'checkpoints.id', 'timestamps.checkpoint')
    .select(['checkpoints.note', 'timestamps.token', 'timestamps.received'])
    .orderBy('timestamps.id')
    .execute()
  return rows.map(({ note, token, received }) => ({ note, token, received: received as Instant }))
}
