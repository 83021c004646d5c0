import type { Kysely } from 'kysely'
import type { Sha256 } from '../model/digest.ts'
import type { Entry } from '../model/evidence.ts'
import { isContentFailure, messageOf } from './failure.ts'
import type { ProblemList } from './problem.ts'
import type { Tables } from './schema.ts'
import type { ErasureCheck } from './verify-erasures.ts'

/** What the references are checked against, and what becomes of it. */
export type References = {
  readonly named: Set<number>
  readonly erasures: ErasureCheck
  readonly problems: ProblemList
}

/** What the store holds for a commitment: a blob, nothing, or something that cannot be read. */
type Held = { readonly id: number; readonly size: number } | 'nothing' | { readonly unreadable: string }

/**
 * Every artefact that the entries name must be there, with the size that they name, or have been erased as an entry says;
 * marks the blobs that were named.
 */
export async function verifyReferences(
  tables: Kysely<Tables>,
  entries: readonly Entry[],
  { named, erasures, problems }: References,
): Promise<void> {
  const held = new Map<Sha256, Held>()
  for (const { sequence: entry, artefacts } of entries) {
    for (const { name, commitment, size } of artefacts) {
      const blob = held.get(commitment) ?? (await lookUp(tables, commitment))
      held.set(commitment, blob)
      const what = `the artefact ${name} of entry ${entry}`
      if (blob === 'nothing') {
        if (await erasures.explains(commitment, entry)) continue
        const message = `${what} is gone, and no entry says that it was erased`
        problems.add({ code: 'artefact-missing', entry, message, looksLike: 'tampering' })
      } else if ('unreadable' in blob) {
        const message = `${what} cannot be looked up: ${blob.unreadable}`
        problems.add({ code: 'artefact-unreadable', entry, message, looksLike: 'damage' })
      } else {
        named.add(blob.id)
        if (blob.size === size) continue
        const message = `${what} has ${blob.size} bytes, but ${size} were recorded`
        problems.add({ code: 'artefact-size', entry, message, looksLike: 'tampering' })
      }
    }
  }
}

async function lookUp(tables: Kysely<Tables>, commitment: Sha256): Promise<Held> {
  try {
    const blob = tables
      .selectFrom('blobs')
      .select(['id', 'size'])
      .where('commitment', '=', Buffer.from(commitment, 'hex'))
    return (await blob.executeTakeFirst()) ?? 'nothing'
  } catch (error) {
    if (!isContentFailure(error)) throw error
    return { unreadable: messageOf(error) }
  }
}
