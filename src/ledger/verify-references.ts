import type { Kysely } from 'kysely'
import type { Sha256 } from '../model/digest.ts'
import type { Entry } from '../model/evidence.ts'
import type { ProblemList } from './problem.ts'
import type { Tables } from './schema.ts'

/** Every artefact that the entries name must be there, with the size that they name; marks the blobs that were named. */
export async function verifyReferences(
  tables: Kysely<Tables>,
  entries: readonly Entry[],
  named: Set<number>,
  problems: ProblemList,
): Promise<void> {
  const commitments = new Set(entries.flatMap((entry) => entry.artefacts.map((artefact) => artefact.commitment)))
  const found = new Map<Sha256, { id: number; size: number }>()
  for (const commitment of commitments) {
    const blob = await tables
      .selectFrom('blobs')
      .select(['id', 'size'])
      .where('commitment', '=', Buffer.from(commitment, 'hex'))
      .executeTakeFirst()
    if (blob) found.set(commitment, blob)
  }
  for (const { sequence, artefacts } of entries) {
    for (const { name, commitment, size } of artefacts) {
      const blob = found.get(commitment)
      const message = `the artefact ${name} of entry ${sequence}`
      if (!blob) {
        problems.add({
          code: 'artefact-missing',
          entry: sequence,
          message: `${message} is gone`,
          looksLike: 'tampering',
        })
        continue
      }
      named.add(blob.id)
      if (blob.size === size) continue
      const sizes = `has ${blob.size} bytes, but ${size} were recorded`
      problems.add({ code: 'artefact-size', entry: sequence, message: `${message} ${sizes}`, looksLike: 'tampering' })
    }
  }
}
